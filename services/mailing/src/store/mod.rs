//! The SQL of mail, a file per table.

mod messages;
mod scans;
mod shipments;

use std::collections::HashMap;

use chassis::write::{Asked, Changed, Outgoing, Store, Stream};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::events;
use crate::mail::{Fact, Mail};
use crate::s10::TrackingNumber;
use crate::shipment::Shipment;

/// Mail in the service's database.
#[derive(Clone, Debug)]
pub struct MailStore {
    pool: PgPool,
}

impl MailStore {
    /// That in this database.
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// The shipment of a dossier, with its scans.
    pub async fn shipment(&self, dossier: Uuid) -> sqlx::Result<Option<Shipment>> {
        let mut db = self.pool.acquire().await?;
        Ok(of_streams(&mut db, &[dossier]).await?.remove(&dossier))
    }

    /// Whose parcels these are; a number that is none of ours is absent from the answer.
    pub async fn dossiers_of(
        &self,
        numbers: &[TrackingNumber],
    ) -> sqlx::Result<HashMap<TrackingNumber, Uuid>> {
        shipments::by_number(&self.pool, numbers).await
    }
}

impl Store for MailStore {
    type Root = Mail;

    async fn load(
        &self,
        db: &mut PgConnection,
        asked: &[Asked<Mail>],
    ) -> sqlx::Result<HashMap<Stream, Mail>> {
        let streams: Vec<Uuid> = asked.iter().map(|asked| asked.stream.0).collect();
        let mut found: HashMap<Stream, Mail> = HashMap::new();
        for (stream, message) in messages::of_streams(db, &streams).await? {
            found.entry(Stream(stream)).or_default().messages.push(message);
        }
        for (stream, shipment) in of_streams(db, &streams).await? {
            found.entry(Stream(stream)).or_default().shipment = Some(shipment);
        }
        Ok(found)
    }

    async fn save(&self, db: &mut PgConnection, changed: &[Changed<Mail>]) -> sqlx::Result<()> {
        messages::save(db, changed).await?;
        let moved: Vec<&Shipment> = changed.iter().filter_map(moved).collect();
        if moved.is_empty() {
            return Ok(());
        }
        shipments::save(db, &moved).await?;
        scans::save(db, &moved).await
    }

    fn message(fact: &Fact) -> Outgoing {
        events::message(fact)
    }
}

/// The shipments of dossiers, with their scans.
async fn of_streams(
    db: &mut PgConnection,
    dossiers: &[Uuid],
) -> sqlx::Result<HashMap<Uuid, Shipment>> {
    let mut found = shipments::of_dossiers(db, dossiers).await?;
    if found.is_empty() {
        return Ok(found);
    }
    for (dossier, scan) in scans::of_dossiers(db, dossiers).await? {
        if let Some(shipment) = found.get_mut(&dossier) {
            shipment.scans.add(scan);
        }
    }
    Ok(found)
}

/// A shipment that is new or has changed.
fn moved(changed: &Changed<Mail>) -> Option<&Shipment> {
    let before = changed.before.as_ref().and_then(|mail| mail.shipment.as_ref());
    changed.after.shipment.as_ref().filter(|after| before != Some(after))
}

/// The numbers of our enums are all below 100.
fn small(number: i32) -> i16 {
    i16::try_from(number).unwrap_or_default()
}

/// A row that no command of ours can have written.
fn damaged(why: impl std::fmt::Display) -> sqlx::Error {
    sqlx::Error::Protocol(format!("a row of mailing is damaged: {why}"))
}
