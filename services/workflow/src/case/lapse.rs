//! A fee was not paid in time: what was held for it goes back, and processing stops.

use chassis::refusal::Refusal;
use chassis::write::{At, Command, Decided, Stream};
use jiff::Timestamp;
use proto::motcua::r#type::v1::DossierStatus;
use proto::motcua::workflow::v1::NumberState;
use uuid::Uuid;

use super::course::not_awaited;
use super::paid::not_owed;
use super::{Case, Fact, Standstill};
use crate::process::Wait;
use crate::rules::Rules;
use crate::working_time::{Pause, PauseReason};

/// Stops a case whose fee can no longer be paid, as InvoiceExpired asks for it.
#[derive(Clone, Debug)]
pub struct LapseFee {
    /// The case.
    pub id: Uuid,
    /// What was not paid.
    pub obligation: Uuid,
    /// The deadline that passed.
    pub lapsed_at: Timestamp,
}

impl Command for LapseFee {
    const NAME: &'static str = "LapseFee";
    type Root = Case;
    type Answer = ();

    fn stream(&self) -> Stream {
        Stream(self.id)
    }

    /// The case ends: who wants it after all files again.
    fn decide(
        &self,
        before: Option<&Case>,
        rules: &Rules,
        at: &mut At<'_>,
    ) -> Result<Decided<Case, ()>, Refusal> {
        let case = before.filter(|case| case.obligation == Some(self.obligation));
        let case = case.ok_or_else(not_owed)?;
        if !case.awaits(Wait::Payment, rules) {
            return Err(not_awaited());
        }
        let mut case = Case { revision: case.revision + 1, ..case.clone() };
        let returned = case.return_number();
        let stopped = case.stop(self.lapsed_at, at.now);
        let ended = case.end(at.now, at.now);
        let facts = returned.into_iter().chain(stopped).chain(ended).collect();
        Ok(Decided { after: case, facts, answer: () })
    }
}

impl Case {
    /// Nobody gets the number before its pool's next epoch.
    fn return_number(&mut self) -> Option<Fact> {
        self.draw.as_mut()?.state = NumberState::Returned;
        Some(Fact::NumberReturned(Box::new(self.clone())))
    }

    /// From the lapse on the clock stands because processing was stopped, no longer for the payment.
    fn stop(&mut self, lapsed_at: Timestamp, now: Timestamp) -> Option<Fact> {
        let step = self.pauses.last()?.step.clone();
        let from = self.end_pause(lapsed_at, now)?;
        let pause = Pause { from, to: None, reason: PauseReason::Stopped };
        self.pauses.push(Standstill { step, pause });
        self.status = DossierStatus::ProcessingStopped;
        Some(Fact::Paused(Box::new(self.clone())))
    }
}
