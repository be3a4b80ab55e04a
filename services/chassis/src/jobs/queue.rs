//! The SQL of jobs.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde_json::Value;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::{Lease, NewJob};
use crate::write::Stream;

/// A job that a worker holds.
pub struct Claimed {
    /// By which right.
    pub lease: Lease,
    /// The stream of the command that ends it.
    pub stream: Stream,
    /// What it needs to know.
    pub body: Value,
    /// The trace it belongs to.
    pub traceparent: Option<String>,
}

/// Claims up to `most` jobs of a kind that are due, the longest due first. They are free again after `lease`.
pub async fn claim(
    pool: &PgPool,
    kind: &str,
    most: i64,
    now: Timestamp,
    lease: Duration,
) -> sqlx::Result<Vec<Claimed>> {
    let rows = sqlx::query!(
        "with due as (
             select id from chassis.job
             where kind = $1 and due_at <= $2 and failed_at is null
             order by due_at limit $3
             for update skip locked
         )
         update chassis.job as job
         set due_at = $4, attempt = job.attempt + 1, token = job.token + 1
         from due where job.id = due.id
         returning job.id, job.stream, job.body, job.traceparent, job.attempt, job.token",
        kind,
        now.to_sqlx() as _,
        most,
        (now + lease).to_sqlx() as _,
    )
    .fetch_all(pool)
    .await?;
    let claimed = rows.into_iter().map(|row| Claimed {
        lease: Lease { id: row.id, attempt: row.attempt, token: row.token },
        stream: Stream(row.stream),
        body: row.body,
        traceparent: row.traceparent,
    });
    Ok(claimed.collect())
}

/// Has a job tried again at `due`, if the lease still holds.
pub async fn put_off(
    pool: &PgPool,
    lease: &Lease,
    due: Timestamp,
    detail: &str,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update chassis.job set due_at = $3, detail = left($4, 500) where id = $1 and token = $2",
        lease.id,
        lease.token,
        due.to_sqlx() as _,
        detail,
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Has the step of a job that did not fail taken again at `due`, if the lease still holds.
pub async fn defer(pool: &PgPool, lease: &Lease, due: Timestamp) -> sqlx::Result<()> {
    sqlx::query!(
        "update chassis.job set due_at = $3, attempt = 0, detail = null where id = $1 and token = $2",
        lease.id,
        lease.token,
        due.to_sqlx() as _,
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Gives a job up, if the lease still holds.
pub async fn give_up(
    pool: &PgPool,
    lease: &Lease,
    now: Timestamp,
    detail: &str,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update chassis.job set failed_at = $3, detail = left($4, 500) where id = $1 and token = $2",
        lease.id,
        lease.token,
        now.to_sqlx() as _,
        detail,
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Locks the jobs that a batch ends, in order, and returns the last token given of each; one that has ended is absent.
pub(crate) async fn lock_tokens(
    db: &mut PgConnection,
    jobs: &[Uuid],
) -> sqlx::Result<HashMap<Uuid, i64>> {
    if jobs.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = sqlx::query!(
        "select id, token from chassis.job where id = any ($1) order by id for update",
        jobs
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.token)).collect())
}

/// Deletes the jobs that a batch ends and writes those it asks for, with their streams and traces.
pub(crate) async fn settle(
    db: &mut PgConnection,
    ended: &[Uuid],
    asked: &[(Stream, Option<String>, NewJob)],
    now: Timestamp,
) -> sqlx::Result<()> {
    if ended.is_empty() && asked.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "with ended as (
             delete from chassis.job where id = any ($1)
         )
         insert into chassis.job (id, kind, stream, body, traceparent, scheduled_at, due_at)
         select id, kind, stream, body, traceparent, $7, due_at
         from unnest($2::uuid[], $3::text[], $4::uuid[], $5::jsonb[], $6::text[],
                     $8::timestamptz[])
             as new (id, kind, stream, body, traceparent, due_at)",
        ended,
        &asked.iter().map(|(_, _, job)| job.id).collect::<Vec<_>>(),
        &asked.iter().map(|(_, _, job)| job.kind.to_owned()).collect::<Vec<_>>(),
        &asked.iter().map(|(stream, _, _)| stream.0).collect::<Vec<_>>(),
        &asked.iter().map(|(_, _, job)| job.body.clone()).collect::<Vec<_>>(),
        &asked.iter().map(|(_, trace, _)| trace.clone()).collect::<Vec<_>>() as &[Option<String>],
        now.to_sqlx() as _,
        &asked.iter().map(|(_, _, job)| job.due.to_sqlx()).collect::<Vec<_>>() as _,
    )
    .execute(db)
    .await?;
    Ok(())
}
