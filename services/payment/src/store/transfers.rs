//! Table `payment.transfers`.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use proto::motcua::payment::v1::UnmatchedReason;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::{damaged, small};
use crate::folio::{Folio, Notice, Purpose, Refund, Settled, Transfer};
use crate::money::Dong;

/// Where a page of transfers ends: received at, id.
pub type TransferKey = (Timestamp, Uuid);

/// Which transfers are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listed {
    /// Those that wait in suspense; of one reason, if one is named.
    InSuspense(Option<UnmatchedReason>),
    /// Those that name an invoice.
    OfInvoice(Uuid),
}

struct Row {
    id: Uuid,
    stream: Uuid,
    reference: String,
    amount: i64,
    invoice: Option<Uuid>,
    set_aside: Option<i16>,
    paid_at: jiff_sqlx::Timestamp,
    received_at: jiff_sqlx::Timestamp,
    settled_at: Option<jiff_sqlx::Timestamp>,
    refund_reference: Option<String>,
    refund_reason: Option<String>,
    refunded_by: Option<String>,
}

pub(super) async fn one(pool: &PgPool, id: Uuid) -> sqlx::Result<Option<Transfer>> {
    let row = sqlx::query_as!(Row, "select * from payment.transfers where id = $1", id)
        .fetch_optional(pool)
        .await?;
    row.map(Row::transfer).transpose()
}

pub(super) async fn page(
    pool: &PgPool,
    listed: Listed,
    after: Option<TransferKey>,
    limit: i64,
) -> sqlx::Result<Vec<Transfer>> {
    let after = after.unwrap_or((Timestamp::UNIX_EPOCH, Uuid::nil()));
    let rows = match listed {
        Listed::InSuspense(reason) => in_suspense(pool, reason, after, limit).await?,
        Listed::OfInvoice(invoice) => of_invoice(pool, invoice, after, limit).await?,
    };
    rows.into_iter().map(Row::transfer).collect()
}

async fn in_suspense(
    pool: &PgPool,
    reason: Option<UnmatchedReason>,
    after: TransferKey,
    limit: i64,
) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as!(
        Row,
        "select * from payment.transfers
         where set_aside is not null and settled_at is null and (received_at, id) > ($1, $2)
           and ($3::smallint is null or set_aside = $3)
         order by received_at, id limit $4",
        after.0.to_sqlx() as _,
        after.1,
        reason.map(|reason| small(reason.into())),
        limit
    )
    .fetch_all(pool)
    .await
}

async fn of_invoice(
    pool: &PgPool,
    invoice: Uuid,
    after: TransferKey,
    limit: i64,
) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as!(
        Row,
        "select * from payment.transfers where invoice = $1 and (received_at, id) > ($2, $3)
         order by received_at, id limit $4",
        invoice,
        after.0.to_sqlx() as _,
        after.1,
        limit
    )
    .fetch_all(pool)
    .await
}

pub(super) async fn page_of(pool: &PgPool, notice: &Notice) -> sqlx::Result<Option<Uuid>> {
    sqlx::query_scalar!(
        "select coalesce((select stream from payment.transfers where id = $1),
                         (select dossier from payment.invoices where purpose = $2))",
        notice.id,
        notice.purpose.as_ref().map(Purpose::as_str)
    )
    .fetch_one(pool)
    .await
}

/// Of these pages what waits in suspense, and the transfers asked after.
pub(super) async fn of_pages(
    db: &mut PgConnection,
    pages: &[Uuid],
    asked: &[Uuid],
) -> sqlx::Result<Vec<Transfer>> {
    let rows = sqlx::query_as!(
        Row,
        "select * from payment.transfers
         where id = any ($1) or stream = any ($2) and set_aside is not null and settled_at is null
         order by received_at, id",
        asked,
        pages
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Row::transfer).collect()
}

pub(super) async fn save(db: &mut PgConnection, folios: &[&Folio]) -> sqlx::Result<()> {
    let rows: Vec<&Transfer> = folios.iter().flat_map(|folio| &folio.transfers).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let refunds = || rows.iter().map(|row| row.settled.as_ref()?.refund.as_ref());
    sqlx::query!(
        "insert into payment.transfers
             (id, stream, reference, amount, invoice, set_aside, paid_at, received_at, settled_at,
              refund_reference, refund_reason, refunded_by)
         select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::bigint[], $5::uuid[],
             $6::smallint[], $7::timestamptz[], $8::timestamptz[], $9::timestamptz[],
             $10::text[], $11::text[], $12::text[])
         on conflict (id) do update
         set settled_at = excluded.settled_at, refund_reference = excluded.refund_reference,
             refund_reason = excluded.refund_reason, refunded_by = excluded.refunded_by
         where transfers.settled_at is null and excluded.settled_at is not null",
        &rows.iter().map(|row| row.id).collect::<Vec<_>>(),
        &rows.iter().map(|row| row.stream).collect::<Vec<_>>(),
        &rows.iter().map(|row| row.reference.clone()).collect::<Vec<_>>(),
        &rows.iter().map(|row| row.amount.units()).collect::<Vec<_>>(),
        &rows.iter().map(|row| row.invoice).collect::<Vec<_>>() as _,
        &rows.iter().map(|row| row.set_aside.map(|why| small(why.into()))).collect::<Vec<_>>() as _,
        &rows.iter().map(|row| row.paid_at.to_sqlx()).collect::<Vec<_>>() as _,
        &rows.iter().map(|row| row.received_at.to_sqlx()).collect::<Vec<_>>() as _,
        &rows.iter().map(|row| Some(row.settled.as_ref()?.at.to_sqlx())).collect::<Vec<_>>() as _,
        &refunds().map(|it| Some(it?.reference.clone())).collect::<Vec<_>>() as _,
        &refunds().map(|it| Some(it?.reason.clone())).collect::<Vec<_>>() as _,
        &refunds().map(|it| Some(it?.cashier.clone())).collect::<Vec<_>>() as _,
    )
    .execute(db)
    .await?;
    Ok(())
}

impl Row {
    fn transfer(self) -> sqlx::Result<Transfer> {
        let reason = |number: i16| UnmatchedReason::try_from(i32::from(number)).map_err(damaged);
        Ok(Transfer {
            settled: self.settled(),
            id: self.id,
            stream: self.stream,
            reference: self.reference,
            amount: Dong::new(self.amount).map_err(damaged)?,
            paid_at: self.paid_at.to_jiff(),
            received_at: self.received_at.to_jiff(),
            invoice: self.invoice,
            set_aside: self.set_aside.map(reason).transpose()?,
        })
    }

    fn settled(&self) -> Option<Settled> {
        let at = self.settled_at?.to_jiff();
        Some(Settled { at, refund: self.refund() })
    }

    fn refund(&self) -> Option<Refund> {
        Some(Refund {
            reference: self.refund_reference.clone()?,
            reason: self.refund_reason.clone()?,
            cashier: self.refunded_by.clone()?,
        })
    }
}
