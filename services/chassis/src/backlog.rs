//! What waits in a service's database, for the measures and for operators.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::SignedDuration;
use jiff_sqlx::ToSqlx;
use sqlx::PgPool;

use crate::clock::Clock;
use crate::telemetry::Metrics;

/// How often it is counted.
const LOOK: Duration = Duration::from_secs(10);

/// A timer due for longer than this is overdue: sweepers look every second.
pub(crate) const OVERDUE: SignedDuration = SignedDuration::from_secs(10);

/// Whoever counts what waits.
pub struct Backlog {
    /// The service.
    pub service: &'static str,
    /// Its database.
    pub pool: PgPool,
    /// Tells what is overdue.
    pub clock: Clock,
    /// Where it is shown.
    pub metrics: Metrics,
}

/// Kinds met so far, with those that wait and those that failed: one that has gone is shown as nought.
pub(crate) type Kinds = BTreeMap<String, (u64, u64)>;

impl Backlog {
    /// Counts for as long as it is polled.
    pub async fn run(self) {
        let (mut jobs, mut timers) = (Kinds::new(), Kinds::new());
        loop {
            self.count_connections();
            if let Err(error) = self.count(&mut jobs, &mut timers).await {
                tracing::warn!(%error, service = self.service, "it is not known what waits");
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn count(&self, jobs: &mut Kinds, timers: &mut Kinds) -> sqlx::Result<()> {
        self.count_letters().await?;
        renew(jobs, self::jobs(&self.pool).await?);
        renew(timers, self::timers(&self.pool, &self.clock).await?);
        for (kind, (waiting, failed)) in jobs {
            self.metrics.jobs_wait(self.service, kind, *waiting, *failed);
        }
        for (kind, (overdue, failed)) in timers {
            self.metrics.timers_wait(self.service, kind, *overdue, *failed);
        }
        Ok(())
    }

    fn count_connections(&self) {
        let idle = u64::try_from(self.pool.num_idle()).unwrap_or(u64::MAX);
        let used = u64::from(self.pool.size()).saturating_sub(idle);
        self.metrics.pooled(self.service, used, idle);
    }

    async fn count_letters(&self) -> sqlx::Result<()> {
        let row = sqlx::query!(
            r#"select count(*) as "letters!", count(distinct stream) as "streams!" from chassis.dead_letter"#
        )
        .fetch_one(&self.pool)
        .await?;
        self.metrics.dead_letters_lie(self.service, row.letters.unsigned_abs());
        self.metrics.streams_parked(self.service, row.streams.unsigned_abs());
        Ok(())
    }
}

/// Jobs by kind: those that wait, and those that were given up.
pub(crate) async fn jobs(pool: &PgPool) -> sqlx::Result<Kinds> {
    let rows = sqlx::query!(
        r#"select kind, count(*) filter (where failed_at is null) as "waiting!",
                  count(failed_at) as "failed!"
           from chassis.job group by kind"#
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|row| (row.kind, counts(row.waiting, row.failed))).collect())
}

/// Timers by kind: those overdue, and those put aside.
pub(crate) async fn timers(pool: &PgPool, clock: &Clock) -> sqlx::Result<Kinds> {
    let rows = sqlx::query!(
        r#"select kind as "kind!", sum(overdue)::bigint as "overdue!", sum(failed)::bigint as "failed!"
           from (
               select kind, count(*) as overdue, 0 as failed from chassis.timer
               where failed_at is null and due_at < $1 group by kind
               union all
               select kind, 0, count(*) from chassis.timer
               where failed_at is not null group by kind
           ) as counted
           group by kind"#,
        (clock.now() - OVERDUE).to_sqlx() as _
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|row| (row.kind, counts(row.overdue, row.failed))).collect())
}

fn counts(waiting: i64, failed: i64) -> (u64, u64) {
    (waiting.unsigned_abs(), failed.unsigned_abs())
}

fn renew(known: &mut Kinds, counted: Kinds) {
    known.values_mut().for_each(|counts| *counts = (0, 0));
    known.extend(counted);
}
