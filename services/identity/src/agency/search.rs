//! Search as people type: without marks, in any order of words.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Words of a search, each of which must be found. No words find everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words(Vec<String>);

impl Words {
    /// Those that a person typed.
    pub fn of(typed: &str) -> Self {
        Self(plain(typed).split_whitespace().map(str::to_owned).collect())
    }

    /// Whether a text that went through [`plain`] contains every one.
    pub(super) fn all_in(&self, plain: &str) -> bool {
        self.0.iter().all(|word| plain.contains(word.as_str()))
    }
}

/// Lower case without tone or vowel marks. Unicode sees no mark in đ, so it is named.
pub(super) fn plain(text: &str) -> String {
    let letters = text.nfd().filter(|letter| !is_combining_mark(*letter));
    let lower = letters.flat_map(char::to_lowercase);
    lower.map(|letter| if letter == 'đ' { 'd' } else { letter }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_and_case_fall_away() {
        for (text, expected) in [("Đặc khu Côn Đảo", "dac khu con dao"), ("PHƯỜNG", "phuong")]
        {
            assert_eq!(plain(text), expected);
        }
    }

    #[test]
    fn every_word_must_be_found() {
        let text = plain("Phường Long Trường");
        for (typed, found) in [("", true), ("truong LONG", true), ("long hai", false)] {
            assert_eq!(Words::of(typed).all_in(&text), found, "{typed}");
        }
    }
}
