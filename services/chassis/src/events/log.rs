//! A service's log: the facts it published, read in the order of each stream.

use std::time::Duration;

use jiff::Timestamp;
use sqlx::PgPool;
use tokio::sync::watch;

use super::cursor::{Cursor, Position};
use super::{Bell, Event};
use crate::write::Stream;

/// The most facts read at once.
const PORTION: i64 = 512;

/// How long a reader waits to be woken before it looks by itself: the signals of other processes may be lost.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// Facts that a lag counts, at most.
const MOST_COUNTED: i64 = 100_000;

/// How far a reader is behind a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lag {
    /// Facts it has not taken, at most 100,000.
    pub(crate) events: u64,
    /// When the first of them happened.
    pub(crate) oldest: Option<Timestamp>,
}

/// The log of one service.
#[derive(Clone, Debug)]
pub struct Log {
    /// The service.
    pub source: &'static str,
    pub(super) pool: PgPool,
    pub(super) bell: Bell,
    /// Rung when other processes commit; see [`wake_across`](super::wake_across).
    pub(super) heard: Bell,
}

impl Log {
    /// The log of `source`, which lies in `pool` and whose commits ring `bell`.
    pub fn new(source: &'static str, pool: PgPool, bell: Bell) -> Self {
        Self { source, pool, bell, heard: Bell::new() }
    }

    /// The database it lies in.
    ///
    /// # Errors
    /// The database is away.
    pub async fn position(&self) -> sqlx::Result<Position> {
        let row = sqlx::query!(
            r#"select (select system_identifier from pg_control_system()) as "system!",
                      (select timeline_id from pg_control_checkpoint()) as "timeline!""#
        )
        .fetch_one(&self.pool)
        .await?;
        Ok(Position { system: row.system, timeline: row.timeline })
    }

    /// The next facts after `cursor`, at most a portion of them, and the cursor behind them. None means: nothing new.
    ///
    /// What overlapping transactions commit late is read late, never skipped, and facts of one stream come in their order: their
    /// transactions followed one another under the lock of its head.
    ///
    /// # Errors
    /// The database is away, or was restored to a moment before the cursor: then a protocol error says what to do.
    pub async fn read(&self, cursor: &Cursor) -> sqlx::Result<(Vec<Event>, Cursor)> {
        let upto = match &cursor.upto {
            Some(upto) => upto.clone(),
            None => self.end(cursor).await?,
        };
        let rows = sqlx::query!(
            r#"select id, event, stream, sequence, type as kind, subject, time, actor, agency, causation, traceparent, body
               from chassis.event
               where xid >= pg_snapshot_xmin($1::text::pg_snapshot)
                 and not pg_visible_in_snapshot(xid, $1::text::pg_snapshot)
                 and pg_visible_in_snapshot(xid, $2::text::pg_snapshot)
                 and id > $3
               order by id limit $4"#,
            cursor.done,
            upto,
            cursor.after,
            PORTION
        )
        .fetch_all(&self.pool)
        .await?;
        let next = match rows.last() {
            Some(last) if rows.len() as i64 == PORTION => {
                Cursor { done: cursor.done.clone(), upto: Some(upto), after: last.id }
            }
            _ => Cursor { done: upto, upto: None, after: 0 },
        };
        let events = rows.into_iter().map(|row| Event {
            id: row.event,
            source: self.source.into(),
            kind: row.kind,
            subject: row.subject,
            time: row.time.to_jiff(),
            stream: Stream(row.stream),
            sequence: row.sequence,
            agency: row.agency,
            actor: row.actor,
            causation: row.causation,
            traceparent: row.traceparent,
            body: row.body,
        });
        Ok((events.collect(), next))
    }

    /// Where the log ends now, if that is not before `cursor`.
    ///
    /// # Errors
    /// A protocol error if it is: the database was restored to an earlier moment, and a person must decide.
    pub(super) async fn end(&self, cursor: &Cursor) -> sqlx::Result<String> {
        let furthest = cursor.upto.as_ref().unwrap_or(&cursor.done);
        let row = sqlx::query!(
            r#"select now::text as "snapshot!",
                      pg_snapshot_xmax(now) >= pg_snapshot_xmax($1::text::pg_snapshot) as "reached!"
               from pg_current_snapshot() as now"#,
            furthest
        )
        .fetch_one(&self.pool)
        .await?;
        if row.reached {
            Ok(row.snapshot)
        } else {
            Err(sqlx::Error::Protocol(format!(
                "the log of {source} ends before what was read of it: its database was restored to an earlier moment. Restore the reader's \
                 database to that moment too; or, if what it took since may stand, delete its row for {source} in chassis.cursor, and the log \
                 is read from its beginning",
                source = self.source
            )))
        }
    }

    /// What of the log lies behind `cursor`.
    ///
    /// # Errors
    /// The database is away.
    pub(super) async fn lag(&self, cursor: &Cursor) -> sqlx::Result<Lag> {
        let row = sqlx::query!(
            r#"select count(*) as "events!", min(time) as oldest
               from (
                   select time from chassis.event
                   where xid >= pg_snapshot_xmin($1::text::pg_snapshot)
                     and not pg_visible_in_snapshot(xid, $1::text::pg_snapshot)
                     and not (id <= $3 and pg_visible_in_snapshot(xid, coalesce($2, $1)::text::pg_snapshot))
                   limit $4
               ) as behind"#,
            cursor.done,
            cursor.upto,
            cursor.after,
            MOST_COUNTED
        )
        .fetch_one(&self.pool)
        .await?;
        Ok(Lag { events: row.events.unsigned_abs(), oldest: row.oldest.map(|at| at.to_jiff()) })
    }

    /// The facts of one stream behind the number `after`, in order, without their bodies.
    ///
    /// # Errors
    /// The database is away.
    pub(crate) async fn of_stream(
        &self,
        stream: Stream,
        after: i64,
        most: i64,
    ) -> sqlx::Result<Vec<Event>> {
        let rows = sqlx::query!(
            "select event, sequence, type as kind, subject, time, actor, agency, causation, traceparent
             from chassis.event
             where stream = $1 and sequence > $2 order by sequence limit $3",
            stream.0,
            after,
            most
        )
        .fetch_all(&self.pool)
        .await?;
        let facts = rows.into_iter().map(|row| Event {
            id: row.event,
            source: self.source.into(),
            kind: row.kind,
            subject: row.subject,
            time: row.time.to_jiff(),
            stream,
            sequence: row.sequence,
            agency: row.agency,
            actor: row.actor,
            causation: row.causation,
            traceparent: row.traceparent,
            body: Vec::new(),
        });
        Ok(facts.collect())
    }

    /// Listens for commits from now on.
    pub(super) fn listener(&self) -> Listener {
        Listener(self.bell.listen(), self.heard.listen())
    }
}

/// Waits for something to read.
pub(super) struct Listener(watch::Receiver<u64>, watch::Receiver<u64>);

impl Listener {
    /// Returns when this or another process rang since the last time, or after a while.
    pub(super) async fn wait(&mut self) {
        tokio::select! {
            Ok(()) = self.0.changed() => {}
            Ok(()) = self.1.changed() => {}
            () = tokio::time::sleep(LOOK_AGAIN) => {}
        }
    }
}
