//! Accepting a dossier: the date of return is promised.

use chassis::refusal::{Kind, Refusal};
use chassis::write::{At, Command, Decided, Stream};
use uuid::Uuid;

use super::{Case, Fact, Named, Officer};
use crate::process::{ACCEPTED, RECEIVE};
use crate::rules::Rules;
use crate::working_time::DueError;

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
        rules: &Rules,
        at: &mut At<'_>,
    ) -> Result<Decided<Case, Named>, Refusal> {
        let mut case = Case::as_read_by(&self.officer, before, &self.etag)?;
        let due = rules.calendar.due(case.submitted_at, case.limit, &[]).map_err(no_date)?;
        case.accepted_at = Some(at.now);
        case.due_at = due.at();
        let closed = case.complete(RECEIVE, ACCEPTED, &self.officer, rules, at)?;
        case.remind(rules, at);
        // The date is promised; where the citizen has the turn now, the clock stands right behind it.
        let promised = Case { due_at: due.at(), ..case.clone() };
        let accepted = Fact::Accepted {
            fees: rules.fee(&case).to_vec(),
            case: Box::new(promised),
            officer: self.officer.name.clone(),
            receipt_day: due.receipt_day,
        };
        let facts = std::iter::once(accepted).chain(closed).collect();
        Ok(Decided { after: case, facts, answer: Named { id: self.id } })
    }
}

/// A date that cannot be counted is not promised. No repeat helps before somebody has extended the calendar.
pub fn no_date(error: DueError) -> Refusal {
    Refusal::new(
        Kind::Precondition,
        "CALENDAR_ENDS",
        format!(
            "Chưa tính được ngày hẹn: {error}. Người vận hành cần bổ sung lịch làm việc; sau đó hãy \
             gửi lại với request_id mới."
        ),
        format!(
            "No date can be counted yet: {error}. An operator must extend the calendar of working \
             days; repeat with a new request_id then."
        ),
    )
}
