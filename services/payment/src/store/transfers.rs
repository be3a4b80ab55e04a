//! Table `payment.transfers`.

use jiff_sqlx::ToSqlx;
use proto::motcua::payment::v1::UnmatchedReason;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::{damaged, small};
use crate::folio::{Folio, Notice, Purpose, Transfer};
use crate::money::Dong;

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
    sqlx::query!(
        "insert into payment.transfers
             (id, stream, reference, amount, invoice, set_aside, paid_at, received_at, settled_at)
         select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::bigint[], $5::uuid[],
             $6::smallint[], $7::timestamptz[], $8::timestamptz[], $9::timestamptz[])
         on conflict (id) do update set settled_at = excluded.settled_at
         where transfers.settled_at is null and excluded.settled_at is not null",
        &rows.iter().map(|row| row.id).collect::<Vec<_>>(),
        &rows.iter().map(|row| row.stream).collect::<Vec<_>>(),
        &rows.iter().map(|row| row.reference.clone()).collect::<Vec<_>>(),
        &rows.iter().map(|row| row.amount.units()).collect::<Vec<_>>(),
        &rows.iter().map(|row| row.invoice).collect::<Vec<_>>() as _,
        &rows.iter().map(|row| row.set_aside.map(|why| small(why.into()))).collect::<Vec<_>>() as _,
        &rows.iter().map(|row| row.paid_at.to_sqlx()).collect::<Vec<_>>() as _,
        &rows.iter().map(|row| row.received_at.to_sqlx()).collect::<Vec<_>>() as _,
        &rows.iter().map(|row| row.settled_at.map(ToSqlx::to_sqlx)).collect::<Vec<_>>() as _,
    )
    .execute(db)
    .await?;
    Ok(())
}

impl Row {
    fn transfer(self) -> sqlx::Result<Transfer> {
        let reason = |number: i16| UnmatchedReason::try_from(i32::from(number)).map_err(damaged);
        Ok(Transfer {
            id: self.id,
            stream: self.stream,
            reference: self.reference,
            amount: Dong::new(self.amount).map_err(damaged)?,
            paid_at: self.paid_at.to_jiff(),
            received_at: self.received_at.to_jiff(),
            invoice: self.invoice,
            set_aside: self.set_aside.map(reason).transpose()?,
            settled_at: self.settled_at.map(jiff_sqlx::Timestamp::to_jiff),
        })
    }
}
