//! Where a case goes: from an outcome to the next step, and while the citizen has the turn the clock stands.

use chassis::refusal::{Kind, Refusal};
use chassis::write::At;
use jiff::Timestamp;
use proto::motcua::access::v1::Role;
use proto::motcua::r#type::v1::DossierStatus;
use proto::motcua::workflow::v1::TaskState;

use super::{Case, Fact, Standstill, Task};
use crate::process::{Outcome, Step, StepKind, Wait};
use crate::rules::Rules;
use crate::working_time::{Pause, PauseReason};

impl Case {
    /// Whether the clock stands.
    pub fn is_paused(&self) -> bool {
        self.standing().is_some()
    }

    /// The pauses as working time counts them.
    pub fn counted_pauses(&self) -> Vec<Pause> {
        self.pauses.iter().map(|standstill| standstill.pause).collect()
    }

    /// Whether this is what the case waits for now.
    pub(super) fn awaits(&self, wait: Wait, rules: &Rules) -> bool {
        self.over(wait, rules).is_ok()
    }

    /// The standstill that has no end yet.
    pub(super) fn standing(&self) -> Option<&Standstill> {
        self.pauses.last().filter(|standstill| standstill.pause.to.is_none())
    }

    /// Goes where an outcome leads that came about at the instant `came`.
    pub(super) fn follow(
        &mut self,
        outcome: &Outcome,
        came: Timestamp,
        rules: &Rules,
        at: &mut At<'_>,
    ) -> Result<Vec<Fact>, Refusal> {
        let process = rules.process(self)?;
        match outcome.then.as_ref().and_then(|then| process.step(then)) {
            Some(step) => self.arrive(step, rules, at),
            None => Ok(self.end(came, at.now)),
        }
    }

    /// Begins a step: its task is opened, its wait begins, or the result is issued.
    pub(super) fn arrive(
        &mut self,
        step: &Step,
        rules: &Rules,
        at: &mut At<'_>,
    ) -> Result<Vec<Fact>, Refusal> {
        match &step.kind {
            StepKind::Task { role, .. } => Ok(vec![self.open_task(&step.id, *role, at.now)]),
            StepKind::Wait { wait, .. } => Ok(self.begin_wait(&step.id, *wait, rules, at)),
            StepKind::Issue { ways } => self.issue(&step.id, ways, rules, at),
        }
    }

    /// The case comes to its end, and with it whatever was to be done; if the result is in the citizen's hands, it is since `came`.
    pub(super) fn end(&mut self, came: Timestamp, now: Timestamp) -> Vec<Fact> {
        self.closed_at = Some(now);
        for task in &mut self.tasks {
            task.state = TaskState::Closed;
        }
        let returned = self.status == DossierStatus::ResultReturned;
        let returned = returned.then(|| Fact::Returned(Box::new(self.clone()), came));
        returned.into_iter().chain([Fact::Closed(Box::new(self.clone()), now)]).collect()
    }

    /// Opens the task of a step, again if a later step sent it back.
    pub(super) fn open_task(&mut self, step: &str, role: Role, at: Timestamp) -> Fact {
        self.tasks.retain(|task| task.step != step);
        self.tasks.push(Task {
            step: step.into(),
            role,
            state: TaskState::Open,
            officer: None,
            opened_at: at,
            outcome: None,
            wish: None,
        });
        Fact::TaskOpened(Box::new(self.clone()), step.into())
    }

    /// Stops the clock; a fee that is waited for falls due.
    fn begin_wait(&mut self, step: &str, wait: Wait, rules: &Rules, at: &mut At<'_>) -> Vec<Fact> {
        self.due_at = None;
        self.remind(rules, at);
        let pause = Pause { from: at.now, to: None, reason: reason(wait) };
        self.pauses.push(Standstill { step: step.into(), pause, asked: None });
        let fee = (wait == Wait::Payment).then(|| self.owe(rules, at));
        fee.into_iter().chain([Fact::Paused(Box::new(self.clone()))]).collect()
    }

    fn owe(&mut self, rules: &Rules, at: &mut At<'_>) -> Fact {
        self.obligation = Some(at.id());
        Fact::FeeFellDue {
            case: Box::new(self.clone()),
            lines: rules.fee(self).to_vec(),
            at: at.now,
            expires: at.now.checked_add(rules.fees.payable()).unwrap_or(Timestamp::MAX),
        }
    }

    /// Ends a wait at the instant that what was waited for came, and goes on. The clock runs again from that instant, unless the next
    /// step waits too.
    pub(super) fn end_wait(
        &mut self,
        wait: Wait,
        came: Timestamp,
        rules: &Rules,
        at: &mut At<'_>,
    ) -> Result<Vec<Fact>, Refusal> {
        let over = self.over(wait, rules)?;
        let came = self.end_pause(came, at.now).ok_or_else(not_awaited)?;
        self.status = over.status;
        let went = self.follow(&over, came, rules, at)?;
        if self.is_paused() {
            return Ok(went);
        }
        Ok(std::iter::once(self.resume(came, rules, at)).chain(went).collect())
    }

    /// The clock runs again since `came`. What came has come, even if the calendar does not reach the new date: then there is none yet, and
    /// ExplainDueTime says why.
    pub(super) fn resume(&mut self, came: Timestamp, rules: &Rules, at: &mut At<'_>) -> Fact {
        let due = rules.calendar.due(self.submitted_at, self.limit, &self.counted_pauses());
        self.due_at = due.ok().and_then(|due| due.at());
        self.remind(rules, at);
        Fact::Resumed(Box::new(self.clone()), came)
    }

    /// Ends the pause that stands, at an instant that another's clock gave: no pause ends before it began or after now.
    pub(super) fn end_pause(&mut self, came: Timestamp, now: Timestamp) -> Option<Timestamp> {
        let pause = &mut self.pauses.last_mut()?.pause;
        let came = came.clamp(pause.from, now.max(pause.from));
        pause.to = Some(came);
        Some(came)
    }

    /// What follows when the wait that stands now is over.
    fn over(&self, wait: Wait, rules: &Rules) -> Result<Outcome, Refusal> {
        let standing = self.standing().filter(|it| it.pause.reason == reason(wait));
        let standstill = standing.ok_or_else(not_awaited)?;
        match rules.process(self)?.step(&standstill.step).map(|step| &step.kind) {
            Some(StepKind::Wait { wait: awaited, over }) if *awaited == wait => Ok(over.clone()),
            _ => Err(not_awaited()),
        }
    }
}

fn reason(wait: Wait) -> PauseReason {
    match wait {
        Wait::Draw => PauseReason::CitizenStep,
        Wait::Payment => PauseReason::Payment,
    }
}

pub(super) fn not_awaited() -> Refusal {
    Refusal::new(
        Kind::Precondition,
        "NOT_AWAITED",
        "Hồ sơ hiện không chờ bước này; hãy đọc lại trạng thái hồ sơ.",
        "The case does not wait for this now; read it again.",
    )
}
