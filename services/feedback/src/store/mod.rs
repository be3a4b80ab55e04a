//! The SQL of feedback, a file per table.

mod ratings;
mod satisfaction;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use chassis::write::{Asked, Changed, Outgoing, Store, Stream};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::events;
use crate::rating::{Fact, Rating};

pub use satisfaction::Counters;

/// Ratings in the service's database.
#[derive(Clone, Debug)]
pub struct RatingStore {
    pool: PgPool,
}

impl RatingStore {
    /// Those in this database.
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// The rating of a dossier.
    pub async fn get(&self, dossier: Uuid) -> sqlx::Result<Option<Rating>> {
        Ok(ratings::of_dossiers(&self.pool, &[dossier]).await?.pop())
    }
}

impl Store for RatingStore {
    type Root = Rating;

    async fn load(
        &self,
        db: &mut PgConnection,
        asked: &[Asked<Rating>],
    ) -> sqlx::Result<HashMap<Stream, Rating>> {
        let streams: Vec<Uuid> = asked.iter().map(|asked| asked.stream.0).collect();
        let found = ratings::of_dossiers(db, &streams).await?;
        Ok(found.into_iter().map(|rating| (Stream(rating.dossier.id), rating)).collect())
    }

    async fn save(&self, db: &mut PgConnection, changed: &[Changed<Rating>]) -> sqlx::Result<()> {
        ratings::save(db, changed).await?;
        satisfaction::append(db, changed).await
    }

    fn message(fact: &Fact) -> Outgoing {
        events::message(fact)
    }
}

/// The numbers of our enums are all below 100.
fn small(number: i32) -> i16 {
    i16::try_from(number).unwrap_or_default()
}
