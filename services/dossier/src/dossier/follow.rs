//! After submission others decide: the dossier follows their facts. Where it stands only workflow's facts say; those of the others add to
//! its timeline and to what its owner can do next.

use chassis::refusal::{Kind, Refusal};
use chassis::write::{At, Command, Decided, Stream};
use jiff::Timestamp;
use proto::motcua::r#type::v1::DossierStatus;
use uuid::Uuid;

use super::{Dossier, Fact};
use crate::supplement::{LAPSE_SUPPLEMENT, Supplement};
use crate::timeline::{Action, ActionKind, Happening};

/// Takes over what a fact of another service says.
#[derive(Clone, Debug)]
pub struct Follow {
    /// The dossier.
    pub id: Uuid,
    /// Where it stands by that fact; none where the fact is not workflow's.
    pub status: Option<DossierStatus>,
    /// What happened.
    pub happening: Happening,
    /// What else follows from it.
    pub change: Change,
}

/// What else follows from a fact than an entry and a status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Nothing.
    Nothing,
    /// The result is promised.
    Promised {
        /// When the dossier was accepted.
        accepted_at: Timestamp,
        /// When the result is due.
        due_at: Timestamp,
    },
    /// The date that was promised passed without a result.
    Missed {
        /// That date.
        due_at: Timestamp,
        /// The new one, if one could be counted.
        new_due_at: Option<Timestamp>,
    },
    /// Its owner is asked for a supplement, and reminded of its end.
    Asked(Supplement),
    /// The withdrawal that its owner asked for was decided.
    WithdrawalDecided,
    /// The clock stands: no date is promised. Its owner may have something to do; what was waited for before is over.
    Paused(Option<Action>),
    /// The clock runs again: the result is due then; none where the calendar does not reach that far.
    Resumed(Option<Timestamp>),
    /// Its owner can do this from now on.
    Opens(Action),
    /// There is nothing of this kind to do any more.
    Closes(ActionKind),
}

impl Command for Follow {
    const NAME: &'static str = "Follow";
    type Root = Dossier;
    type Answer = ();

    fn stream(&self) -> Stream {
        Stream(self.id)
    }

    fn decide(
        &self,
        before: Option<&Dossier>,
        (): &(),
        at: &mut At<'_>,
    ) -> Result<Decided<Dossier, ()>, Refusal> {
        let before = before.filter(|dossier| !dossier.is_draft()).ok_or_else(unknown)?;
        let mut after = Dossier { revision: before.revision + 1, ..before.clone() };
        after.status = self.status.unwrap_or(before.status);
        after.change(&self.change, at);
        if after.is_settled() || after.status == DossierStatus::ProcessingStopped {
            after.withdrawal_asked_at = None;
        }
        if after.is_settled() {
            after.actions.retain(|action| !action.kind.ends_with_the_case());
        }
        after.record(self.happening.clone());
        let changed = after.status != before.status;
        let fact = changed.then(|| Fact::StatusChanged {
            dossier: Box::new(after.clone()),
            before: before.status,
            at: self.happening.at,
        });
        Ok(Decided { after, facts: fact.into_iter().collect(), answer: () })
    }
}

impl Dossier {
    fn change(&mut self, change: &Change, at: &mut At<'_>) {
        match change {
            Change::Nothing => {}
            Change::Promised { accepted_at, due_at } => {
                self.accepted_at = Some(*accepted_at);
                self.due_at = Some(*due_at);
            }
            Change::Missed { due_at, new_due_at } => {
                self.late_since = Some(*due_at);
                self.new_due_at = *new_due_at;
            }
            Change::Asked(supplement) => {
                at.wake(LAPSE_SUPPLEMENT, supplement.expires_at);
                self.supplements.retain(|known| known.number != supplement.number);
                self.supplements.push(supplement.clone());
            }
            Change::WithdrawalDecided => self.withdrawal_asked_at = None,
            Change::Paused(waits_for) => {
                self.due_at = None;
                self.close(ActionKind::DrawNumber);
                self.actions.extend(waits_for.clone());
            }
            Change::Resumed(due_at) => {
                self.due_at = *due_at;
                self.close(ActionKind::DrawNumber);
            }
            Change::Opens(action) => {
                self.close(action.kind);
                self.actions.push(action.clone());
            }
            Change::Closes(kind) => self.close(*kind),
        }
        self.actions.sort_by_key(|action| action.kind);
    }

    fn close(&mut self, kind: ActionKind) {
        self.actions.retain(|action| action.kind != kind);
    }

    /// Whether nothing is left for its owner to bring about: refused, withdrawn, or with its result.
    fn is_settled(&self) -> bool {
        matches!(
            self.status,
            DossierStatus::NotAccepted
                | DossierStatus::Withdrawn
                | DossierStatus::ProcessingDone
                | DossierStatus::ResultReturned
        )
    }
}

/// What is followed can only come after a submission, which this service committed before it published it.
pub(super) fn unknown() -> Refusal {
    Refusal::new(
        Kind::Precondition,
        "DOSSIER_NOT_SUBMITTED",
        "Hồ sơ chưa được nộp.",
        "The dossier was not submitted.",
    )
}
