//! Number plates as they are drawn in Ho Chi Minh City: `51K-999.99` for a car, `59-AA 123.45` for
//! a motorcycle.
//!
//! Plates of earlier shapes (`59-X1 123.45`, four digits) stay valid on the road but are never
//! drawn, so they are not read here. Without its separators a car's plate can be mistaken for an
//! earlier motorcycle's, hence the kind of vehicle is always asked for. A person's plate is
//! personal data: neither errors nor `Debug` show it.

use std::fmt::{self, Debug, Display, Formatter};
use std::str::FromStr;

use unicode_normalization::UnicodeNormalization;

/// The highest serial of a series, written `999.99`.
pub const LAST_SERIAL: u32 = 99_999;

/// Octets of text that are read at most.
const LONGEST_TEXT: usize = 32;

/// Of cars, and the first of motorcycles: white plates never bear I, J, O, Q, R or W here.
const FIRST_LETTERS: &str = "ABCDEFGHKLMNPSTUVXYZ";

/// The second of motorcycles: never G, I, J, O, Q or W.
const SECOND_LETTERS: &str = "ABCDEFHKLMNPRSTUVXYZ";

/// Why a text is not a plate that is drawn here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// Nothing that long is a plate.
    #[error("the plate is longer than {LONGEST_TEXT} octets: write it like 51K-123.45")]
    TooLong,
    /// The symbols are not those of this kind of vehicle.
    #[error("the plate of a {0} is written like {example}", example = .0.example())]
    Shape(VehicleKind),
    /// Not one of the city's codes 41, 50 to 59, 61, 72.
    #[error("the first two digits are not a code of Ho Chi Minh City: 41, 50 to 59, 61 or 72")]
    Code,
    /// A letter that no series bears at this place.
    #[error("{letter:?} is no letter of a series; the letters here are {allowed}")]
    Letter {
        /// What stands there.
        letter: char,
        /// What may stand there.
        allowed: &'static str,
    },
    /// Serials run from 000.01 to 999.99.
    #[error("the last five symbols are not a number from 000.01 to 999.99")]
    Serial,
    /// Stored text is read back strictly.
    #[error("the plate is not in its one written form: 51K-123.45 or 59-AA 123.45")]
    NotCanonical,
}

/// What the plate is screwed to; it decides the shape of the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VehicleKind {
    /// One letter: `51K-999.99`.
    Car,
    /// Two letters, since 15 August 2023: `59-AA 123.45`.
    Motorcycle,
}

impl VehicleKind {
    fn example(self) -> &'static str {
        match self {
            Self::Car => "51K-123.45",
            Self::Motorcycle => "59-AA 123.45",
        }
    }
}

impl Display for VehicleKind {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Car => "car",
            Self::Motorcycle => "motorcycle",
        })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Letters {
    Car(char),
    Motorcycle(char, char),
}

/// A code of the city with its letters: up to 99,999 numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Series {
    code: u8,
    letters: Letters,
}

impl Series {
    /// Reads `51K` or `59-AA`; case, separators and Unicode form do not matter.
    ///
    /// # Errors
    /// [`NumberError`], never [`NumberError::Serial`].
    pub fn parse(kind: VehicleKind, text: &str) -> Result<Self, NumberError> {
        Self::read(kind, &symbols(text)?)
    }

    /// The kind of vehicle that bears it.
    #[must_use]
    pub fn kind(self) -> VehicleKind {
        match self.letters {
            Letters::Car(_) => VehicleKind::Car,
            Letters::Motorcycle(..) => VehicleKind::Motorcycle,
        }
    }

    /// One number of the series.
    ///
    /// # Errors
    /// [`NumberError::Serial`] outside 1 to [`LAST_SERIAL`].
    pub fn number(self, serial: u32) -> Result<PlateNumber, NumberError> {
        let in_range = (1..=LAST_SERIAL).contains(&serial);
        if in_range { Ok(PlateNumber { series: self, serial }) } else { Err(NumberError::Serial) }
    }

