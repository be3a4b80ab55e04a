//! A service's log: the facts it published, read in the order of each stream.

use std::time::Duration;

use sqlx::PgPool;

use super::cursor::{Cursor, Position};
use super::{Bell, Event};
use crate::write::Stream;

/// The most facts read at once.
const PORTION: i64 = 512;

/// How long a reader waits for the bell before it looks by itself: commits of other processes ring no bell here.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// The log of one service.
#[derive(Clone, Debug)]
pub struct Log {
    /// The service.
    pub source: &'static str,
    pool: PgPool,
    bell: Bell,
}

impl Log {
    /// The log of `source`, which lies in `pool` and whose commits ring `bell`.
    pub fn new(source: &'static str, pool: PgPool, bell: Bell) -> Self {
        Self { source, pool, bell }
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
    /// The database is away.
    pub async fn read(&self, cursor: &Cursor) -> sqlx::Result<(Vec<Event>, Cursor)> {
        let upto = match &cursor.upto {
            Some(upto) => upto.clone(),
            None => self.snapshot().await?,
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

    async fn snapshot(&self) -> sqlx::Result<String> {
        sqlx::query_scalar!(r#"select pg_current_snapshot()::text as "snapshot!""#)
            .fetch_one(&self.pool)
            .await
    }

    /// Listens for commits from now on.
    pub(super) fn listener(&self) -> Listener {
        Listener(self.bell.listen())
    }
}

/// Waits for something to read.
pub(super) struct Listener(tokio::sync::watch::Receiver<u64>);

impl Listener {
    /// Returns when the bell rang since the last time, or after a while.
    pub(super) async fn wait(&mut self) {
        let _ = tokio::time::timeout(LOOK_AGAIN, self.0.changed()).await;
    }
}
