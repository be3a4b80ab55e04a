//! Table `mailing.shipments`.

use std::collections::HashMap;

use jiff_sqlx::ToSqlx;
use proto::motcua::r#type::v1::Channel;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::{damaged, small};
use crate::s10::TrackingNumber;
use crate::shipment::{Dossier, Parcel, Scans, Shipment};

struct Row {
    dossier: Uuid,
    dossier_code: String,
    procedure: String,
    agency: String,
    channel: i16,
    item_number: String,
    opened_at: jiff_sqlx::Timestamp,
    posted_at: Option<jiff_sqlx::Timestamp>,
}

/// The shipments of dossiers, without their scans.
pub(super) async fn of_dossiers(
    db: &mut PgConnection,
    dossiers: &[Uuid],
) -> sqlx::Result<HashMap<Uuid, Shipment>> {
    let rows = sqlx::query_as!(
        Row,
        "select dossier, dossier_code, procedure, agency, channel, item_number, opened_at, posted_at
         from mailing.shipments where dossier = any ($1)",
        dossiers
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(|row| Ok((row.dossier, row.shipment()?))).collect()
}

pub(super) async fn by_number(
    pool: &PgPool,
    numbers: &[TrackingNumber],
) -> sqlx::Result<HashMap<TrackingNumber, Uuid>> {
    let printed: Vec<String> = numbers.iter().map(TrackingNumber::to_string).collect();
    let rows = sqlx::query!(
        "select item_number, dossier from mailing.shipments where item_number = any ($1)",
        &printed
    )
    .fetch_all(pool)
    .await?;
    rows.into_iter()
        .map(|row| Ok((row.item_number.parse().map_err(damaged)?, row.dossier)))
        .collect()
}

pub(super) async fn save(db: &mut PgConnection, shipments: &[&Shipment]) -> sqlx::Result<()> {
    let parcels: Vec<&Parcel> = shipments.iter().map(|shipment| &shipment.parcel).collect();
    let dossiers: Vec<&Dossier> = parcels.iter().map(|parcel| &parcel.dossier).collect();
    sqlx::query!(
        "insert into mailing.shipments
             (dossier, dossier_code, procedure, agency, channel, item_number, opened_at, posted_at)
         select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::smallint[],
             $6::text[], $7::timestamptz[], $8::timestamptz[])
         on conflict (dossier) do update set posted_at = excluded.posted_at
         where shipments.posted_at is null",
        &dossiers.iter().map(|dossier| dossier.id).collect::<Vec<_>>(),
        &dossiers.iter().map(|dossier| dossier.code.clone()).collect::<Vec<_>>(),
        &dossiers.iter().map(|dossier| dossier.procedure.clone()).collect::<Vec<_>>(),
        &dossiers.iter().map(|dossier| dossier.agency.clone()).collect::<Vec<_>>(),
        &dossiers.iter().map(|dossier| small(dossier.channel.into())).collect::<Vec<_>>(),
        &parcels.iter().map(|parcel| parcel.item_number.to_string()).collect::<Vec<_>>(),
        &shipments.iter().map(|one| one.opened_at.to_sqlx()).collect::<Vec<_>>() as _,
        &shipments.iter().map(|one| one.posted_at.map(ToSqlx::to_sqlx)).collect::<Vec<_>>() as _,
    )
    .execute(db)
    .await?;
    Ok(())
}

impl Row {
    fn shipment(self) -> sqlx::Result<Shipment> {
        let channel = Channel::try_from(i32::from(self.channel)).map_err(damaged)?;
        let dossier = Dossier {
            id: self.dossier,
            code: self.dossier_code,
            procedure: self.procedure,
            agency: self.agency,
            channel,
        };
        let item_number = self.item_number.parse().map_err(damaged)?;
        Ok(Shipment {
            parcel: Parcel { dossier, item_number },
            opened_at: self.opened_at.to_jiff(),
            posted_at: self.posted_at.map(|at| at.to_jiff()),
            scans: Scans::default(),
        })
    }
}
