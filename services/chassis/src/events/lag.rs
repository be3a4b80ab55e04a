//! How far a reader is behind a log, for the measures.

use std::time::Duration;

use sqlx::PgPool;

use super::{Log, cursor};
use crate::clock::Clock;
use crate::database::failed;
use crate::refusal::Failure;
use crate::telemetry::Metrics;

/// How often it is looked at.
const LOOK: Duration = Duration::from_secs(10);

/// Whoever looks how far a reader is behind: apart from the reader, which may be stopped.
#[derive(Clone, Debug)]
pub struct Watch {
    /// The log.
    pub log: Log,
    /// Where the cursor lies.
    pub pool: PgPool,
    /// Who reads.
    pub reader: &'static str,
    /// Tells how long ago a fact happened.
    pub clock: Clock,
    /// Where it is shown.
    pub metrics: Metrics,
}

impl Watch {
    /// Looks for as long as it is polled.
    pub async fn run(self) {
        loop {
            if let Err(error) = self.look().await {
                let (reader, source) = (self.reader, self.log.source);
                tracing::warn!(%error, reader, source, "it is not known how far the reader is");
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn look(&self) -> Result<(), Failure> {
        let position = self.log.position().await.map_err(failed)?;
        let source = self.log.source;
        let cursor =
            cursor::load(&self.pool, source, self.reader, position).await.map_err(failed)?;
        let lag = self.log.lag(&cursor).await.map_err(failed)?;
        let behind =
            lag.oldest.map_or(0, |oldest| self.clock.now().duration_since(oldest).as_secs());
        let seconds = u64::try_from(behind).unwrap_or_default();
        self.metrics.reader_lags(self.reader, source, lag.events, seconds);
        Ok(())
    }
}
