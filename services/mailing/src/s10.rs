//! Tracking numbers of the post, UPU standard S10: `RB473124829GB`.
//!
//! Two letters for the service, eight digits of serial, a check digit, two letters for the country.
//! The check digit guards the serial alone: a changed letter is never noticed. It notices every
//! changed digit but some: the weighted sum is taken modulo 11 and its remainders 0 and 6 both give
//! the digit 5, so a change that leads from one of these to the other passes. (The remainder 1,
//! whose digit would be 10, gives 0, which no other remainder does.) A number that reads well may
//! therefore still be another parcel's; only the carrier knows.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// Factors of the serial's digits, the first to the last.
const WEIGHTS: [u32; 8] = [8, 6, 4, 2, 3, 5, 9, 7];

/// Characters of a number as it is printed.
pub const LENGTH: usize = 13;

/// Serials run below this.
pub const SERIALS: u32 = 100_000_000;

/// A tracking number whose check digit is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TrackingNumber {
    service: Letters,
    serial: u32,
    country: Letters,
}

/// Two capital letters from A to Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Letters([u8; 2]);

/// Why a text is no tracking number, or parts make none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum S10Error {
    /// It does not look like one.
    #[error("write two letters, nine digits and two letters, as in RB473124829GB")]
    Shape,
    /// A service or country is not two capital letters.
    #[error("a service or country is two capital letters from A to Z")]
    Letters,
    /// The serial has more than eight digits.
    #[error("a serial is below {SERIALS}")]
    Serial,
    /// A digit was misread: the check digit should be another.
    #[error("the check digit does not fit: read the number again")]
    CheckDigit,
}

impl TrackingNumber {
    /// The number of a service (`EE`: EMS, `RB`: registered, `CP`: parcel, `LA`: tracked letter),
    /// a serial below [`SERIALS`] and a country (`VN`).
    ///
    /// # Errors
    /// [`S10Error::Serial`] for a serial that is too large.
    pub fn new(service: Letters, serial: u32, country: Letters) -> Result<Self, S10Error> {
        if serial >= SERIALS {
            return Err(S10Error::Serial);
        }
        Ok(Self { service, serial, country })
    }

    /// The kind of service.
    pub const fn service(self) -> Letters {
        self.service
    }

    /// The serial, below [`SERIALS`].
    pub const fn serial(self) -> u32 {
        self.serial
    }

    /// The country that issued it, ISO 3166 alpha-2.
    pub const fn country(self) -> Letters {
        self.country
    }
}

/// The digit that guards a serial below [`SERIALS`].
fn check_digit(serial: u32) -> u32 {
    let digits = (0..8).rev().map(|place| serial / 10_u32.pow(place) % 10);
    let sum: u32 = digits.zip(WEIGHTS).map(|(digit, weight)| digit * weight).sum();
    match 11 - sum % 11 {
        10 => 0,
        11 => 5,
        digit => digit,
    }
}

impl FromStr for TrackingNumber {
    type Err = S10Error;

    /// Reads exactly the printed form: [`LENGTH`] bytes, capital letters, no spaces.
    fn from_str(text: &str) -> Result<Self, S10Error> {
        let (service, rest) = text.split_at_checked(2).ok_or(S10Error::Shape)?;
        let (digits, country) = rest.split_at_checked(9).ok_or(S10Error::Shape)?;
        if !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(S10Error::Shape);
        }
        let digits: u32 = digits.parse().map_err(|_| S10Error::Shape)?;
        let number = Self::new(service.parse()?, digits / 10, country.parse()?)?;
        if digits % 10 != check_digit(number.serial) {
            return Err(S10Error::CheckDigit);
        }
        Ok(number)
    }
}

impl fmt::Display for TrackingNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { service, serial, country } = self;
        write!(f, "{service}{serial:08}{}{country}", check_digit(*serial))
    }
}

impl FromStr for Letters {
    type Err = S10Error;

    fn from_str(text: &str) -> Result<Self, S10Error> {
        match text.as_bytes() {
            &[a @ b'A'..=b'Z', b @ b'A'..=b'Z'] => Ok(Self([a, b])),
            _ => Err(S10Error::Letters),
        }
    }
}

