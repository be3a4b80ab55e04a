//! Jobs that do not go well, for operators.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgPool;
use uuid::Uuid;

/// A job of which an attempt failed.
#[derive(Clone, Debug)]
pub(crate) struct Troubled {
    /// Its id.
    pub(crate) id: Uuid,
    /// What has to be done.
    pub(crate) kind: String,
    /// The stream that asked for it.
    pub(crate) stream: Uuid,
    /// When it was asked for.
    pub(crate) scheduled_at: Timestamp,
    /// From when it may be claimed.
    pub(crate) due_at: Timestamp,
    /// Attempts begun.
    pub(crate) attempts: i32,
    /// When it was given up; none while it is tried.
    pub(crate) failed_at: Option<Timestamp>,
    /// The last error.
    pub(crate) detail: String,
}

/// Jobs of which an attempt failed, behind the id `after`, in its order.
pub(crate) async fn troubled(pool: &PgPool, after: Uuid, most: i64) -> sqlx::Result<Vec<Troubled>> {
    let rows = sqlx::query!(
        "select id, kind, stream, scheduled_at, due_at, attempt, failed_at, detail
         from chassis.job
         where (failed_at is not null or detail is not null) and id > $1
         order by id limit $2",
        after,
        most
    )
    .fetch_all(pool)
    .await?;
    let jobs = rows.into_iter().map(|row| Troubled {
        id: row.id,
        kind: row.kind,
        stream: row.stream,
        scheduled_at: row.scheduled_at.to_jiff(),
        due_at: row.due_at.to_jiff(),
        attempts: row.attempt,
        failed_at: row.failed_at.map(|at| at.to_jiff()),
        detail: row.detail.unwrap_or_default(),
    });
    Ok(jobs.collect())
}

/// Has every job of a kind that was given up tried again from `now` on, attempts counted from 1. Returns how many.
pub(crate) async fn retry(pool: &PgPool, kind: &str, now: Timestamp) -> sqlx::Result<u64> {
    let retried = sqlx::query!(
        "update chassis.job set failed_at = null, attempt = 0, due_at = $2
         where kind = $1 and failed_at is not null",
        kind,
        now.to_sqlx() as _
    );
    Ok(retried.execute(pool).await?.rows_affected())
}
