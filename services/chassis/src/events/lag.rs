//! How far a reader is behind a log, for the measures and for operators.

use std::time::Duration;

use sqlx::PgPool;

use super::log::Lag;
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
        let source = self.log.source;
        let lag = lag(&self.log, &self.pool, self.reader).await?;
        let seconds = lag.seconds(&self.clock).unsigned_abs();
        self.metrics.reader_lags(self.reader, source, lag.events, seconds);
        Ok(())
    }
}

/// How far `reader` is behind a log by its cursor, which lies in `pool`.
async fn lag(log: &Log, pool: &PgPool, reader: &str) -> Result<Lag, Failure> {
    let position = log.position().await.map_err(failed)?;
    let cursor = cursor::load(pool, log.source, reader, position).await.map_err(failed)?;
    log.end(&cursor).await.map_err(failed)?;
    log.lag(&cursor).await.map_err(failed)
}

impl Lag {
    /// How long ago the oldest fact behind the cursor happened, in whole seconds; 0 if there is none.
    pub(crate) fn seconds(&self, clock: &Clock) -> i64 {
        self.oldest.map_or(0, |oldest| clock.now().duration_since(oldest).as_secs().max(0))
    }
}

/// A log that a service follows.
#[derive(Clone, Debug)]
pub(crate) struct Followed {
    /// Whose log it is.
    pub(crate) source: &'static str,
    /// In whose name the cursor is kept.
    pub(crate) reader: &'static str,
    /// The log; none if a broker brings it.
    pub(crate) log: Option<Log>,
}

/// How far a reader has come.
pub(crate) enum Progress {
    /// It reads, and is so far behind.
    Behind(Lag),
    /// It takes nothing until a person has decided, for this reason.
    Stopped(String),
    /// The log cannot be asked now.
    Away,
    /// The broker knows.
    OverBroker,
}

impl Followed {
    /// How far it has come, as the reader itself would judge: a cursor that it would refuse is refused here.
    pub(crate) async fn progress(&self, pool: &PgPool) -> Progress {
        let Some(log) = &self.log else { return Progress::OverBroker };
        match lag(log, pool, self.reader).await {
            Ok(lag) => Progress::Behind(lag),
            Err(Failure::Broken(why)) => Progress::Stopped(why),
            Err(_) => Progress::Away,
        }
    }
}
