//! What no single schema can say: rules between fields, and those that depend on the day.

use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::violation::Reason;
use crate::bilingual::Bilingual;

/// A rule, with its fields as `step id.property`.
#[derive(Debug, Deserialize)]
#[serde(tag = "rule", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Rule {
    /// The date is today or earlier.
    NotInFuture { field: String },
    /// Digits 4 to 6 of a personal number are the century with the sex, and the year of birth. It
    /// has no check digit, and its province is not judged: births abroad have codes of their own.
    PersonalIdAgrees { personal_id: String, date_of_birth: String, sex: String },
}

/// What a rule asks for, in words.
#[derive(Debug)]
pub struct Demand<'a> {
    /// Every field it reads, as `step id.property`; a breach is told at the first.
    pub fields: Vec<&'a str>,
    /// Why a breach is refused.
    pub reason: Reason,
    /// What it asks for.
    pub text: Bilingual,
}

impl Rule {
    /// Every field the rule reads.
    pub fn fields(&self) -> Vec<&str> {
        match self {
            Self::NotInFuture { field } => vec![field],
            Self::PersonalIdAgrees { personal_id, date_of_birth, sex } => {
                vec![personal_id, date_of_birth, sex]
            }
        }
    }

    /// What the rule asks for.
    pub fn demand(&self) -> Demand<'_> {
        let fields = self.fields();
        let (reason, text) = match self {
            Self::NotInFuture { .. } => (
                Reason::InFuture,
                Bilingual::new("Ngày hôm nay hoặc trước đó.", "Today or earlier."),
            ),
            Self::PersonalIdAgrees { .. } => {
                let vi = "Chữ số 4 đến 6 khớp với thế kỷ và năm sinh, giới tính.";
                let en = "Digits 4 to 6 agree with century and year of birth, and the sex.";
                (Reason::Disagrees, Bilingual::new(vi, en))
            }
        };
        Demand { fields, reason, text }
    }

    /// The field at which a breach is told.
    pub fn told_at(&self) -> &str {
        match self {
            Self::NotInFuture { field } => field,
            Self::PersonalIdAgrees { personal_id, .. } => personal_id,
        }
    }

    /// The reason and the words, if the answers break the rule. Fields that are missing or are not
    /// what their schema says break nothing here: the schema tells that.
    pub fn broken_by(
        &self,
        answers: &Map<String, Value>,
        today: Date,
    ) -> Option<(Reason, Bilingual)> {
        match self {
            Self::NotInFuture { field } => {
                let day = date(text(answers, field)?)?;
                (day > today).then(not_in_future)
            }
            Self::PersonalIdAgrees { personal_id, date_of_birth, sex } => {
                let number = text(answers, personal_id)?;
                let birth = date(text(answers, date_of_birth)?)?;
                let expected = century_and_year(birth, text(answers, sex)?)?;
                (number.get(3..6)? != expected).then(disagrees)
            }
        }
    }
}

/// Centuries count from the 1900s in steps of two, even for men and odd for women.
fn century_and_year(birth: Date, sex: &str) -> Option<String> {
    let (century, year) = (birth.year() / 100, birth.year() % 100);
    let woman = i16::from(sex == "female");
    (19..=23).contains(&century).then(|| format!("{}{year:02}", (century - 19) * 2 + woman))
}

fn not_in_future() -> (Reason, Bilingual) {
    let vi = "ngày này ở tương lai; hãy ghi ngày hôm nay hoặc trước đó";
    (
        Reason::InFuture,
        Bilingual::new(vi, "this day is still to come; give today or an earlier day"),
    )
}

fn disagrees() -> (Reason, Bilingual) {
    let vi = "không khớp với ngày sinh hoặc giới tính đã khai; hãy xem lại cả ba mục";
    let en = "does not agree with the date of birth or the sex given; please check all three";
    (Reason::Disagrees, Bilingual::new(vi, en))
}

fn text<'a>(answers: &'a Map<String, Value>, field: &str) -> Option<&'a str> {
    let mut names = field.split('.');
    let step = answers.get(names.next()?)?;
    names.try_fold(step, |value, name| value.get(name))?.as_str()
}

fn date(text: &str) -> Option<Date> {
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date as day;
    use serde_json::json;

    #[test]
    fn the_personal_number_tells_century_sex_and_year() {
        let cases = [
            (day(1990, 4, 12), "male", "090"),
            (day(1985, 1, 1), "female", "185"),
            (day(2005, 1, 1), "male", "205"),
            (day(2000, 12, 31), "female", "300"),
            (day(2399, 1, 1), "female", "999"),
        ];
        for (birth, sex, digits) in cases {
            assert_eq!(century_and_year(birth, sex).as_deref(), Some(digits));
        }
        assert_eq!(century_and_year(day(1899, 1, 1), "male"), None);
    }

    #[test]
    fn today_is_not_the_future() {
        let rule = Rule::NotInFuture { field: "origin.invoice_date".into() };
        let answers = json!({ "origin": { "invoice_date": "2026-11-25" } });
        let broken =
            |today| rule.broken_by(answers.as_object().unwrap(), today).map(|(why, _)| why);
        assert_eq!(broken(day(2026, 11, 24)), Some(Reason::InFuture));
        assert_eq!(broken(day(2026, 11, 25)), None);
    }

    #[test]
    fn what_is_missing_or_malformed_is_the_schemas_to_tell() {
        let rule = Rule::NotInFuture { field: "origin.invoice_date".into() };
        for answers in
            [json!({}), json!({ "origin": { "invoice_date": 3 } }), json!({ "origin": 1 })]
        {
            assert!(rule.broken_by(answers.as_object().unwrap(), day(2026, 1, 1)).is_none());
        }
    }
}