impl fmt::Display for Letters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b] = self.0;
        write!(f, "{}{}", char::from(a), char::from(b))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn letters(text: &str) -> Letters {
        text.parse().unwrap()
    }

    fn number(serial: u32) -> TrackingNumber {
        TrackingNumber::new(letters("RB"), serial, letters("VN")).unwrap()
    }

    #[test]
    fn check_digits_are_as_published_and_worked_by_hand() {
        for (serial, digit) in [
            (47_312_482, 9),
            (12_345_678, 5),
            (10_000_001, 7),
            (8, 0),  // remainder 1, whose digit would be 10
            (15, 5), // remainder 0, whose digit would be 11
            (0, 5),
        ] {
            assert_eq!(check_digit(serial), digit, "{serial}");
        }
    }

    #[test]
    fn a_printed_number_is_read() {
        let printed: TrackingNumber = "RB473124829GB".parse().unwrap();
        assert_eq!(printed.service(), letters("RB"));
        assert_eq!(printed.serial(), 47_312_482);
        assert_eq!(printed.country(), letters("GB"));
        assert_eq!(printed.to_string(), "RB473124829GB");
        assert_eq!(number(8).to_string(), "RB000000080VN");
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for (text, error) in [
            ("", S10Error::Shape),
            ("RB47312482", S10Error::Shape),
            ("RB 473124829GB", S10Error::Shape),
            ("RB+47312482GB", S10Error::Shape),
            ("RB47312482GB", S10Error::Shape),
            ("RB473124829", S10Error::Letters),
            ("rb473124829GB", S10Error::Letters),
            ("RB473124829GBR", S10Error::Letters),
            ("R1473124829GB", S10Error::Letters),
            ("Ă473124829GB", S10Error::Letters),
            ("RĂ473124829GB", S10Error::Shape),
            ("RB473124828GB", S10Error::CheckDigit),
        ] {
            assert_eq!(text.parse::<TrackingNumber>(), Err(error), "{text}");
        }
        let too_long = TrackingNumber::new(letters("RB"), SERIALS, letters("VN"));
        assert_eq!(too_long, Err(S10Error::Serial));
    }

    /// 00000000 has the remainder 0. A 2 of weight 3 makes it 6, and the digit stays 5.
    #[test]
    fn what_the_check_digit_cannot_see() {
        assert_eq!(check_digit(0), check_digit(2_000));
        assert!("RB000000005VN".parse::<TrackingNumber>().is_ok());
        assert!("RB000020005VN".parse::<TrackingNumber>().is_ok());
        assert!("CB000020005VN".parse::<TrackingNumber>().is_ok());
    }

    fn any_serial() -> impl Strategy<Value = u32> {
        0..SERIALS
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_again(
            service in "[A-Z]{2}", serial in any_serial(), country in "[A-Z]{2}",
        ) {
            let number = TrackingNumber::new(letters(&service), serial, letters(&country)).unwrap();
            let text = number.to_string();
            prop_assert_eq!(text.len(), LENGTH);
            prop_assert_eq!(text.parse(), Ok(number));
        }

        #[test]
        fn a_changed_check_digit_is_refused(serial in any_serial(), by in 1..10_u32) {
            let wrong = (check_digit(serial) + by) % 10;
            let text = format!("RB{serial:08}{wrong}VN");
            prop_assert_eq!(text.parse::<TrackingNumber>(), Err(S10Error::CheckDigit));
        }

        /// One digit changed, or two neighbours swapped: only the digit 5 lets it pass.
        #[test]
        fn a_changed_serial_is_refused_unless_its_digit_is_5(
            serial in any_serial(), place in 0..8_usize, by in 1..10_u8, swap in any::<bool>(),
        ) {
            let mut text = number(serial).to_string().into_bytes();
            if swap {
                text[2..10].swap(place, (place + 1).min(7));
            } else {
                text[2 + place] = (text[2 + place] - b'0' + by) % 10 + b'0';
            }
            let text = String::from_utf8(text).unwrap();
            prop_assume!(text != number(serial).to_string());
            let refused = text.parse::<TrackingNumber>() == Err(S10Error::CheckDigit);
            prop_assert!(refused || check_digit(serial) == 5);
        }

        #[test]
        fn no_text_makes_it_panic(text in any::<String>()) {
            let _ = text.parse::<TrackingNumber>();
        }
    }
}
