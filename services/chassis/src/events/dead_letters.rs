//! Events that could not be taken, and those that wait behind them.

use jiff_sqlx::ToSqlx;
use sqlx::PgPool;
use sqlx::types::Json;

use super::Event;
use crate::clock::Clock;
use crate::database::failed;
use crate::refusal::Failure;
use crate::write::Stream;

/// Why an event lies here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// It failed by itself: undecodable, panicking or breaking a constraint.
    Poison,
    /// One before it is missing.
    Gap,
    /// Its stream was parked.
    Waiting,
}

impl Cause {
    /// The word in tables and metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Poison => "poison",
            Self::Gap => "gap",
            Self::Waiting => "waiting",
        }
    }
}

/// Where an event stands before the head of its stream.
pub(super) enum Standing {
    /// It was taken before.
    Behind,
    /// Its stream is parked.
    Parked,
    /// Its turn is now or later.
    Ahead,
}

/// The dead letters of one service.
#[derive(Clone, Debug)]
pub struct DeadLetters {
    pool: PgPool,
    clock: Clock,
}

impl DeadLetters {
    /// Those in a service's database.
    pub fn new(pool: PgPool, clock: Clock) -> Self {
        Self { pool, clock }
    }

    pub(super) fn clock(&self) -> &Clock {
        &self.clock
    }

    pub(super) fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// How an event stands to the head of its stream, which has not judged it.
    ///
    /// # Errors
    /// The database is away.
    pub(super) async fn standing(&self, event: &Event) -> Result<Standing, Failure> {
        let head = sqlx::query!(
            r#"select (seen ->> $1)::bigint as "seen", parked from chassis.head where stream = $2"#,
            event.source,
            event.stream.0
        )
        .fetch_optional(&self.pool)
        .await
        .map_err(failed)?;
        Ok(match head {
            Some(head) if head.seen.is_some_and(|seen| event.sequence <= seen) => Standing::Behind,
            Some(head) if head.parked => Standing::Parked,
            _ => Standing::Ahead,
        })
    }

    /// Parks the stream of an event and puts the event here, in one commit. A letter that waited is given its own cause.
    ///
    /// # Errors
    /// The database is away.
    pub(super) async fn park(
        &self,
        event: &Event,
        cause: Cause,
        detail: &str,
    ) -> Result<(), Failure> {
        tracing::error!(
            event = event.kind, dossier = %event.stream.0, sequence = event.sequence,
            cause = cause.name(), detail, "an event could not be taken; its stream is parked"
        );
        sqlx::query!(
            "with parked as (
                 insert into chassis.head (stream, parked) values ($2, true)
                 on conflict (stream) do update set parked = true
             )
             insert into chassis.dead_letter
                 (source, stream, sequence, cause, detail, parked_at, event, body, failures)
             values ($1, $2, $3, $4, $5, $6, $7, $8, 1)
             on conflict (source, stream, sequence) do update
             set cause = excluded.cause, detail = excluded.detail, failures = dead_letter.failures + 1
             where excluded.cause <> 'waiting'",
            event.source,
            event.stream.0,
            event.sequence,
            cause.name(),
            detail,
            self.clock.now().to_sqlx() as _,
            Json(event) as _,
            event.body
        )
        .execute(&self.pool)
        .await
        .map_err(failed)?;
        Ok(())
    }

    /// The letters of a stream from one source, in order; at most 1,000.
    pub(super) async fn of(&self, source: &str, stream: Stream) -> Result<Vec<Event>, Failure> {
        let rows = sqlx::query!(
            r#"select event as "event: Json<Event>", body from chassis.dead_letter
               where source = $1 and stream = $2 order by sequence limit 1000"#,
            source,
            stream.0
        )
        .fetch_all(&self.pool)
        .await
        .map_err(failed)?;
        Ok(rows.into_iter().map(|row| Event { body: row.body, ..row.event.0 }).collect())
    }

    /// Puts an event behind the others of its parked stream. Returns whether it lies there now: a stream that was unparked meanwhile
    /// takes the event itself.
    ///
    /// # Errors
    /// The database is away.
    pub(super) async fn wait(&self, event: &Event) -> Result<bool, Failure> {
        let found = sqlx::query_scalar!(
            r#"with parked as materialized (
                   select stream from chassis.head where stream = $2 and parked for update
               ), waiting as (
                   insert into chassis.dead_letter (source, stream, sequence, cause, detail, parked_at, event, body)
                   select $1, stream, $3, 'waiting', '', $4, $5, $6 from parked
                   on conflict (source, stream, sequence) do nothing
               )
               select count(*) as "count!" from parked"#,
            event.source,
            event.stream.0,
            event.sequence,
            self.clock.now().to_sqlx() as _,
            Json(event) as _,
            event.body
        )
        .fetch_one(&self.pool)
        .await
        .map_err(failed)?;
        Ok(found > 0)
    }

    /// Lets events of a stream pass again if none of it lies here, of whatever source. Returns whether none of `source` does. The lock of
    /// the head keeps letters from joining meanwhile.
    ///
    /// # Errors
    /// The database is away.
    pub(super) async fn unpark(&self, source: &str, stream: Stream) -> Result<bool, Failure> {
        let unparked = async {
            let mut transaction = self.pool.begin().await?;
            sqlx::query!(
                "select 1 as one from chassis.head where stream = $1 for update",
                stream.0
            )
            .fetch_optional(&mut *transaction)
            .await?;
            // A statement later than the lock: it sees the letters of those whom the lock waited for.
            let passed = sqlx::query_scalar!(
                r#"with unparked as (
                       update chassis.head set parked = false
                       where stream = $1 and parked
                         and not exists (select from chassis.dead_letter where stream = $1)
                   )
                   select not exists (
                       select from chassis.dead_letter where stream = $1 and source = $2
                   ) as "passed!""#,
                stream.0,
                source
            )
            .fetch_one(&mut *transaction)
            .await?;
            transaction.commit().await?;
            Ok(passed)
        };
        unparked.await.map_err(failed)
    }

    /// Takes a letter away that took effect.
    pub(super) async fn remove(&self, event: &Event) -> Result<(), Failure> {
        sqlx::query!(
            "delete from chassis.dead_letter where source = $1 and stream = $2 and sequence = $3",
            event.source,
            event.stream.0,
            event.sequence
        )
        .execute(&self.pool)
        .await
        .map_err(failed)?;
        Ok(())
    }

    /// How many streams are parked.
    ///
    /// # Errors
    /// The database is away.
    pub async fn parked_streams(&self) -> Result<u64, Failure> {
        let count = sqlx::query_scalar!(
            r#"select count(distinct stream) as "count!" from chassis.dead_letter"#
        )
        .fetch_one(&self.pool)
        .await
        .map_err(failed)?;
        Ok(count.unsigned_abs())
    }
}
