//! Timers that were not taken in time, for operators.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgPool;
use uuid::Uuid;

/// A timer that is overdue or was put aside.
#[derive(Clone, Debug)]
pub(crate) struct Late {
    /// The stream that set it.
    pub(crate) stream: Uuid,
    /// What is to be decided.
    pub(crate) kind: String,
    /// When it fell due.
    pub(crate) due_at: Timestamp,
    /// When it was put aside; none while it waits.
    pub(crate) failed_at: Option<Timestamp>,
    /// Why it was.
    pub(crate) detail: String,
}

/// Timers that were put aside or were due before `overdue`, behind the stream and kind `after`, in their order.
pub(crate) async fn late(
    pool: &PgPool,
    overdue: Timestamp,
    after: &(Uuid, String),
    most: i64,
) -> sqlx::Result<Vec<Late>> {
    let rows = sqlx::query!(
        "select stream, kind, due_at, failed_at, detail
         from chassis.timer
         where (failed_at is not null or due_at < $1) and (stream, kind) > ($2, $3)
         order by stream, kind limit $4",
        overdue.to_sqlx() as _,
        after.0,
        after.1,
        most
    )
    .fetch_all(pool)
    .await?;
    let timers = rows.into_iter().map(|row| Late {
        stream: row.stream,
        kind: row.kind,
        due_at: row.due_at.to_jiff(),
        failed_at: row.failed_at.map(|at| at.to_jiff()),
        detail: row.detail.unwrap_or_default(),
    });
    Ok(timers.collect())
}

/// Has every timer of a kind that was put aside taken again. Returns how many.
pub(crate) async fn retry(pool: &PgPool, kind: &str) -> sqlx::Result<u64> {
    let retried = sqlx::query!(
        "update chassis.timer set failed_at = null, detail = null
         where kind = $1 and failed_at is not null",
        kind
    );
    Ok(retried.execute(pool).await?.rows_affected())
}
