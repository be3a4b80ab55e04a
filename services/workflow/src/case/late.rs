//! The date that was promised: the officers are warned in good time, and when it passes without a result the head of the unit has a task
//! that says so, and the owner an apology with a new date.

use chassis::refusal::Refusal;
use chassis::timers::Due;
use chassis::write::{At, Command, Decided, Stream};
use jiff::Timestamp;
use proto::motcua::access::v1::Role;
use proto::motcua::workflow::v1::TaskState;

use super::course::not_awaited;
use super::{Case, Fact, Officer};
use crate::process::{ESCALATED, is_beside};
use crate::rules::Rules;

/// The timer of the warning.
pub const WARN: &str = "warn_of_due_time";

/// The timer of the due time itself.
pub const ESCALATE: &str = "escalate_late_case";

/// The outcome of a task that tells of a late case.
pub const NOTED: &str = "noted";

/// What became of a date that was promised and not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Late {
    /// Since when: the date that was promised.
    pub since: Timestamp,
    /// When the head of the unit had it.
    pub escalated_at: Timestamp,
    /// The new date; none where the calendar does not reach that far.
    pub new_date: Option<Timestamp>,
}

/// Warns that a case is due soon, once.
#[derive(Clone, Copy, Debug)]
pub struct WarnOfDueTime(pub Due);

/// Escalates a case that is late, once.
#[derive(Clone, Copy, Debug)]
pub struct EscalateLateCase(pub Due);

impl Command for WarnOfDueTime {
    const NAME: &'static str = "WarnOfDueTime";
    type Root = Case;
    type Answer = ();

    fn stream(&self) -> Stream {
        self.0.stream
    }

    fn decide(
        &self,
        before: Option<&Case>,
        _: &Rules,
        at: &mut At<'_>,
    ) -> Result<Decided<Case, ()>, Refusal> {
        let case = before.filter(|case| case.is_to_be_warned_of()).ok_or_else(not_awaited)?;
        let revision = case.revision + 1;
        let case = Case { revision, warned_at: Some(at.now), ..case.clone() };
        let facts = vec![Fact::DueSoon(Box::new(case.clone()), at.now)];
        Ok(Decided { after: case, facts, answer: () })
    }
}

impl Command for EscalateLateCase {
    const NAME: &'static str = "EscalateLateCase";
    type Root = Case;
    type Answer = ();

    fn stream(&self) -> Stream {
        self.0.stream
    }

    fn decide(
        &self,
        before: Option<&Case>,
        rules: &Rules,
        at: &mut At<'_>,
    ) -> Result<Decided<Case, ()>, Refusal> {
        let since = self.0.at;
        let case = before.filter(|case| case.promised() == Some(since)).ok_or_else(not_awaited)?;
        let mut case = Case { revision: case.revision + 1, ..case.clone() };
        let new_date = rules.calendar.add_working_minutes(at.now, rules.lateness.to_new_date());
        let late = Late { since, escalated_at: at.now, new_date: new_date.ok() };
        case.late = Some(late);
        let lies_with = case.lies_with();
        let escalated = Fact::Late { case: Box::new(case.clone()), late, lies_with };
        let opened = case.open_task(ESCALATED, Role::Signing, at.now);
        case.remind(rules, at);
        Ok(Decided { after: case, facts: vec![escalated, opened], answer: () })
    }
}

impl Case {
    /// The date that is promised, as long as it can be kept or missed: the clock runs, there is no result, and it was not missed before.
    fn promised(&self) -> Option<Timestamp> {
        let open = self.issued_at.is_none() && self.closed_at.is_none() && self.late.is_none();
        self.due_at.filter(|_| open)
    }

    /// Since when it is late; none while its clock stands and once its result is issued.
    pub fn late_since(&self) -> Option<Timestamp> {
        let runs = self.due_at.is_some() && self.issued_at.is_none() && self.closed_at.is_none();
        self.late.filter(|_| runs).map(|late| late.since)
    }

    fn is_to_be_warned_of(&self) -> bool {
        self.promised().is_some() && self.warned_at.is_none()
    }

    /// The date that is promised now has its timers; where none is, there are none. For whatever changes that.
    pub(super) fn remind(&self, rules: &Rules, at: &mut At<'_>) {
        match self.promised() {
            Some(due) => at.wake(ESCALATE, due),
            None => at.still(ESCALATE),
        }
        match self.warning(rules) {
            Some(when) => at.wake(WARN, when),
            None => at.still(WARN),
        }
    }

    /// When its officers are to be warned.
    fn warning(&self, rules: &Rules) -> Option<Timestamp> {
        let due = self.promised().filter(|_| self.is_to_be_warned_of())?;
        let (percent, pauses) = (rules.lateness.warn_percent, self.counted_pauses());
        rules.calendar.used_up(percent, self.submitted_at, due, &pauses).ok()
    }

    /// With whom it lies: the role that the open task of its process asks for.
    fn lies_with(&self) -> Role {
        let open = |task: &&super::Task| task.state != TaskState::Closed && !is_beside(&task.step);
        self.tasks.iter().rev().find(open).map_or(Role::Unspecified, |task| task.role)
    }

    /// Closes the task that told of a late case, once its officer has noted it.
    pub(super) fn note_escalation(&mut self, officer: &Officer) -> Result<Vec<Fact>, Refusal> {
        self.task_mut(ESCALATED)?.close(NOTED, officer)?;
        Ok(vec![Fact::TaskClosed(Box::new(self.clone()), ESCALATED.into())])
    }

    /// Nothing is left to be told of a late case: its result is issued.
    pub(super) fn end_escalation(&mut self) {
        for task in self.tasks.iter_mut().filter(|task| task.step == ESCALATED) {
            task.state = TaskState::Closed;
        }
    }
}
