//! The comment: what a citizen says in their own words.

use std::fmt;

use unicode_normalization::UnicodeNormalization;

/// The longest comment, in code points after NFC.
const LONGEST: usize = 1000;

/// A comment that can be kept: NFC, at most 1,000 code points, no control characters but line breaks and tabs; may be empty. Personal
/// data: its `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Comment(String);

/// Why a text is no comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommentError {
    /// It has more than 1,000 code points.
    TooLong,
    /// It has control characters.
    Malformed,
}

impl Comment {
    /// Brings a text to its form, the blanks around it cut.
    ///
    /// # Errors
    /// [`CommentError`] says why it is none.
    pub fn of(text: &str) -> Result<Self, CommentError> {
        let text: String = text.trim().nfc().collect();
        if text.chars().any(|symbol| symbol.is_control() && !"\n\r\t".contains(symbol)) {
            return Err(CommentError::Malformed);
        }
        if text.chars().count() > LONGEST {
            return Err(CommentError::TooLong);
        }
        Ok(Self(text))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Comment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Comment(…)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_comment_is_counted_in_code_points_after_nfc() {
        let decomposed = "e\u{302}\u{301}".repeat(LONGEST);
        assert_eq!(Comment::of(&decomposed).unwrap().as_str(), "ế".repeat(LONGEST));
        for (text, outcome) in [
            ("", Ok("")),
            ("  cảm ơn \n", Ok("cảm ơn")),
            ("một\nhai\tba", Ok("một\nhai\tba")),
            ("a\0b", Err(CommentError::Malformed)),
            ("a\u{1b}[0m", Err(CommentError::Malformed)),
            (&"ế".repeat(LONGEST + 1), Err(CommentError::TooLong)),
        ] {
            let comment = Comment::of(text);
            assert_eq!(comment.as_ref().map(Comment::as_str).map_err(|error| *error), outcome);
        }
    }

    #[test]
    fn nobody_reads_it_in_a_log() {
        assert!(!format!("{:?}", Comment::of("chờ lâu").unwrap()).contains("lâu"));
    }

    proptest! {
        #[test]
        fn what_was_taken_once_is_taken_again_unchanged(text in any::<String>()) {
            if let Ok(comment) = Comment::of(&text) {
                prop_assert_eq!(Comment::of(comment.as_str()), Ok(comment));
            }
        }
    }
}