    fn read(kind: VehicleKind, symbols: &[char]) -> Result<Self, NumberError> {
        let (code, letters) = match (kind, symbols) {
            (VehicleKind::Car, &[tens, units, letter]) => {
                ([tens, units], Letters::Car(checked(letter, FIRST_LETTERS)?))
            }
            (VehicleKind::Motorcycle, &[tens, units, first, second]) => {
                let first = checked(first, FIRST_LETTERS)?;
                ([tens, units], Letters::Motorcycle(first, checked(second, SECOND_LETTERS)?))
            }
            _ => return Err(NumberError::Shape(kind)),
        };
        Ok(Self { code: city_code(code)?, letters })
    }
}

impl Display for Series {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.letters {
            Letters::Car(letter) => write!(f, "{}{letter}", self.code),
            Letters::Motorcycle(first, second) => write!(f, "{}-{first}{second}", self.code),
        }
    }
}

/// A plate; ordered by code, letters and serial, as its written form is within one kind.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PlateNumber {
    series: Series,
    serial: u32,
}

impl PlateNumber {
    /// Reads what a person wrote for this kind of vehicle; case, separators and Unicode form do not
    /// matter.
    ///
    /// # Errors
    /// [`NumberError`], which says what is wrong and what is expected.
    pub fn parse(kind: VehicleKind, text: &str) -> Result<Self, NumberError> {
        let symbols = symbols(text)?;
        let (series, serial) = symbols.split_last_chunk().ok_or(NumberError::Shape(kind))?;
        Series::read(kind, series)?.number(read_serial(*serial)?)
    }

    /// The series it belongs to.
    #[must_use]
    pub fn series(self) -> Series {
        self.series
    }

    /// Its place in the series, 1 to [`LAST_SERIAL`].
    #[must_use]
    pub fn serial(self) -> u32 {
        self.serial
    }
}

/// The one written form, as stored, hashed and printed.
impl Display for PlateNumber {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let separator = match self.series.kind() {
            VehicleKind::Car => '-',
            VehicleKind::Motorcycle => ' ',
        };
        let (thousands, rest) = (self.serial / 100, self.serial % 100);
        write!(f, "{}{separator}{thousands:03}.{rest:02}", self.series)
    }
}

/// Reads the one written form and nothing else; it tells the kind by itself.
impl FromStr for PlateNumber {
    type Err = NumberError;

    fn from_str(text: &str) -> Result<Self, NumberError> {
        let is_motorcycle = text.as_bytes().get(2) == Some(&b'-');
        let kind = if is_motorcycle { VehicleKind::Motorcycle } else { VehicleKind::Car };
        let number = Self::parse(kind, text)?;
        if number.to_string() == text { Ok(number) } else { Err(NumberError::NotCanonical) }
    }
}

impl Debug for PlateNumber {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "PlateNumber({} …)", self.series)
    }
}

fn symbols(text: &str) -> Result<Vec<char>, NumberError> {
    if text.len() > LONGEST_TEXT {
        return Err(NumberError::TooLong);
    }
    let separates = |symbol: &char| symbol.is_whitespace() || matches!(symbol, '-' | '.');
    let upper = |symbol: char| symbol.to_ascii_uppercase();
    Ok(text.nfc().filter(|symbol| !separates(symbol)).map(upper).collect())
}

fn city_code(symbols: [char; 2]) -> Result<u8, NumberError> {
    let code: u8 = String::from_iter(symbols).parse().map_err(|_| NumberError::Code)?;
    if matches!(code, 41 | 50..=59 | 61 | 72) { Ok(code) } else { Err(NumberError::Code) }
}

fn checked(letter: char, allowed: &'static str) -> Result<char, NumberError> {
    let known = allowed.contains(letter);
    if known { Ok(letter) } else { Err(NumberError::Letter { letter, allowed }) }
}

fn read_serial(symbols: [char; 5]) -> Result<u32, NumberError> {
    let digits = symbols.iter().map(|symbol| symbol.to_digit(10));
    let serial = digits.rev().zip([1, 10, 100, 1_000, 10_000]);
    let serial = serial.map(|(digit, weight)| digit.map(|digit| digit * weight)).sum::<Option<_>>();
    serial.ok_or(NumberError::Serial)
}

#[cfg(test)]
mod tests {
    use super::*;
    use VehicleKind::{Car, Motorcycle};
    use proptest::prelude::*;

