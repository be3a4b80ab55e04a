//! The SQL of timers.

use std::collections::HashSet;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::{Due, TimerKey, Timers};
use crate::write::Stream;

/// Up to `most` timers of a kind that are due and that nobody is taking now, the longest due first. They are only looked at: whoever
/// takes them locks them in the transaction that decides.
pub async fn look(pool: &PgPool, kind: &str, most: i64, now: Timestamp) -> sqlx::Result<Vec<Due>> {
    let rows = sqlx::query!(
        "select stream, due_at from chassis.timer
         where kind = $1 and due_at <= $2 and failed_at is null
         order by due_at limit $3
         for update skip locked",
        kind,
        now.to_sqlx() as _,
        most,
    )
    .fetch_all(pool)
    .await?;
    let due =
        rows.into_iter().map(|row| Due { stream: Stream(row.stream), at: row.due_at.to_jiff() });
    Ok(due.collect())
}

/// Puts a timer aside whose command failed by itself, if it stands as it did then.
pub async fn put_aside(
    pool: &PgPool,
    kind: &str,
    due: &Due,
    now: Timestamp,
    detail: &str,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update chassis.timer set failed_at = $4, detail = left($5, 500)
         where stream = $1 and kind = $2 and due_at = $3",
        due.stream.0,
        kind,
        due.at.to_sqlx() as _,
        now.to_sqlx() as _,
        detail,
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Locks those timers that still stand as they were found and that nobody else has locked. Their heads are locked already.
pub(crate) async fn lock_due(
    db: &mut PgConnection,
    found: &[(TimerKey, Timestamp)],
) -> sqlx::Result<HashSet<TimerKey>> {
    if found.is_empty() {
        return Ok(HashSet::new());
    }
    let rows = sqlx::query!(
        r#"select found.place as "place!"
           from unnest($1::uuid[], $2::text[], $3::timestamptz[]) with ordinality
               as found (stream, kind, due_at, place)
           join chassis.timer timer
               on timer.stream = found.stream and timer.kind = found.kind
                  and timer.due_at = found.due_at and timer.failed_at is null
           for update of timer skip locked"#,
        &found.iter().map(|((stream, _), _)| stream.0).collect::<Vec<Uuid>>(),
        &found.iter().map(|((_, kind), _)| (*kind).to_owned()).collect::<Vec<_>>(),
        &found.iter().map(|(_, due)| due.to_sqlx()).collect::<Vec<_>>() as _,
    )
    .fetch_all(db)
    .await?;
    let places = rows.into_iter().filter_map(|row| usize::try_from(row.place).ok());
    Ok(places.filter_map(|place| found.get(place - 1)).map(|(key, _)| *key).collect())
}

/// Sets, moves and removes timers.
pub(crate) async fn settle(
    db: &mut PgConnection,
    timers: &Timers,
    now: Timestamp,
) -> sqlx::Result<()> {
    if timers.is_empty() {
        return Ok(());
    }
    let dues: Vec<_> = timers.values().map(|due| due.map(ToSqlx::to_sqlx)).collect();
    sqlx::query!(
        "with wanted as (
             select * from unnest($1::uuid[], $2::text[], $3::timestamptz[]) as wanted (stream, kind, due_at)
         ), removed as (
             delete from chassis.timer using wanted
             where timer.stream = wanted.stream and timer.kind = wanted.kind and wanted.due_at is null
         )
         insert into chassis.timer (stream, kind, due_at, set_at)
         select stream, kind, due_at, $4 from wanted where due_at is not null
         on conflict (stream, kind) do update
         set due_at = excluded.due_at, set_at = excluded.set_at, failed_at = null, detail = null",
        &timers.keys().map(|(stream, _)| stream.0).collect::<Vec<Uuid>>(),
        &timers.keys().map(|(_, kind)| (*kind).to_owned()).collect::<Vec<_>>(),
        &dues as _,
        now.to_sqlx() as _,
    )
    .execute(db)
    .await?;
    Ok(())
}
