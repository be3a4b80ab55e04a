//! Carriers bring a publisher's facts to a sink. Which one is chosen in one place, at process start.

use std::collections::HashMap;
use std::time::Duration;

use futures::future::BoxFuture;
use sqlx::PgPool;

use super::lag::Watch;
use super::{Cursor, Log, Position, Sink, cursor};
use crate::database::failed;
use crate::refusal::Failure;
use crate::telemetry::Metrics;

/// The longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Brings facts to sinks.
pub trait Carrier: Send + Sync {
    /// Carries the facts of the sink's source to it, from where it left off, for as long as the future is polled.
    /// `pool` is the consumer's database. Failures are logged and tried again.
    fn carry(&self, sink: Sink, pool: PgPool) -> BoxFuture<'static, ()>;

    /// The log of `source`, if it is read here and not brought by a broker.
    fn log(&self, source: &str) -> Option<Log>;
}

/// Reads the publishers' logs directly: for all services in one process.
#[derive(Clone, Debug, Default)]
pub struct LogCarrier {
    logs: HashMap<&'static str, Log>,
}

impl LogCarrier {
    /// A carrier of these logs.
    pub fn new(logs: impl IntoIterator<Item = Log>) -> Self {
        Self { logs: logs.into_iter().map(|log| (log.source, log)).collect() }
    }
}

impl Carrier for LogCarrier {
    fn carry(&self, sink: Sink, pool: PgPool) -> BoxFuture<'static, ()> {
        let log = self.logs.get(sink.source()).cloned();
        Box::pin(async move {
            let Some(log) = log else {
                tracing::error!(source = sink.source(), "no such log is carried here");
                return;
            };
            let work = || follow(log.clone(), sink.clone(), pool.clone());
            let carrying = again_and_again(sink.service(), log.source, sink.metrics(), work);
            let watch = Watch {
                log: log.clone(),
                pool: pool.clone(),
                reader: sink.service(),
                clock: sink.clock().clone(),
                metrics: sink.metrics().clone(),
            };
            tokio::join!(carrying, watch.run());
        })
    }

    fn log(&self, source: &str) -> Option<Log> {
        self.logs.get(source).cloned()
    }
}

/// Follows a log until something fails.
async fn follow(log: Log, sink: Sink, pool: PgPool) -> Result<(), Failure> {
    let mut listener = log.listener();
    let (position, mut cursor) = resume(&log, &pool, sink.service(), sink.metrics()).await?;
    sink.join();
    loop {
        let (events, next) = log.read(&cursor).await.map_err(failed)?;
        if events.is_empty() {
            cursor = next;
            listener.wait().await;
            continue;
        }
        sink.take(&events).await?;
        cursor::save(&pool, log.source, sink.service(), position, &next).await.map_err(failed)?;
        cursor = next;
    }
}

/// Where a reader goes on in a log: only in one that has come as far as the reader.
pub(super) async fn resume(
    log: &Log,
    pool: &PgPool,
    reader: &str,
    metrics: &Metrics,
) -> Result<(Position, Cursor), Failure> {
    let position = log.position().await.map_err(failed)?;
    let cursor = cursor::load(pool, log.source, reader, position).await.map_err(failed)?;
    log.end(&cursor).await.map_err(failed)?;
    metrics.reader_stopped(reader, log.source, false);
    Ok((position, cursor))
}

/// Runs `work` whenever it fails, after a pause that grows.
pub(super) async fn again_and_again<W>(
    service: &str,
    source: &str,
    metrics: &Metrics,
    work: impl Fn() -> W,
) where
    W: Future<Output = Result<(), Failure>> + Send,
{
    let mut pause = Duration::from_millis(50);
    loop {
        let began = tokio::time::Instant::now();
        match work().await {
            Ok(()) => {}
            Err(Failure::Broken(why)) => {
                metrics.reader_stopped(service, source, true);
                tracing::error!(
                    service,
                    source,
                    why,
                    "facts do not flow until an operator decides"
                );
            }
            Err(failure) => {
                tracing::warn!(service, source, %failure, "facts do not flow; trying again");
            }
        }
        if began.elapsed() > LONGEST_PAUSE {
            pause = Duration::from_millis(50);
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}
