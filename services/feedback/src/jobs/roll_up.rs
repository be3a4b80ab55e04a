//! Rolling up: what was said becomes what the public reads.

use std::time::Duration;

use chassis::events::Bell;
use chassis::refusal::Failure;

use crate::store::Counters;

/// The pause between two turns: so far counters are behind while many rate.
const PAUSE: Duration = Duration::from_secs(1);

/// After this long a turn is taken unasked: what another process said rings no bell here.
const LOOK_AGAIN: Duration = Duration::from_secs(60);

/// Counts what was said. Several may do so at once, in one process or many.
pub struct RollUp {
    /// Where it is counted.
    pub counters: Counters,
    /// Rung when something was said.
    pub bell: Bell,
}

impl RollUp {
    /// Works for as long as it is polled. What a turn that was cut off did not commit, the next one counts.
    pub async fn run(self) {
        let mut bell = self.bell.listen();
        loop {
            if let Err(error) = self.catch_up().await {
                tracing::warn!(%error, "satisfaction cannot be counted now");
            }
            tokio::time::sleep(PAUSE).await;
            // A bell that is gone or silent: it is time anyway.
            let _ = tokio::time::timeout(LOOK_AGAIN, bell.changed()).await;
        }
    }

    async fn catch_up(&self) -> Result<(), Failure> {
        while self.counters.roll_up().await? > 0 {}
        Ok(())
    }
}
