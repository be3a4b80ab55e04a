//! The personal identification number of a citizen, twelve digits: three for the place where the
//! birth was registered, one for century and sex, two for the year of birth, six of serial.
//!
//! It has no check digit. All that can be checked is whether it agrees with what is known of its
//! holder. The number is personal data: nothing here prints more than its last three digits, save
//! [`PersonalId::expose`].

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use thiserror::Error;

/// Digits of a number.
pub const LENGTH: usize = 12;

/// Places of birth within the country, by code (Circular 07/2016/TT-BCA, appendix 1). The merger
/// of provinces in 2025 left the numbers of people alone, so this table does not change.
const PROVINCES: [(&str, &str); 63] = [
    ("001", "Hà Nội"),
    ("002", "Hà Giang"),
    ("004", "Cao Bằng"),
    ("006", "Bắc Kạn"),
    ("008", "Tuyên Quang"),
    ("010", "Lào Cai"),
    ("011", "Điện Biên"),
    ("012", "Lai Châu"),
    ("014", "Sơn La"),
    ("015", "Yên Bái"),
    ("017", "Hòa Bình"),
    ("019", "Thái Nguyên"),
    ("020", "Lạng Sơn"),
    ("022", "Quảng Ninh"),
    ("024", "Bắc Giang"),
    ("025", "Phú Thọ"),
    ("026", "Vĩnh Phúc"),
    ("027", "Bắc Ninh"),
    ("030", "Hải Dương"),
    ("031", "Hải Phòng"),
    ("033", "Hưng Yên"),
    ("034", "Thái Bình"),
    ("035", "Hà Nam"),
    ("036", "Nam Định"),
    ("037", "Ninh Bình"),
    ("038", "Thanh Hóa"),
    ("040", "Nghệ An"),
    ("042", "Hà Tĩnh"),
    ("044", "Quảng Bình"),
    ("045", "Quảng Trị"),
    ("046", "Thừa Thiên Huế"),
    ("048", "Đà Nẵng"),
    ("049", "Quảng Nam"),
    ("051", "Quảng Ngãi"),
    ("052", "Bình Định"),
    ("054", "Phú Yên"),
    ("056", "Khánh Hòa"),
    ("058", "Ninh Thuận"),
    ("060", "Bình Thuận"),
    ("062", "Kon Tum"),
    ("064", "Gia Lai"),
    ("066", "Đắk Lắk"),
    ("067", "Đắk Nông"),
    ("068", "Lâm Đồng"),
    ("070", "Bình Phước"),
    ("072", "Tây Ninh"),
    ("074", "Bình Dương"),
    ("075", "Đồng Nai"),
    ("077", "Bà Rịa - Vũng Tàu"),
    ("079", "Hồ Chí Minh"),
    ("080", "Long An"),
    ("082", "Tiền Giang"),
    ("083", "Bến Tre"),
    ("084", "Trà Vinh"),
    ("086", "Vĩnh Long"),
    ("087", "Đồng Tháp"),
    ("089", "An Giang"),
    ("091", "Kiên Giang"),
    ("092", "Cần Thơ"),
    ("093", "Hậu Giang"),
    ("094", "Sóc Trăng"),
    ("095", "Bạc Liêu"),
    ("096", "Cà Mau"),
];

/// The sex that a number states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sex {
    /// Nam.
    Male,
    /// Nữ.
    Female,
}

/// A number of the right shape. Its `Debug` shows the last three digits; it has no `Display`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PersonalId(String);

/// The text is not twelve ASCII digits. It is not repeated, since it may be someone's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a personal ID has exactly {LENGTH} digits and nothing else")]
pub struct NotAPersonalId;

/// Why a number cannot belong to a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Disagreement {
    /// The date of birth lies after today.
    #[error("the date of birth lies in the future")]
    NotYetBorn,
    /// The number states another year of birth.
    #[error("the personal ID states another year of birth; compare both with the card")]
    BirthYear,
    /// The number states the other sex.
    #[error("the personal ID states another sex; compare both with the card")]
    Sex,
}

/// What a person should look at, although it is no reason to refuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Warning {
    /// The first three digits name none of the 63 provinces: right for a birth registered abroad,
    /// which has a country's code, else a slip of the pen.
    UnknownProvince,
}

impl PersonalId {
    /// All twelve digits, for sealing or looking up; never for a log or a message.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The last three digits behind nine asterisks, for lists and slips.
    pub fn masked(&self) -> String {
        format!("*********{}", &self.0[9..])
    }

