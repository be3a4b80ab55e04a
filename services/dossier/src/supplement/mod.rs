//! A supplement: what the agency asks of the owner of an accepted dossier, all at once. While it is open the owner changes what it names and
//! nothing else; what is saved and uploaded meanwhile is the owner's alone until the whole is answered.

mod answer;
mod check;
mod lapse;

use chassis::refusal::{Kind, Refusal};
use jiff::Timestamp;
use proto::motcua::r#type::v1::DossierStatus;
use serde::{Deserialize, Serialize};

use crate::dossier::Dossier;
use crate::events::supplement_name;
use crate::timeline::{Action, ActionKind};

pub use answer::SupplementDossier;
pub use check::{AfterAnswer, changes_not_asked, missing};
pub use lapse::{LAPSE_SUPPLEMENT, LapseSupplement};

/// A supplement as it stands. No personal data: why each thing is asked for stays with workflow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Supplement {
    /// Counts those of the dossier, from 1.
    pub number: u8,
    /// What is asked for: `answers.{step id}.{property}` or `papers.{id}`.
    pub subjects: Vec<String>,
    /// Resource name of the grounds.
    pub grounds: String,
    /// When it was asked for, by workflow's clock.
    pub asked_at: Timestamp,
    /// Until when it can be answered.
    pub expires_at: Timestamp,
    /// When it was answered.
    pub answered_at: Option<Timestamp>,
    /// It was not answered, and can be no more.
    pub closed: bool,
}

/// What a supplement asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject<'a> {
    /// A field of the form.
    Field {
        /// The step's id.
        step: &'a str,
        /// The property of the step.
        property: &'a str,
    },
    /// A paper of the form, by its id.
    Paper(&'a str),
}

impl<'a> Subject<'a> {
    /// What a subject names; none if it is written in no form we know.
    pub fn of(text: &'a str) -> Option<Self> {
        match text.split_once('.')? {
            ("papers", id) => Some(Self::Paper(id)),
            ("answers", field) => {
                let (step, property) = field.split_once('.')?;
                Some(Self::Field { step, property })
            }
            _ => None,
        }
    }
}

impl Supplement {
    /// What it asks for.
    pub fn named(&self) -> impl Iterator<Item = Subject<'_>> {
        self.subjects.iter().filter_map(|subject| Subject::of(subject))
    }

    /// Whether it asks for this.
    pub fn asks_for(&self, subject: Subject<'_>) -> bool {
        self.named().any(|named| named == subject)
    }

    /// Whether it can still be answered.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.answered_at.is_none() && !self.closed && now < self.expires_at
    }

    /// What the owner of a dossier can do while it is open.
    fn actions(&self, dossier: &Dossier) -> Vec<Action> {
        let fields = self.named().any(|named| matches!(named, Subject::Field { .. }));
        let papers = self.named().any(|named| matches!(named, Subject::Paper(_)));
        let name = format!("dossiers/{}", dossier.id);
        let answer = supplement_name(dossier.id, self.number);
        let possible = [
            fields.then(|| Action::on(ActionKind::SaveStep, name.clone())),
            papers.then(|| Action::on(ActionKind::CreateFile, name.clone())),
            Some(Action::on(ActionKind::SupplementDossier, answer)),
        ];
        let until = Some(self.expires_at);
        possible.into_iter().flatten().map(|action| Action { until, ..action }).collect()
    }
}

impl Dossier {
    /// The supplement that its owner can answer now.
    pub fn open_supplement(&self, now: Timestamp) -> Option<&Supplement> {
        let waits = self.status == DossierStatus::SupplementRequired;
        self.supplements.last().filter(|last| waits && last.is_open(now))
    }

    /// The supplement of this number.
    pub fn supplement(&self, number: u8) -> Option<&Supplement> {
        self.supplements.iter().find(|supplement| supplement.number == number)
    }

    /// What an open supplement lets its owner do.
    pub fn supplement_actions(&self, now: Timestamp) -> Vec<Action> {
        self.open_supplement(now).map(|open| open.actions(self)).unwrap_or_default()
    }
}

/// The refusal of an answer that comes too late, or twice.
pub fn closed() -> Refusal {
    Refusal::new(
        Kind::Precondition,
        "SUPPLEMENT_CLOSED",
        "Yêu cầu bổ sung này đã được trả lời, đã quá hạn hoặc không còn hiệu lực; hãy đọc lại hồ sơ.",
        "This supplement was answered, lapsed or is asked for no more; read the dossier again.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_a_field_or_a_paper() {
        let field = Subject::Field { step: "vehicle", property: "colour" };
        assert_eq!(Subject::of("answers.vehicle.colour"), Some(field));
        assert_eq!(Subject::of("papers.invoice"), Some(Subject::Paper("invoice")));
        for bad in ["", "papers", "answers.vehicle", "documents.x"] {
            assert_eq!(Subject::of(bad), None, "{bad}");
        }
    }
}
