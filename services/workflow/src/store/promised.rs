//! Results that are promised, counted.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgPool;

/// Results that are promised and not issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Promised {
    /// Due already.
    pub late: i64,
    /// Due soon.
    pub soon: i64,
    /// Due after that.
    pub later: i64,
    /// When the first of all is due.
    pub first: Option<Timestamp>,
}

/// It reads the index `cases_to_settle` alone: what is issued costs nothing.
pub(super) async fn count(
    pool: &PgPool,
    now: Timestamp,
    soon: Timestamp,
) -> sqlx::Result<Promised> {
    let row = sqlx::query!(
        r#"select count(*) filter (where due_at < $1) as "late!",
                  count(*) filter (where due_at >= $1 and due_at < $2) as "soon!",
                  count(*) filter (where due_at >= $2) as "later!",
                  min(due_at) as first
           from workflow.cases
           where issued_at is null and closed_at is null and due_at is not null"#,
        now.to_sqlx() as _,
        soon.to_sqlx() as _
    )
    .fetch_one(pool)
    .await?;
    let first = row.first.map(jiff_sqlx::Timestamp::to_jiff);
    Ok(Promised { late: row.late, soon: row.soon, later: row.later, first })
}
