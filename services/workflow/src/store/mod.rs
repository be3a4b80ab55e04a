//! The SQL of cases, their tasks, pauses, grounds and draws, and of the epochs drawn from.

mod cases;
mod draws;
mod epochs;
mod grounds;
mod pauses;
mod promised;
mod tasks;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use chassis::database::failed;
use chassis::refusal::Failure;
use chassis::write::{Asked, Changed, Outgoing, Store, Stream};
use jiff::Timestamp;
use proto::motcua::access::v1::Role;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::case::{Case, Fact};
use crate::events;
use crate::grounds::Grounds;

pub use cases::{CaseFilter, CaseKey};
pub use epochs::EpochStore;
pub use promised::Promised;
pub use tasks::{Listed, Order, TaskFilter, TaskKey};

/// Cases in the service's database.
#[derive(Clone, Debug)]
pub struct CaseStore {
    pool: PgPool,
}

impl CaseStore {
    /// Those in this database.
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// One case with its tasks.
    ///
    /// # Errors
    /// The database is away, or a row is damaged.
    pub async fn get(&self, id: Uuid) -> Result<Option<Case>, Failure> {
        let mut db = self.pool.acquire().await.map_err(failed)?;
        let mut found = cases::load(&mut db, &[id]).await.map_err(failed)?;
        Ok(found.remove(&Stream(id)))
    }

    /// The grounds of a case that have this number.
    ///
    /// # Errors
    /// As [`CaseStore::get`].
    pub async fn grounds(&self, case: Uuid, number: i32) -> Result<Option<Grounds>, Failure> {
        let mut db = self.pool.acquire().await.map_err(failed)?;
        grounds::one(&mut db, case, number).await.map_err(failed)
    }

    /// Cases of an agency behind `after`, the last submitted first.
    ///
    /// # Errors
    /// As [`CaseStore::get`].
    pub async fn list(
        &self,
        agency: &str,
        filter: &CaseFilter,
        after: Option<CaseKey>,
        limit: i64,
    ) -> Result<Vec<Case>, Failure> {
        let mut db = self.pool.acquire().await.map_err(failed)?;
        cases::list(&mut db, agency, filter, after, limit).await.map_err(failed)
    }

    /// The results that are promised and not issued: what was due before `now` is late, what is due before `soon` is due soon.
    ///
    /// # Errors
    /// The database is away.
    pub async fn promised(&self, now: Timestamp, soon: Timestamp) -> Result<Promised, Failure> {
        promised::count(&self.pool, now, soon).await.map_err(failed)
    }

    /// Open and claimed tasks of an agency behind `after`.
    ///
    /// # Errors
    /// As [`CaseStore::get`].
    pub async fn worklist(
        &self,
        agency: &str,
        filter: &TaskFilter,
        order: Order,
        after: Option<TaskKey>,
        limit: i64,
    ) -> Result<Vec<Listed>, Failure> {
        let mut db = self.pool.acquire().await.map_err(failed)?;
        tasks::worklist(&mut db, agency, filter, order, after, limit).await.map_err(failed)
    }

    /// The oldest open tasks of an agency that ask for one of these roles: case and step.
    ///
    /// # Errors
    /// As [`CaseStore::get`].
    pub async fn open_tasks(
        &self,
        agency: &str,
        roles: &[Role],
        limit: i64,
    ) -> Result<Vec<(Uuid, String)>, Failure> {
        let mut db = self.pool.acquire().await.map_err(failed)?;
        tasks::open(&mut db, agency, roles, limit).await.map_err(failed)
    }

    /// The task that a wish for any took: case and step.
    ///
    /// # Errors
    /// As [`CaseStore::get`].
    pub async fn taken_by(&self, wish: Uuid) -> Result<Option<(Uuid, String)>, Failure> {
        let mut db = self.pool.acquire().await.map_err(failed)?;
        tasks::taken_by(&mut db, wish).await.map_err(failed)
    }
}

impl Store for CaseStore {
    type Root = Case;

    async fn load(
        &self,
        db: &mut PgConnection,
        asked: &[Asked<Case>],
    ) -> sqlx::Result<HashMap<Stream, Case>> {
        let ids: Vec<Uuid> = asked.iter().map(|asked| asked.stream.0).collect();
        let mut cases = cases::load(db, &ids).await?;
        for (stream, beside) in draws::beside(db, asked).await? {
            if let Some(case) = cases.get_mut(&stream) {
                case.beside = beside;
            }
        }
        Ok(cases)
    }

    async fn save(&self, db: &mut PgConnection, changed: &[Changed<Case>]) -> sqlx::Result<()> {
        let after: Vec<&Case> = changed.iter().map(|changed| &changed.after).collect();
        cases::save(db, &after).await?;
        tasks::save(db, &after).await?;
        pauses::save(db, &after).await?;
        grounds::save(db, &after).await?;
        draws::save(db, changed).await
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
    sqlx::Error::Protocol(format!("a row of workflow is damaged: {why}"))
}
