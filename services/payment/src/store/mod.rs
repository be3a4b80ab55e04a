//! The SQL of folios, a file per table.

mod invoices;
mod ledger;
mod suspense;
mod transfers;

use std::collections::HashMap;

use chassis::write::{Asked, Changed, Outgoing, Store, Stream};
use jiff::Timestamp;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::events;
use crate::folio::{Fact, Folio, Invoice, Notice, Transfer};

pub use ledger::Balances;
pub use suspense::InSuspense;
pub use transfers::{Listed, TransferKey};

/// Where a page of a dossier's invoices ends: issued at, id.
pub type InvoiceKey = (Timestamp, Uuid);

/// Folios in the service's database.
#[derive(Clone, Debug)]
pub struct FolioStore {
    pool: PgPool,
}

impl FolioStore {
    /// Those in this database.
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// One invoice.
    pub async fn invoice(&self, id: Uuid) -> sqlx::Result<Option<Invoice>> {
        invoices::one(&self.pool, id).await
    }

    /// Invoices of a dossier behind `after`, oldest first; of one agency if one is named.
    pub async fn invoices_of(
        &self,
        dossier: Uuid,
        agency: Option<&str>,
        after: Option<InvoiceKey>,
        limit: i64,
    ) -> sqlx::Result<Vec<Invoice>> {
        invoices::page(&self.pool, dossier, agency, after, limit).await
    }

    /// The page a transfer belongs on: where it was recorded, or the dossier of the invoice it names, or its own.
    pub async fn page_of(&self, notice: &Notice) -> sqlx::Result<Uuid> {
        Ok(transfers::page_of(&self.pool, notice).await?.unwrap_or(notice.id))
    }

    /// One transfer.
    pub async fn transfer(&self, id: Uuid) -> sqlx::Result<Option<Transfer>> {
        transfers::one(&self.pool, id).await
    }

    /// Transfers behind `after`, in the order the bank told of them.
    pub async fn transfers(
        &self,
        listed: Listed,
        after: Option<TransferKey>,
        limit: i64,
    ) -> sqlx::Result<Vec<Transfer>> {
        transfers::page(&self.pool, listed, after, limit).await
    }

    /// The invoices that transfers name.
    pub async fn named_by(&self, transfers: &[Transfer]) -> sqlx::Result<HashMap<Uuid, Invoice>> {
        let ids: Vec<Uuid> = transfers.iter().filter_map(|transfer| transfer.invoice).collect();
        let found = invoices::all(&self.pool, &ids).await?;
        Ok(found.into_iter().map(|invoice| (invoice.id, invoice)).collect())
    }

    /// What waits in suspense, by reason.
    pub async fn in_suspense(&self) -> sqlx::Result<Vec<InSuspense>> {
        suspense::by_reason(&self.pool).await
    }

    /// How the books stand.
    pub async fn balances(&self) -> sqlx::Result<Balances> {
        ledger::balances(&self.pool).await
    }
}

impl Store for FolioStore {
    type Root = Folio;

    async fn load(
        &self,
        db: &mut PgConnection,
        asked: &[Asked<Folio>],
    ) -> sqlx::Result<HashMap<Stream, Folio>> {
        let streams: Vec<Uuid> = asked.iter().map(|asked| asked.stream.0).collect();
        let wanted: Vec<Uuid> =
            asked.iter().flat_map(|asked| &asked.wants).flatten().copied().collect();
        let mut folios: HashMap<Stream, Folio> = HashMap::new();
        for invoice in invoices::of_dossiers(db, &streams).await? {
            folios.entry(Stream(invoice.dossier.id)).or_default().invoices.push(invoice);
        }
        if !wanted.is_empty() {
            for transfer in transfers::of_pages(db, &streams, &wanted).await? {
                folios.entry(Stream(transfer.stream)).or_default().transfers.push(transfer);
            }
        }
        Ok(folios)
    }

    async fn save(&self, db: &mut PgConnection, changed: &[Changed<Folio>]) -> sqlx::Result<()> {
        let folios: Vec<&Folio> = changed.iter().map(|changed| &changed.after).collect();
        invoices::save(db, &folios).await?;
        transfers::save(db, &folios).await?;
        ledger::save(db, &folios).await
    }

    fn message(fact: &Fact) -> Outgoing {
        events::message(fact)
    }
}

/// The numbers of our enums are all below 100.
fn small(number: i32) -> i16 {
    i16::try_from(number).unwrap_or_default()
}

/// A row that no command of ours can have written.
fn damaged(why: impl std::fmt::Display) -> sqlx::Error {
    sqlx::Error::Protocol(format!("a row of payment is damaged: {why}"))
}
