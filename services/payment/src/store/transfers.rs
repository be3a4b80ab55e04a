//! Table `payment.transfers`.

use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::small;
use crate::folio::{Folio, Notice, Purpose, Transfer};

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

/// Those of the transfers that are recorded, with their pages.
pub(super) async fn recorded(
    db: &mut PgConnection,
    transfers: &[Uuid],
) -> sqlx::Result<Vec<(Uuid, Uuid)>> {
    let rows =
        sqlx::query!("select stream, id from payment.transfers where id = any ($1)", transfers)
            .fetch_all(db)
            .await?;
    Ok(rows.into_iter().map(|row| (row.stream, row.id)).collect())
}

pub(super) async fn save(db: &mut PgConnection, folios: &[&Folio]) -> sqlx::Result<()> {
    let rows: Vec<&Transfer> = folios.iter().flat_map(|folio| &folio.added.transfers).collect();
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "insert into payment.transfers
             (id, stream, reference, amount, invoice, set_aside, paid_at, received_at)
         select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::bigint[], $5::uuid[],
             $6::smallint[], $7::timestamptz[], $8::timestamptz[])",
        &rows.iter().map(|row| row.id).collect::<Vec<_>>(),
        &rows.iter().map(|row| row.stream).collect::<Vec<_>>(),
        &rows.iter().map(|row| row.reference.clone()).collect::<Vec<_>>(),
        &rows.iter().map(|row| row.amount.units()).collect::<Vec<_>>(),
        &rows.iter().map(|row| row.invoice).collect::<Vec<_>>() as _,
        &rows.iter().map(|row| row.set_aside.map(|why| small(why.into()))).collect::<Vec<_>>() as _,
        &rows.iter().map(|row| row.paid_at.to_sqlx()).collect::<Vec<_>>() as _,
        &rows.iter().map(|row| row.received_at.to_sqlx()).collect::<Vec<_>>() as _,
    )
    .execute(db)
    .await?;
    Ok(())
}
