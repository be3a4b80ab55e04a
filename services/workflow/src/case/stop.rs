//! Stopping: a case ends without a result, for what its owner was to do was not done in time.

use jiff::Timestamp;
use proto::motcua::r#type::v1::{DossierStatus, StopReason};
use proto::motcua::workflow::v1::NumberState;

use super::{Case, Fact, Standstill};
use crate::working_time::{Pause, PauseReason};

impl Case {
    /// Stops for good as of the deadline that passed: what was drawn goes back, and the case ends. Who wants it after all files again.
    pub(super) fn stop(
        &mut self,
        why: StopReason,
        lapsed_at: Timestamp,
        now: Timestamp,
    ) -> Vec<Fact> {
        let returned = self.return_number();
        let from = self.stand_stopped(lapsed_at, now);
        let stopped = Fact::Stopped { case: Box::new(self.clone()), why, at: from };
        let paused = Fact::Paused(Box::new(self.clone()));
        let ended = self.end(now, now);
        returned.into_iter().chain([stopped, paused]).chain(ended).collect()
    }

    /// Nobody gets the number before its pool's next epoch.
    pub(super) fn return_number(&mut self) -> Option<Fact> {
        self.draw.as_mut()?.state = NumberState::Returned;
        Some(Fact::NumberReturned(Box::new(self.clone())))
    }

    /// From the lapse on the clock stands because processing was stopped, no longer for what was waited for.
    fn stand_stopped(&mut self, lapsed_at: Timestamp, now: Timestamp) -> Timestamp {
        let step = self.pauses.last().map(|standstill| standstill.step.clone()).unwrap_or_default();
        let from = self.end_pause(lapsed_at, now).unwrap_or(now);
        let pause = Pause { from, to: None, reason: PauseReason::Stopped };
        self.pauses.push(Standstill { step, pause, asked: None });
        self.status = DossierStatus::ProcessingStopped;
        from
    }
}
