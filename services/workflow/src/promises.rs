//! How the dates that were promised are kept, as measures; they name no agency and no case.

use std::sync::Arc;
use std::time::Duration;

use chassis::clock::Clock;
use chassis::refusal::Failure;
use chassis::service::{BoxError, periodically};
use chassis::telemetry::{Gauge, Metrics};
use jiff::Timestamp;

use crate::rules::Rules;
use crate::store::{CaseStore, Promised};
use crate::working_time::Calendar;

/// How often it is measured: it changes with the hours of an office.
const PAUSE: Duration = Duration::from_secs(60);

/// What is due within so many minutes of working time, a working day, is due soon.
const SOON: u32 = 8 * 60;

/// Whoever measures it.
pub struct Promises {
    store: CaseStore,
    rules: Arc<Rules>,
    clock: Clock,
    results: Gauge,
    longest: Gauge,
}

impl Promises {
    /// Over these measures.
    ///
    /// # Errors
    /// They are measured by another already.
    pub fn new(
        store: CaseStore,
        rules: Arc<Rules>,
        clock: Clock,
        metrics: &Metrics,
    ) -> Result<Self, BoxError> {
        let results = metrics.gauge(
            (
                "motcua_workflow_promised_results",
                "Results that are promised and not issued: late, due soon (within a working day), or later.",
            ),
            &["due"],
        )?;
        let longest = metrics.gauge(
            (
                "motcua_workflow_longest_late_seconds",
                "How late the result is that is late the longest.",
            ),
            &[],
        )?;
        Ok(Self { store, rules, clock, results, longest })
    }

    /// Measures for as long as it is polled.
    pub async fn run(self) {
        periodically("promised results", PAUSE, || self.measure()).await;
    }

    async fn measure(&self) -> Result<(), Failure> {
        let now = self.clock.now();
        let promised = self.store.promised(now, soon(&self.rules.calendar, now)).await?;
        self.show(&promised, now);
        Ok(())
    }

    fn show(&self, promised: &Promised, now: Timestamp) {
        let Promised { late, soon, later, first } = *promised;
        for (due, results) in [("late", late), ("soon", soon), ("later", later)] {
            self.results.set(&[due], results.unsigned_abs());
        }
        let ago = first.map_or(0, |due| now.duration_since(due).as_secs());
        self.longest.set(&[], ago.max(0).unsigned_abs());
    }
}

/// Until when what is due is due soon. Nothing is promised for after the calendar's end: near it, everything is due soon.
fn soon(calendar: &Calendar, now: Timestamp) -> Timestamp {
    calendar.add_working_minutes(now, SOON).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests;
