//! The purpose: what a transfer must carry so that its invoice is found.

use std::fmt;

/// `MC`, the year of the invoice and its number, for example `MC20260000001`: 13 to 25 ASCII characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Purpose(String);

/// The longest text of a bank that is looked at, in bytes; banks themselves cut at 210 or less.
const LONGEST_TEXT: usize = 512;

impl Purpose {
    const PREFIX: &str = "MC";
    /// A year and at least seven digits; at most what a purpose has room for.
    const DIGITS: std::ops::RangeInclusive<usize> = 11..=23;

    /// The purpose of the invoice with this number of its year.
    pub fn of(year: i16, number: i64) -> Self {
        Self(format!("{}{year:04}{number:07}", Self::PREFIX))
    }

    /// The purpose in a text as a bank passes it on: banks change case and add words before and behind.
    /// None, if there is none or more than one.
    pub fn found_in(text: &str) -> Option<Self> {
        if text.len() > LONGEST_TEXT {
            return None;
        }
        let mut words = text.split(|letter: char| !letter.is_ascii_alphanumeric());
        let purpose = words.find_map(Self::parse)?;
        words.filter_map(Self::parse).all(|other| other == purpose).then_some(purpose)
    }

    /// A word that is one, in either case.
    pub fn parse(word: &str) -> Option<Self> {
        let word = word.to_ascii_uppercase();
        let digits = word.strip_prefix(Self::PREFIX)?;
        let fits = Self::DIGITS.contains(&digits.len());
        (fits && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(Self(word))
    }

    /// As it stands in a transfer.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn it_is_found_however_a_bank_dresses_it() {
        let purpose = Purpose::of(2026, 1);
        for text in [
            "MC20260000001",
            "mc20260000001",
            "CT DEN:0123 MC20260000001 chuyen tien",
            "MBVCB.123.MC20260000001.CT tu 00112 toi 9704",
            "MC20260000001 MC20260000001",
        ] {
            assert_eq!(Purpose::found_in(text).as_ref(), Some(&purpose), "{text}");
        }
    }

    #[test]
    fn what_is_none_or_two_is_not_guessed() {
        for text in [
            "",
            "chuyen tien",
            "MC2026",
            "MC2026000000X",
            "XMC20260000001",
            "MC 20260000001",
            "MC20260000001 MC20260000002",
        ] {
            assert_eq!(Purpose::found_in(text), None, "{text}");
        }
        assert_eq!(Purpose::found_in(&format!("{} MC20260000001", "x".repeat(600))), None);
    }

    proptest! {
        #[test]
        fn every_one_we_make_is_found(year in 2000_i16..9999, number in 1_i64..1_000_000_000) {
            let purpose = Purpose::of(year, number);
            prop_assert!(purpose.as_str().len() <= 25);
            prop_assert_eq!(Purpose::found_in(purpose.as_str()), Some(purpose));
        }

        #[test]
        fn no_text_makes_it_panic(text in any::<String>()) {
            let _ = Purpose::found_in(&text);
        }
    }
}
