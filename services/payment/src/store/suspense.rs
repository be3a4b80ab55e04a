//! What waits in suspense, added up.

use jiff::Timestamp;
use proto::motcua::payment::v1::UnmatchedReason;
use sqlx::PgPool;

use super::damaged;

/// What waits in suspense for one reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InSuspense {
    /// Why.
    pub reason: UnmatchedReason,
    /// How many transfers.
    pub transfers: i64,
    /// How much they are together, in đồng.
    pub dong: i64,
    /// When the bank told of the one that waits longest.
    pub since: Timestamp,
}

/// By reason; it reads what waits, and nothing that was settled.
pub(super) async fn by_reason(pool: &PgPool) -> sqlx::Result<Vec<InSuspense>> {
    let rows = sqlx::query!(
        r#"select set_aside as "reason!", count(*) as "transfers!", sum(amount)::bigint as "dong!",
                  min(received_at) as "since!: jiff_sqlx::Timestamp"
           from payment.transfers where set_aside is not null and settled_at is null
           group by set_aside order by set_aside"#
    )
    .fetch_all(pool)
    .await?;
    let waits = rows.into_iter().map(|row| {
        let reason = UnmatchedReason::try_from(i32::from(row.reason)).map_err(damaged)?;
        let since = row.since.to_jiff();
        Ok(InSuspense { reason, transfers: row.transfers, dong: row.dong, since })
    });
    waits.collect()
}
