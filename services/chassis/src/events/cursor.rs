//! How far a reader has come in a log.
//!
//! Not a number: ids are handed out before commits, so a reader that remembers "the last id" skips what commits late. A cursor is the
//! snapshot up to which everything has been taken, and while the next stretch is being read in portions, where it ends and how far the
//! reader is. Kept in the reader's database.

use sqlx::PgPool;

/// A place in a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// `pg_snapshot`: everything visible in it has been taken.
    pub(super) done: String,
    /// `pg_snapshot` being read towards; none between two stretches.
    pub(super) upto: Option<String>,
    /// Of the present stretch, everything up to this id has been taken.
    pub(super) after: i64,
}

impl Cursor {
    /// Before the first fact.
    pub fn beginning() -> Self {
        Self { done: "1:1:".into(), upto: None, after: 0 }
    }
}

/// The database a log lies in: snapshots of one mean nothing in another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// System identifier of the cluster.
    pub system: i64,
    /// Timeline; a fail-over or restore begins another.
    pub timeline: i32,
}

/// Reads the cursor of `reader` in the log of `source`; the beginning if it has none yet.
///
/// # Errors
/// A protocol error if the cursor is of another database or timeline than the log: facts may have been lost there, and a person must
/// decide.
pub(super) async fn load(
    pool: &PgPool,
    source: &str,
    reader: &str,
    log: Position,
) -> sqlx::Result<Cursor> {
    let row = sqlx::query!(
        "select system, timeline, done, upto, after from chassis.cursor where source = $1 and reader = $2",
        source,
        reader
    )
    .fetch_optional(pool)
    .await?;
    let Some(row) = row else { return Ok(Cursor::beginning()) };
    let known = Position { system: row.system, timeline: row.timeline };
    if known == log {
        Ok(Cursor { done: row.done, upto: row.upto, after: row.after })
    } else {
        Err(sqlx::Error::Protocol(format!(
            "the cursor of {reader} in the log of {source} is of {known:?}, the log of {log:?}: the log was restored or failed over. If nothing \
             that {reader} took was lost there, delete that row of chassis.cursor, and the log is read from its beginning"
        )))
    }
}

/// Keeps a cursor.
pub(super) async fn save(
    pool: &PgPool,
    source: &str,
    reader: &str,
    log: Position,
    cursor: &Cursor,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into chassis.cursor (source, reader, system, timeline, done, upto, after)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (source, reader) do update
         set system = excluded.system, timeline = excluded.timeline,
             done = excluded.done, upto = excluded.upto, after = excluded.after",
        source,
        reader,
        log.system,
        log.timeline,
        cursor.done,
        cursor.upto,
        cursor.after
    )
    .execute(pool)
    .await?;
    Ok(())
}
