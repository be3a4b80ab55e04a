//! How much money waits in suspense, and how long, as measures; they name no dossier.

use std::time::Duration;

use chassis::clock::Clock;
use chassis::database::failed;
use chassis::refusal::Failure;
use chassis::service::{BoxError, periodically};
use chassis::telemetry::{Gauge, Metrics};
use jiff::Timestamp;
use proto::motcua::payment::v1::UnmatchedReason;

use crate::store::{FolioStore, InSuspense};

/// How often it is measured.
const PAUSE: Duration = Duration::from_secs(30);

/// Whoever measures it.
pub struct Suspense {
    store: FolioStore,
    clock: Clock,
    dong: Gauge,
    transfers: Gauge,
    oldest: Gauge,
}

impl Suspense {
    /// Over these measures.
    ///
    /// # Errors
    /// They are measured by another already.
    pub fn new(store: FolioStore, clock: Clock, metrics: &Metrics) -> Result<Self, BoxError> {
        let gauge = |name, help| metrics.gauge((name, help), &["reason"]);
        Ok(Self {
            store,
            clock,
            dong: gauge("motcua_payment_suspense_dong", "Money in suspense, in VND.")?,
            transfers: gauge("motcua_payment_suspense_transfers", "Transfers in suspense.")?,
            oldest: gauge(
                "motcua_payment_suspense_oldest_seconds",
                "How long the transfer waits in suspense that waits the longest.",
            )?,
        })
    }

    /// Measures for as long as it is polled.
    pub async fn run(self) {
        periodically("money in suspense", PAUSE, || self.measure()).await;
    }

    async fn measure(&self) -> Result<(), Failure> {
        let waits = self.store.in_suspense().await.map_err(failed)?;
        self.show(&waits, self.clock.now());
        Ok(())
    }

    /// Every reason, nought where nothing waits for it.
    fn show(&self, waits: &[InSuspense], now: Timestamp) {
        for reason in reasons() {
            let word = &*label(reason);
            let found = waits.iter().find(|it| it.reason == reason);
            let ago = found.map_or(0, |it| now.duration_since(it.since).as_secs());
            self.dong.set(&[word], found.map_or(0, |it| it.dong.unsigned_abs()));
            self.transfers.set(&[word], found.map_or(0, |it| it.transfers.unsigned_abs()));
            self.oldest.set(&[word], ago.max(0).unsigned_abs());
        }
    }
}

/// Every reason of the contract.
fn reasons() -> impl Iterator<Item = UnmatchedReason> {
    (1..).map_while(|number| UnmatchedReason::try_from(number).ok())
}

/// As measures show it: `double`.
fn label(reason: UnmatchedReason) -> String {
    reason.as_str_name().trim_start_matches("UNMATCHED_REASON_").to_lowercase()
}

#[cfg(test)]
mod tests;