    /// The province where the birth was registered, by its name before the merger of 2025; none
    /// for a code that is not in the table.
    pub fn province(&self) -> Option<&'static str> {
        let place = PROVINCES.binary_search_by_key(&&self.0[..3], |(code, _)| code).ok()?;
        Some(PROVINCES[place].1)
    }

    /// The sex it states: an even digit for a man, an odd one for a woman.
    pub fn sex(&self) -> Sex {
        if self.century_digit() % 2 == 0 { Sex::Male } else { Sex::Female }
    }

    /// The year of birth it states, 1900 to 2399.
    pub fn birth_year(&self) -> i16 {
        let [tens, units] = [self.digit(4), self.digit(5)];
        1900 + self.century_digit() / 2 * 100 + tens * 10 + units
    }

    /// Compares the number with its holder, as known from elsewhere.
    ///
    /// # Errors
    /// The first [`Disagreement`]: a birth after `today`, another year, the other sex.
    pub fn examine(
        &self,
        birth: Date,
        sex: Sex,
        today: Date,
    ) -> Result<Option<Warning>, Disagreement> {
        if birth > today {
            return Err(Disagreement::NotYetBorn);
        }
        if birth.year() != self.birth_year() {
            return Err(Disagreement::BirthYear);
        }
        if sex != self.sex() {
            return Err(Disagreement::Sex);
        }
        Ok(self.province().is_none().then_some(Warning::UnknownProvince))
    }

    /// Two digits per century from 1900 on, one for each sex.
    fn century_digit(&self) -> i16 {
        self.digit(3)
    }

    fn digit(&self, place: usize) -> i16 {
        i16::from(self.0.as_bytes()[place] - b'0')
    }
}

impl FromStr for PersonalId {
    type Err = NotAPersonalId;

    fn from_str(text: &str) -> Result<Self, NotAPersonalId> {
        if text.len() == LENGTH && text.bytes().all(|b| b.is_ascii_digit()) {
            return Ok(Self(text.to_owned()));
        }
        Err(NotAPersonalId)
    }
}

impl fmt::Debug for PersonalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PersonalId({})", self.masked())
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    const TODAY: Date = date(2026, 10, 15);

    fn id(text: &str) -> PersonalId {
        text.parse().unwrap()
    }

    #[test]
    fn the_table_is_sorted_and_has_no_code_twice() {
        assert!(PROVINCES.is_sorted_by(|(a, _), (b, _)| a < b));
        assert!(PROVINCES.iter().all(|(code, _)| code.len() == 3));
    }

    #[test]
    fn the_digits_tell_place_sex_and_year() {
        for (text, province, sex, year) in [
            ("079090123456", Some("Hồ Chí Minh"), Sex::Male, 1990),
            ("074199000001", Some("Bình Dương"), Sex::Female, 1999),
            ("077200000001", Some("Bà Rịa - Vũng Tàu"), Sex::Male, 2000),
            ("001326000001", Some("Hà Nội"), Sex::Female, 2026),
            ("096455000001", Some("Cà Mau"), Sex::Male, 2155),
            ("003999000001", None, Sex::Female, 2399),
            ("840085000001", None, Sex::Male, 1985),
        ] {
            let id = id(text);
            assert_eq!((id.province(), id.sex(), id.birth_year()), (province, sex, year));
        }
    }

    #[test]
    fn a_number_is_compared_with_its_holder() {
        let born = date(1990, 5, 1);
        for (text, birth, sex, outcome) in [
            ("079090123456", born, Sex::Male, Ok(None)),
            ("840090123456", born, Sex::Male, Ok(Some(Warning::UnknownProvince))),
            ("079090123456", born, Sex::Female, Err(Disagreement::Sex)),
            ("079190123456", born, Sex::Male, Err(Disagreement::Sex)),
            ("079290123456", born, Sex::Male, Err(Disagreement::BirthYear)),
            ("079090123456", date(1991, 5, 1), Sex::Male, Err(Disagreement::BirthYear)),
            ("079226123456", TODAY, Sex::Male, Ok(None)),
            ("079226123456", date(2026, 10, 16), Sex::Male, Err(Disagreement::NotYetBorn)),
        ] {
            assert_eq!(id(text).examine(birth, sex, TODAY), outcome);
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["", "07909012345", "0790901234567", "079 090123456", "+79090123456"] {
            assert_eq!(text.parse::<PersonalId>(), Err(NotAPersonalId));
        }
        assert_eq!("٠٧٩٠٩٠".parse::<PersonalId>(), Err(NotAPersonalId));
    }

    proptest! {
        #[test]
        fn debug_shows_the_last_three_digits_alone(text in "[0-9]{12}") {
            let id = id(&text);
            prop_assert_eq!(id.expose(), &text);
            prop_assert_eq!(format!("{id:?}"), format!("PersonalId(*********{})", &text[9..]));
        }

        #[test]
        fn every_number_agrees_with_itself(text in "[0-9]{12}") {
            let id = id(&text);
            let birth = date(id.birth_year(), 1, 1);
            prop_assert!(id.examine(birth, id.sex(), date(2400, 1, 1)).is_ok());
        }

        #[test]
        fn no_text_makes_it_panic(text in any::<String>()) {
            let _ = text.parse::<PersonalId>();
        }
    }
}
