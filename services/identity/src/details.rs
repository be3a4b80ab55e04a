//! What is personal in an account, and its seal.

use std::fmt;

use chassis::refusal::{Refusal, Violation};
use chassis::seal::{Broken, Seal};
use chassis::text::is_one_plain_line;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use uuid::Uuid;

use crate::email;
use crate::personal_id::{Disagreement, PersonalId, Sex};
use crate::phone::PhoneNumber;

/// Code points of the longest name.
const LONGEST_NAME: usize = 100;

/// A person as the identity card tells, and the telephone. Its `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Details {
    /// Twelve digits.
    pub personal_id: String,
    /// 1 to 100 code points, NFC, each of them seen.
    pub full_name: String,
    /// Day of birth.
    pub birth_date: Date,
    /// Whether the card says female; else male.
    pub female: bool,
    /// `+84` and nine digits; empty for whoever has no telephone.
    pub phone_number: String,
    /// Empty where there is none.
    #[serde(default)]
    pub email: String,
}

impl fmt::Debug for Details {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Details(…)")
    }
}

/// Details as someone gives them.
#[derive(Clone)]
pub struct Given<'a> {
    /// Should be twelve digits.
    pub personal_id: &'a str,
    /// Should be a name.
    pub full_name: &'a str,
    /// A date, if one could be read.
    pub birth_date: Option<Date>,
    /// A sex, if one was told.
    pub sex: Option<Sex>,
    /// Should be a mobile number; or empty, where an officer vouches.
    pub phone_number: &'a str,
    /// An officer vouches for the person, who may do without a telephone.
    pub vouched_for: bool,
    /// Should be an e-mail address, or empty.
    pub email: &'a str,
}

/// Details that passed every check.
pub struct Checked {
    /// For the blind index.
    pub personal_id: PersonalId,
    /// For the blind index; none for whoever has no telephone.
    pub phone: Option<PhoneNumber>,
    /// For the seal.
    pub details: Details,
}

impl Given<'_> {
    /// Checks every field, and the personal ID against the rest.
    ///
    /// # Errors
    /// All wrong fields at once, by their paths in `account`.
    pub fn check(&self, today: Date) -> Result<Checked, Refusal> {
        let personal_id = personal_id(self.personal_id, "account.personal_id");
        let phone = self.phone();
        let email = email(self.email, "account.email");
        let full_name = full_name(self.full_name);
        let birth_date = self.birth_date.ok_or_else(no_birth_date);
        let sex = self.sex.ok_or_else(no_sex);
        let agrees = match (&personal_id, &birth_date, &sex) {
            (Ok(id), Ok(birth), Ok(sex)) => {
                id.examine(*birth, *sex, today).map(|_| ()).map_err(disagreement)
            }
            _ => Ok(()),
        };
        match (personal_id, phone, email, full_name, birth_date, sex, agrees) {
            (
                Ok(personal_id),
                Ok(phone),
                Ok(email),
                Ok(full_name),
                Ok(birth_date),
                Ok(sex),
                Ok(()),
            ) => {
                let details = Details {
                    personal_id: personal_id.expose().into(),
                    full_name,
                    birth_date,
                    female: sex == Sex::Female,
                    phone_number: phone
                        .as_ref()
                        .map(PhoneNumber::expose_e164)
                        .unwrap_or_default()
                        .into(),
                    email,
                };
                Ok(Checked { personal_id, phone, details })
            }
            (id, phone, email, name, birth, sex, agrees) => {
                let told = [id.err(), phone.err(), email.err(), name.err()];
                let wrong = told.into_iter().chain([birth.err(), sex.err(), agrees.err()]);
                Err(Refusal::fields(wrong.flatten().collect()))
            }
        }
    }

    fn phone(&self) -> Result<Option<PhoneNumber>, Violation> {
        if self.vouched_for && self.phone_number.is_empty() {
            return Ok(None);
        }
        phone(self.phone_number, "account.phone_number").map(Some)
    }
}

impl Details {
    /// Sealed for the account with this id.
    ///
    /// # Errors
    /// They cannot be sealed.
    pub fn seal(&self, seal: &Seal, account: Uuid) -> Result<Vec<u8>, Broken> {
        let json = serde_json::to_vec(self).map_err(|_| Broken)?;
        seal.seal(account.as_bytes(), &json)
    }

    /// Opens those of the account with this id.
    ///
    /// # Errors
    /// They do not open.
    pub fn open(seal: &Seal, account: Uuid, sealed: &[u8]) -> Result<Self, Broken> {
        let json = seal.open(account.as_bytes(), sealed)?;
        serde_json::from_slice(&json).map_err(|_| Broken)
    }
}

/// A personal ID in the field named.
pub fn personal_id(text: &str, field: &str) -> Result<PersonalId, Violation> {
    text.parse().map_err(|_| {
        Violation::new(
            field,
            "PERSONAL_ID_MALFORMED",
            "Số định danh cá nhân gồm đúng 12 chữ số.",
            "A personal ID has exactly 12 digits and nothing else.",
        )
    })
}

/// A telephone in the field named.
pub fn phone(text: &str, field: &str) -> Result<PhoneNumber, Violation> {
    text.parse().map_err(|_| {
        Violation::new(
            field,
            "PHONE_MALFORMED",
            "Hãy ghi số di động Việt Nam, ví dụ 0901234567 hoặc +84901234567.",
            "Write a Vietnamese mobile number as in 0901234567 or +84901234567.",
        )
    })
}

