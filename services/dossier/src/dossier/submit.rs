//! Submitting: the draft gets its code and goes to its agency.

use std::fmt;

use chassis::clock::VIETNAM;
use chassis::refusal::Refusal;
use chassis::write::{At, Command, Decided, Series, Stream};
use jiff::civil::Date;
use proto::motcua::dossier::v1::EntryKind;
use proto::motcua::r#type::v1::{LegalLimit, ReturnWay};
use uuid::Uuid;

use super::{Dossier, Fact, Hand, HandedIn, LAPSE_DRAFT, Submitted, checked_as_known};
use crate::timeline::Happening;

/// A dossier code, for example `H29.27.484-20261125-0000001`: the province's prefix, the agency's unit code in groups of at most three
/// digits, the day of submission, a serial without gaps per agency and day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DossierCode(pub String);

impl DossierCode {
    /// The longest code in use, in characters.
    pub const LONGEST: usize = 40;

    /// What people type: either form that is in use (`G09.20-20260609-0092637`, `H29.15-260609-0042`), letters in either case.
    pub fn parse(typed: &str) -> Option<Self> {
        let code = typed.trim().to_ascii_uppercase();
        let mut parts = code.split('-');
        let (unit, day, serial) = (parts.next()?, parts.next()?, parts.next()?);
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let whole = code.len() <= Self::LONGEST
            && parts.next().is_none()
            && is_unit(unit)
            && (day.len() == 6 || day.len() == 8)
            && digits(day)
            && (4..=7).contains(&serial.len())
            && digits(serial);
        whole.then_some(Self(code))
    }

    fn of(agency: &str, day: Date, serial: i64) -> Self {
        let unit = agency.trim_start_matches("agencies/");
        let (first, last) = unit.split_at_checked(2).unwrap_or((unit, ""));
        Self(format!("H29.{first}.{last}-{}-{serial:07}", day.strftime("%Y%m%d")))
    }
}

/// A letter, two digits, then groups of one to three digits, each after a dot.
fn is_unit(unit: &str) -> bool {
    let mut groups = unit.split('.');
    let head = groups.next().unwrap_or_default().as_bytes();
    let headed = matches!(head, [letter, digits @ ..]
        if letter.is_ascii_uppercase() && digits.len() == 2 && digits.iter().all(u8::is_ascii_digit));
    headed
        && groups.all(|group| {
            (1..=3).contains(&group.len()) && group.bytes().all(|byte| byte.is_ascii_digit())
        })
}

impl fmt::Display for DossierCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Submits a draft whose answers were checked as of a revision.
#[derive(Clone, Debug)]
pub struct SubmitDossier {
    /// The dossier.
    pub id: Uuid,
    /// Who calls.
    pub hand: Hand,
    /// The etag that the caller knows; an empty one asks nothing.
    pub etag: String,
    /// The etag whose answers were checked: the draft must not have changed since.
    pub checked: String,
    /// How long the agency may take by law.
    pub limit: LegalLimit,
    /// How the result reaches the citizen, as the answers say.
    pub return_way: ReturnWay,
    /// What goes on record if it is handed in at the counter.
    pub handed_in: Option<HandedIn>,
}

impl Command for SubmitDossier {
    const NAME: &'static str = "SubmitDossier";
    type Root = Dossier;
    type Answer = Submitted;

    fn stream(&self) -> Stream {
        Stream(self.id)
    }

    fn decide(
        &self,
        before: Option<&Dossier>,
        (): &(),
        at: &mut At<'_>,
    ) -> Result<Decided<Dossier, Submitted>, Refusal> {
        let draft = Dossier::draft_of(before, &self.hand, &self.checked)?;
        checked_as_known(&self.etag, &self.checked)?;
        let day = VIETNAM.to_datetime(at.now).date();
        let serial = at.number(&Series(format!("dossier-code/{}/{day}", draft.agency)));
        let code = DossierCode::of(&draft.agency, day, serial);
        let answer = Submitted { code: code.0, at: at.now, revision: draft.revision };
        at.still(LAPSE_DRAFT);
        let mut dossier =
            draft.as_submitted(answer.clone(), self.return_way, self.handed_in.clone());
        dossier.record(Happening::new(EntryKind::Submitted, at.now, self.hand.actor()));
        let fact = Fact::Submitted { dossier: Box::new(dossier.clone()), limit: self.limit };
        Ok(Decided { after: dossier, facts: vec![fact], answer })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_tells_agency_day_and_serial() {
        let day = Date::constant(2026, 11, 25);
        let code = DossierCode::of("agencies/27484", day, 42);
        assert_eq!(code.0, "H29.27.484-20261125-0000042");
        assert_eq!(DossierCode::parse(&code.0), Some(code));
    }

    #[test]
    fn both_forms_in_use_are_understood_and_nothing_else() {
        for good in ["G09.20-20260609-0092637", "h29.15-260609-0042 ", "H29-260609-0042"] {
            assert!(DossierCode::parse(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "H29",
            "H29.15-260609",
            "H29.15-26060-0042",
            "H29.1500-260609-0042",
            "H29.15-260609-042",
            "H29.15-260609-0042-1",
            "29.15-260609-0042",
            "H29.15-260609-00420000",
        ] {
            assert!(DossierCode::parse(bad).is_none(), "{bad}");
        }
    }
}
