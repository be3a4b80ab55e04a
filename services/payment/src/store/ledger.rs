//! Tables `payment.ledger_entries` and `payment.ledger_postings`: appended to, and added up.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::damaged;
use crate::folio::Folio;
use crate::ledger::{Account, Cause, Entry, Movement};

/// Entries told of that do not cancel, at most.
const MOST_TOLD: i64 = 20;

/// How the books stand.
#[derive(Debug)]
pub struct Balances {
    /// What each account that was moved stands at, in đồng.
    pub accounts: BTreeMap<Account, i64>,
    /// Entries whose postings do not cancel.
    pub unbalanced: Vec<Uuid>,
}

pub(super) async fn balances(pool: &PgPool) -> sqlx::Result<Balances> {
    let sums = sqlx::query!(
        r#"select account, sum(amount)::bigint as "sum!" from payment.ledger_postings group by account"#
    )
    .fetch_all(pool)
    .await?;
    let account = |id: &str| Account::from_id(id).ok_or_else(|| damaged("account"));
    let accounts = sums.into_iter().map(|row| Ok((account(&row.account)?, row.sum)));
    let unbalanced = sqlx::query_scalar!(
        "select entry from payment.ledger_postings group by entry having sum(amount) <> 0 limit $1",
        MOST_TOLD
    )
    .fetch_all(pool)
    .await?;
    Ok(Balances { accounts: accounts.collect::<sqlx::Result<_>>()?, unbalanced })
}

pub(super) async fn save(db: &mut PgConnection, folios: &[&Folio]) -> sqlx::Result<()> {
    let rows: Vec<&(Timestamp, Entry)> = folios.iter().flat_map(|folio| &folio.entries).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let causes = rows.iter().map(|(_, entry)| numbered(entry.cause()));
    let (causes, cause_ids): (Vec<i16>, Vec<Uuid>) = causes.unzip();
    sqlx::query!(
        "insert into payment.ledger_entries (id, stream, cause, cause_id, entered_at)
         select * from unnest($1::uuid[], $2::uuid[], $3::smallint[], $4::uuid[], $5::timestamptz[])",
        &rows.iter().map(|(_, entry)| entry.id()).collect::<Vec<_>>(),
        &rows.iter().map(|(_, entry)| entry.stream()).collect::<Vec<_>>(),
        &causes,
        &cause_ids,
        &rows.iter().map(|(at, _)| at.to_sqlx()).collect::<Vec<_>>() as _,
    )
    .execute(&mut *db)
    .await?;
    save_postings(db, rows.into_iter().map(|(_, entry)| entry)).await
}

async fn save_postings(
    db: &mut PgConnection,
    entries: impl Iterator<Item = &Entry>,
) -> sqlx::Result<()> {
    let rows: Vec<_> = entries
        .flat_map(|entry| {
            (0_i16..).zip(entry.postings()).map(|(place, it)| (entry.id(), place, it))
        })
        .collect();
    sqlx::query!(
        "insert into payment.ledger_postings (entry, place, account, amount)
         select * from unnest($1::uuid[], $2::smallint[], $3::text[], $4::bigint[])",
        &rows.iter().map(|(entry, ..)| *entry).collect::<Vec<_>>(),
        &rows.iter().map(|(_, place, _)| *place).collect::<Vec<_>>(),
        &rows.iter().map(|(.., posting)| posting.account.id().to_owned()).collect::<Vec<_>>(),
        &rows.iter().map(|(.., posting)| posting.amount).collect::<Vec<_>>(),
    )
    .execute(db)
    .await?;
    Ok(())
}

/// A cause as its two columns.
const fn numbered(cause: Cause) -> (i16, Uuid) {
    match cause {
        Cause::InvoiceIssued(id) => (1, id),
        Cause::InvoiceReversed(id) => (2, id),
        Cause::Transfer(Movement::Matched, id) => (3, id),
        Cause::Transfer(Movement::SetAside, id) => (4, id),
        Cause::Transfer(Movement::Allocated, id) => (5, id),
        Cause::Transfer(Movement::Refunded, id) => (6, id),
    }
}