    #[test]
    fn plates_are_read_however_they_are_written() {
        let cases = [
            (Car, "51K-999.99", "51K-999.99"),
            (Car, "51k99999", "51K-999.99"),
            (Car, " 72A - 000.01 ", "72A-000.01"),
            (Car, "51\u{212a}-123.45", "51K-123.45"),
            (Motorcycle, "59-AA 123.45", "59-AA 123.45"),
            (Motorcycle, "59aa12345", "59-AA 123.45"),
            (Motorcycle, "59-ZR\u{a0}123.45", "59-ZR 123.45"),
        ];
        for (kind, text, written) in cases {
            let number = PlateNumber::parse(kind, text).unwrap();
            assert_eq!(number.to_string(), written, "{text}");
            assert_eq!(number.series().kind(), kind, "{text}");
        }
    }

    #[test]
    fn what_is_not_drawn_here_is_refused_with_a_reason() {
        let first = |letter| NumberError::Letter { letter, allowed: FIRST_LETTERS };
        let second = |letter| NumberError::Letter { letter, allowed: SECOND_LETTERS };
        let cases = [
            (Car, "", NumberError::Shape(Car)),
            (Car, "59-AA 123.45", NumberError::Shape(Car)),
            (Motorcycle, "51A12345", NumberError::Shape(Motorcycle)),
            (Motorcycle, "59-X1 123.45", second('1')),
            (Car, "30K-123.45", NumberError::Code),
            (Car, "+5K-123.45", NumberError::Code),
            (Car, "51R-123.45", first('R')),
            (Car, "51I-123.45", first('I')),
            (Motorcycle, "59-AG 123.45", second('G')),
            (Motorcycle, "59-ĐA 123.45", first('Đ')),
            (Car, "51K-000.00", NumberError::Serial),
            (Car, "51K-12E.45", NumberError::Serial),
            (Car, "51K-1234567890-1234567890-1234567890", NumberError::TooLong),
        ];
        for (kind, text, reason) in cases {
            assert_eq!(PlateNumber::parse(kind, text), Err(reason), "{text}");
        }
    }

    #[test]
    fn the_citys_thirteen_codes_are_known() {
        let known = (0..100).filter(|code| Series::parse(Car, &format!("{code:02}K")).is_ok());
        let codes = [41, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 61, 72];
        assert_eq!(known.collect::<Vec<_>>(), codes);
    }

    #[test]
    fn stored_text_is_read_strictly() {
        for text in ["51k-123.45", "51K12345", "59-AA-123.45", "59-AA 123.45 "] {
            assert_eq!(text.parse::<PlateNumber>(), Err(NumberError::NotCanonical), "{text}");
        }
    }

    #[test]
    fn a_plate_is_not_printed_for_debugging() {
        let number = Series::parse(Car, "51K").unwrap().number(12_345).unwrap();
        assert_eq!(format!("{number:?}"), "PlateNumber(51K …)");
    }

    fn any_number(kind: VehicleKind) -> impl Strategy<Value = PlateNumber> {
        let letters = |allowed: &'static str| prop::sample::select(allowed.as_bytes());
        let code = prop::sample::select(&[41, 50, 59, 61, 72][..]);
        let parts = (code, letters(FIRST_LETTERS), letters(SECOND_LETTERS), 1..=LAST_SERIAL);
        parts.prop_map(move |(code, first, second, serial)| {
            let (first, second) = (char::from(first), char::from(second));
            let letters = match kind {
                Car => Letters::Car(first),
                Motorcycle => Letters::Motorcycle(first, second),
            };
            Series { code, letters }.number(serial).unwrap()
        })
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(a in any_number(Car), b in any_number(Motorcycle)) {
            for number in [a, b] {
                prop_assert_eq!(number.to_string().parse(), Ok(number));
            }
        }

        #[test]
        fn numbers_are_ordered_as_they_are_written(
            a in any_number(Motorcycle),
            b in any_number(Motorcycle),
        ) {
            prop_assert_eq!(a.cmp(&b), a.to_string().cmp(&b.to_string()));
        }

        #[test]
        fn no_text_is_too_odd_to_be_answered(text in ".{0,40}") {
            let _ = PlateNumber::parse(Car, &text);
            let _ = PlateNumber::parse(Motorcycle, &text);
            let _ = text.parse::<PlateNumber>();
        }
    }
}