/// An e-mail address in the field named; empty where there is none.
pub fn email(text: &str, field: &str) -> Result<String, Violation> {
    if text.is_empty() {
        return Ok(String::new());
    }
    email::address(text).map_err(|_| {
        Violation::new(
            field,
            "EMAIL_MALFORMED",
            "Hãy ghi địa chỉ thư điện tử, ví dụ ten@example.vn, tối đa 254 ký tự.",
            "Write an e-mail address as in ten@example.vn, at most 254 characters.",
        )
    })
}

fn full_name(text: &str) -> Result<String, Violation> {
    // Four bytes a code point, and as many again for marks that NFC would join.
    let short = text.len() <= 8 * LONGEST_NAME;
    let name: String = if short { text.trim().nfc().collect() } else { String::new() };
    let sound = (1..=LONGEST_NAME).contains(&name.chars().count()) && is_one_plain_line(&name);
    if sound { Ok(name) } else { Err(no_name()) }
}

fn no_name() -> Violation {
    Violation::new(
        "account.full_name",
        "NAME_REQUIRED",
        "Hãy ghi họ tên như trên thẻ, từ 1 đến 100 ký tự, không có ký tự ẩn.",
        "Write the name as on the card, 1 to 100 characters, none of them hidden.",
    )
}

fn no_birth_date() -> Violation {
    Violation::new(
        "account.birth_date",
        "DATE_REQUIRED",
        "Hãy ghi đủ ngày, tháng, năm sinh.",
        "Write day, month and year of birth.",
    )
}

fn no_sex() -> Violation {
    Violation::new(
        "account.sex",
        "SEX_REQUIRED",
        "Hãy ghi giới tính như trên thẻ.",
        "Write the sex as on the card.",
    )
}

fn disagreement(disagreement: Disagreement) -> Violation {
    let (field, reason, vi) = match disagreement {
        Disagreement::NotYetBorn => {
            ("account.birth_date", "NOT_YET_BORN", "Ngày sinh ở tương lai.")
        }
        Disagreement::BirthYear => (
            "account.personal_id",
            "BIRTH_YEAR_DIFFERS",
            "Số định danh ghi năm sinh khác; hãy so cả hai với thẻ.",
        ),
        Disagreement::Sex => (
            "account.personal_id",
            "SEX_DIFFERS",
            "Số định danh ghi giới tính khác; hãy so cả hai với thẻ.",
        ),
    };
    Violation::new(field, reason, vi, disagreement.to_string())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn given() -> Given<'static> {
        Given {
            personal_id: "079190123456",
            full_name: "Nguyễn Thị Hoa",
            birth_date: Some(date(1990, 5, 1)),
            sex: Some(Sex::Female),
            phone_number: "0901234567",
            vouched_for: false,
            email: "",
        }
    }

    fn wrong(given: &Given<'_>) -> Vec<(String, String)> {
        let refusal = given.check(date(2026, 1, 1)).err().expect("refused");
        refusal.violations.into_iter().map(|wrong| (wrong.field, wrong.reason)).collect()
    }

    #[test]
    fn what_is_right_is_taken_in_one_form() {
        let checked = given().check(date(2026, 1, 1)).expect("right");
        assert_eq!(checked.details.phone_number, "+84901234567");
        assert_eq!(format!("{:?}", checked.details), "Details(…)");
    }

    #[test]
    fn every_wrong_field_is_told_at_once() {
        let nothing = Given {
            personal_id: "1",
            full_name: " \n",
            birth_date: None,
            sex: None,
            phone_number: "113",
            vouched_for: true,
            email: "hoa",
        };
        let fields: Vec<_> = wrong(&nothing).into_iter().map(|(field, _)| field).collect();
        let all = ["personal_id", "phone_number", "email", "full_name", "birth_date", "sex"];
        assert_eq!(fields, all.map(|field| format!("account.{field}")));
        let man = Given { sex: Some(Sex::Male), ..given() };
        assert_eq!(wrong(&man), [("account.personal_id".into(), "SEX_DIFFERS".into())]);
        let long = "x".repeat(101);
        let long = Given { full_name: &long, ..given() };
        assert_eq!(wrong(&long), [("account.full_name".into(), "NAME_REQUIRED".into())]);
        let turned = Given { full_name: "Hoa\u{202E}gnA", ..given() };
        assert_eq!(wrong(&turned), [("account.full_name".into(), "NAME_REQUIRED".into())]);
    }

    #[test]
    fn only_who_is_vouched_for_may_do_without_a_telephone() {
        let none = Given { phone_number: "", ..given() };
        assert_eq!(wrong(&none), [("account.phone_number".into(), "PHONE_MALFORMED".into())]);
        let vouched = Given { vouched_for: true, ..none };
        let checked = vouched.check(date(2026, 1, 1)).expect("right");
        assert!(checked.phone.is_none() && checked.details.phone_number.is_empty());
    }

    #[test]
    fn details_open_for_their_own_account_alone() {
        let seal = Seal::new(&[1; 32]);
        let details = given().check(date(2026, 1, 1)).expect("right").details;
        let sealed = details.seal(&seal, Uuid::from_u128(1)).expect("sealed");
        assert!(Details::open(&seal, Uuid::from_u128(1), &sealed).expect("opens") == details);
        assert!(Details::open(&seal, Uuid::from_u128(2), &sealed).is_err());
    }
}
