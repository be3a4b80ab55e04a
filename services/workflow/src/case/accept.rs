//! Accepting a dossier: the date of return is promised.

use chassis::refusal::{Kind, Refusal};
use chassis::write::{At, Command, Decided, Stream};
use proto::motcua::access::v1::Role;
use proto::motcua::r#type::v1::DossierStatus;
use proto::motcua::workflow::v1::TaskState;
use uuid::Uuid;

use super::{Case, Fact, Named, Officer, PROCESS, RECEIVE};
use crate::working_time::{Calendar, DueError};

/// Accepts the dossier of a case whose receiving task the officer holds.
#[derive(Clone, Debug)]
pub struct AcceptDossier {
    /// The case.
    pub id: Uuid,
    /// The etag it was read with; empty asks nothing.
    pub etag: String,
    /// Who accepts.
    pub officer: Officer,
}

impl Command for AcceptDossier {
    const NAME: &'static str = "AcceptDossier";
    type Root = Case;
    type Answer = Named;

    fn stream(&self) -> Stream {
        Stream(self.id)
    }

    fn decide(
        &self,
        before: Option<&Case>,
        calendar: &Calendar,
        at: &mut At<'_>,
    ) -> Result<Decided<Case, Named>, Refusal> {
        let mut case = Case::of_agency(before, &self.officer)?;
        if !self.etag.is_empty() && before.map(Case::etag).as_ref() != Some(&self.etag) {
            return Err(Refusal::stale());
        }
        let task = case.task_mut(RECEIVE)?;
        task.held_by(&self.officer)?;
        task.state = TaskState::Closed;
        let due = calendar.due(case.submitted_at, case.limit, &[]).map_err(no_date)?;
        case.status = DossierStatus::Accepted;
        case.accepted_at = Some(at.now);
        case.due_at = due.at();
        let accepted = Fact::Accepted(Box::new(case.clone()), self.officer.name.clone());
        let closed = Fact::TaskClosed(Box::new(case.clone()), RECEIVE.into());
        let opened = case.open_task(PROCESS, Role::Processing, at.now);
        Ok(Decided {
            after: case,
            facts: vec![accepted, closed, opened],
            answer: Named { id: self.id },
        })
    }
}

/// A date that cannot be counted is not promised.
fn no_date(error: DueError) -> Refusal {
    Refusal::new(
        Kind::Unavailable,
        "CALENDAR_ENDS",
        format!("Chưa tính được ngày hẹn: {error}."),
        format!("No date can be promised yet: {error}."),
    )
}
