//! Table `mailing.scans`.

use jiff_sqlx::ToSqlx;
use proto::motcua::mailing::v1::ScanKind;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{damaged, small};
use crate::shipment::{Scan, Shipment};

struct Row {
    dossier: Uuid,
    id: String,
    kind: i16,
    scanned_at: jiff_sqlx::Timestamp,
    place: String,
}

pub(super) async fn of_dossiers(
    db: &mut PgConnection,
    dossiers: &[Uuid],
) -> sqlx::Result<Vec<(Uuid, Scan)>> {
    let rows = sqlx::query_as!(
        Row,
        "select dossier, id, kind, scanned_at, place from mailing.scans where dossier = any ($1)",
        dossiers
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(|row| Ok((row.dossier, row.scan()?))).collect()
}

/// Writes those that are new; a scan never changes.
pub(super) async fn save(db: &mut PgConnection, shipments: &[&Shipment]) -> sqlx::Result<()> {
    let of = |shipment: &&Shipment| {
        let dossier = shipment.parcel.dossier.id;
        shipment.scans.all().iter().cloned().map(move |scan| (dossier, scan)).collect::<Vec<_>>()
    };
    let rows: Vec<(Uuid, Scan)> = shipments.iter().flat_map(of).collect();
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "insert into mailing.scans (dossier, id, kind, scanned_at, place)
         select * from unnest($1::uuid[], $2::text[], $3::smallint[], $4::timestamptz[], $5::text[])
         on conflict do nothing",
        &rows.iter().map(|(dossier, _)| *dossier).collect::<Vec<_>>(),
        &rows.iter().map(|(_, scan)| scan.id.clone()).collect::<Vec<_>>(),
        &rows.iter().map(|(_, scan)| small(scan.kind.into())).collect::<Vec<_>>(),
        &rows.iter().map(|(_, scan)| scan.at.to_sqlx()).collect::<Vec<_>>() as _,
        &rows.iter().map(|(_, scan)| scan.place.clone()).collect::<Vec<_>>(),
    )
    .execute(db)
    .await?;
    Ok(())
}

impl Row {
    fn scan(self) -> sqlx::Result<Scan> {
        let kind = ScanKind::try_from(i32::from(self.kind)).map_err(damaged)?;
        Ok(Scan { id: self.id, kind, at: self.scanned_at.to_jiff(), place: self.place })
    }
}
