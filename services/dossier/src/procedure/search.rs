//! Search as people type: without accents, in any order of words.

use thiserror::Error;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Code points of the longest search taken.
pub const LONGEST_SEARCH: usize = 100;

/// The words of a search, each of which a procedure must contain. No words match everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SearchWords(Vec<String>);

/// The search is longer than [`LONGEST_SEARCH`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the search is too long: use at most {LONGEST_SEARCH} characters")]
pub struct SearchTooLong;

impl SearchWords {
    /// Splits what a person typed into folded words.
    ///
    /// # Errors
    /// [`SearchTooLong`] beyond [`LONGEST_SEARCH`] code points.
    pub fn parse(typed: &str) -> Result<Self, SearchTooLong> {
        if typed.chars().nth(LONGEST_SEARCH).is_some() {
            return Err(SearchTooLong);
        }
        Ok(Self(fold(typed).split_whitespace().map(str::to_owned).collect()))
    }

    /// Whether `folded`, a text that went through [`fold`], contains every word.
    pub(super) fn all_in(&self, folded: &str) -> bool {
        self.0.iter().all(|word| folded.contains(word.as_str()))
    }
}

/// Lower case without tone or vowel marks. đ is a letter of its own in Unicode, with no mark to
/// take off, so it is named here.
pub(super) fn fold(text: &str) -> String {
    text.nfd()
        .filter(|letter| !is_combining_mark(*letter))
        .flat_map(char::to_lowercase)
        .map(|letter| if letter == 'đ' { 'd' } else { letter })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn marks_and_case_fall_away() {
        let cases = [
            ("Đăng ký xe lần đầu", "dang ky xe lan dau"),
            ("ĐƯỜNG", "duong"),
            ("Thừa Thiên Huế", "thua thien hue"),
            ("nguye\u{302}\u{303}n", "nguyen"),
            ("Certificate 1.012575", "certificate 1.012575"),
        ];
        for (text, folded) in cases {
            assert_eq!(fold(text), folded);
        }
    }

    #[test]
    fn every_word_must_occur_in_any_order() {
        let folded = fold("Đăng ký tạm trú");
        for (typed, found) in [("tam tru", true), ("TRÚ ký", true), ("", true), ("tạm vắng", false)]
        {
            assert_eq!(SearchWords::parse(typed).unwrap().all_in(&folded), found, "{typed}");
        }
    }

    #[test]
    fn a_search_has_a_longest_length_in_code_points() {
        assert!(SearchWords::parse(&"ữ".repeat(LONGEST_SEARCH)).is_ok());
        assert_eq!(SearchWords::parse(&"a".repeat(LONGEST_SEARCH + 1)), Err(SearchTooLong));
    }

    proptest! {
        #[test]
        fn folding_twice_is_folding_once(text in "\\PC{0,40}") {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }
    }
}
