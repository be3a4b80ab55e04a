//! What an officer writes to the owner of a dossier, in words of their own.

use std::fmt;

use chassis::text::is_one_plain_line;
use unicode_normalization::UnicodeNormalization;

/// A remark that can be kept: NFC, at most [`Remark::LONGEST`] code points, on any number of plain lines; may be empty. It may hold
/// personal data: its `Debug` shows nothing.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Remark(String);

/// Why a text is no remark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemarkError {
    /// It has more code points than fit.
    TooLong,
    /// It has characters that are not seen.
    Hidden,
}

impl Remark {
    /// Code points of the longest remark.
    pub const LONGEST: usize = 500;

    /// Brings a text to its form, the blanks around it cut.
    ///
    /// # Errors
    /// [`RemarkError`] says why it is none.
    pub fn of(text: &str) -> Result<Self, RemarkError> {
        let text: String = text.trim().nfc().collect();
        if !text.lines().all(is_one_plain_line) {
            return Err(RemarkError::Hidden);
        }
        if text.chars().count() > Self::LONGEST {
            return Err(RemarkError::TooLong);
        }
        Ok(Self(text))
    }

    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Remark(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remark_is_plain_lines_counted_in_code_points_after_nfc() {
        let longest = "ế".repeat(Remark::LONGEST);
        let decomposed = "e\u{302}\u{301}".repeat(Remark::LONGEST);
        for (text, outcome) in [
            ("", Ok("")),
            ("  thiếu hóa đơn \n", Ok("thiếu hóa đơn")),
            ("một\nhai\r\nba", Ok("một\nhai\r\nba")),
            (decomposed.as_str(), Ok(longest.as_str())),
            ("a\tb", Err(RemarkError::Hidden)),
            ("Hoa\u{202E}gnA", Err(RemarkError::Hidden)),
            (&"ế".repeat(Remark::LONGEST + 1), Err(RemarkError::TooLong)),
        ] {
            let remark = Remark::of(text);
            assert_eq!(remark.as_ref().map(Remark::as_str).map_err(|error| *error), outcome);
        }
    }

    #[test]
    fn nobody_reads_it_in_a_log() {
        assert!(!format!("{:?}", Remark::of("ông An").unwrap()).contains("An"));
    }
}
