//! Vietnamese mobile numbers, the only ones a one-time code can be sent to: `0` or `+84`, then nine
//! digits of which the first is 3, 5, 7, 8 or 9. Kept in one form (ITU-T E.164), so that one
//! telephone is one value however it was typed.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// Bytes of the longest text taken.
pub const LONGEST: usize = 32;

/// A mobile number. It is personal data: its `Debug` shows the last three digits, and it has no
/// `Display`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PhoneNumber(String);

/// The text is no Vietnamese mobile number. It is not repeated, since it may be another of
/// someone's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a Vietnamese mobile number; write it as in 0901234567 or +84901234567")]
pub struct NotAPhoneNumber;

impl PhoneNumber {
    /// All of it, `+84` and nine digits, for sealing, looking up and sending; never for a log.
    pub fn expose_e164(&self) -> &str {
        &self.0
    }

    /// The last three digits behind asterisks: enough for its owner to know which one is meant.
    pub fn masked(&self) -> String {
        format!("+84******{}", &self.0[9..])
    }
}

impl FromStr for PhoneNumber {
    type Err = NotAPhoneNumber;

    /// Spaces, dots and hyphens are how people group digits, and mean nothing.
    fn from_str(text: &str) -> Result<Self, NotAPhoneNumber> {
        if text.len() > LONGEST {
            return Err(NotAPhoneNumber);
        }
        let plain = text.replace([' ', '.', '-'], "");
        let national = plain.strip_prefix("+84").or_else(|| plain.strip_prefix('0'));
        let national = national.filter(|digits| is_mobile(digits)).ok_or(NotAPhoneNumber)?;
        Ok(Self(format!("+84{national}")))
    }
}

/// Whether these are the nine digits of a mobile number.
fn is_mobile(digits: &str) -> bool {
    digits.len() == 9
        && digits.starts_with(['3', '5', '7', '8', '9'])
        && digits.bytes().all(|b| b.is_ascii_digit())
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PhoneNumber({})", self.masked())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn e164(text: &str) -> Result<String, NotAPhoneNumber> {
        text.parse().map(|number: PhoneNumber| number.expose_e164().to_owned())
    }

    #[test]
    fn one_telephone_is_one_value_however_it_was_typed() {
        for text in
            ["0901234567", "+84901234567", "090 123 4567", "+84-90-1234567", " 0901.234.567 "]
        {
            assert_eq!(e164(text).as_deref(), Ok("+84901234567"), "{text}");
        }
    }

    #[test]
    fn what_is_no_mobile_number_is_refused() {
        for text in [
            "",
            "0",
            "+84",
            "090123456",
            "09012345678",
            "84901234567",
            "+840901234567",
            "0084901234567",
            "0281234567",
            "0101234567",
            "0601234567",
            "+85901234567",
            "090123456a",
            "0901234567\n",
            "09٠1234567",
            "0 9 0 1 2 3 4 5 6 7                  ",
        ] {
            assert_eq!(e164(text), Err(NotAPhoneNumber), "{text}");
        }
    }

    proptest! {
        #[test]
        fn both_prefixes_mean_the_same(digits in "[35789][0-9]{8}") {
            prop_assert_eq!(e164(&format!("0{digits}")), Ok(format!("+84{digits}")));
            prop_assert_eq!(e164(&format!("+84{digits}")), Ok(format!("+84{digits}")));
        }

        #[test]
        fn debug_shows_the_last_three_digits_alone(digits in "[35789][0-9]{8}") {
            let number: PhoneNumber = format!("0{digits}").parse().unwrap();
            let shown = format!("PhoneNumber(+84******{})", &digits[6..]);
            prop_assert_eq!(format!("{number:?}"), shown);
        }

        #[test]
        fn no_text_makes_it_panic(text in any::<String>()) {
            let _ = e164(&text);
        }
    }
}
