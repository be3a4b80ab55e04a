//! The SQL of clients.

use std::collections::HashMap;
use std::convert::Infallible;

use chassis::write::{Asked, Changed, Outgoing, Store, Stream};
use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::client::{Client, ClientId};

/// Clients in the service's database.
#[derive(Clone, Debug)]
pub struct ClientStore {
    pool: PgPool,
}

impl ClientStore {
    /// Those in this database.
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// The client with an id.
    pub async fn get(&self, id: &ClientId) -> sqlx::Result<Option<Client>> {
        let found = load(&mut *self.pool.acquire().await?, &[id.stream()]).await?;
        Ok(found.into_values().next())
    }
}

impl Store for ClientStore {
    type Root = Client;

    async fn load(
        &self,
        db: &mut PgConnection,
        asked: &[Asked<Client>],
    ) -> sqlx::Result<HashMap<Stream, Client>> {
        let streams: Vec<Uuid> = asked.iter().map(|asked| asked.stream.0).collect();
        load(db, &streams).await
    }

    /// Of a client that is registered only this changes: that it is disabled.
    async fn save(&self, db: &mut PgConnection, changed: &[Changed<Client>]) -> sqlx::Result<()> {
        let differs = |it: &&Changed<Client>| it.before.as_ref() != Some(&it.after);
        let new: Vec<&Changed<Client>> = changed.iter().filter(differs).collect();
        if new.is_empty() {
            return Ok(());
        }
        sqlx::query!(
            "insert into identity.clients (stream, id, public_key, created_at, disabled_at)
             select * from unnest($1::uuid[], $2::text[], $3::bytea[], $4::timestamptz[], $5::timestamptz[])
             on conflict (stream) do update set disabled_at = excluded.disabled_at",
            &new.iter().map(|row| row.stream.0).collect::<Vec<_>>(),
            &new.iter().map(|row| row.after.id.as_str().to_owned()).collect::<Vec<_>>(),
            &new.iter().map(|row| row.after.public_key.to_vec()).collect::<Vec<_>>(),
            &new.iter().map(|row| row.after.created_at.to_sqlx()).collect::<Vec<_>>() as _,
            &new.iter()
                .map(|row| row.after.disabled_at.map(|at| at.to_sqlx()))
                .collect::<Vec<_>>() as _,
        )
        .execute(db)
        .await?;
        Ok(())
    }

    fn message(fact: &Infallible) -> Outgoing {
        match *fact {}
    }
}

async fn load(db: &mut PgConnection, streams: &[Uuid]) -> sqlx::Result<HashMap<Stream, Client>> {
    let rows = sqlx::query!(
        "select stream, id, public_key, created_at, disabled_at
         from identity.clients where stream = any ($1)",
        streams
    )
    .fetch_all(db)
    .await?;
    let damaged = || sqlx::Error::Protocol("a client's row does not read".into());
    let mut clients = HashMap::new();
    for row in rows {
        let client = Client {
            id: ClientId::of(&row.id).ok_or_else(damaged)?,
            public_key: row.public_key.try_into().map_err(|_| damaged())?,
            created_at: row.created_at.to_jiff(),
            disabled_at: row.disabled_at.map(|at| at.to_jiff()),
        };
        clients.insert(Stream(row.stream), client);
    }
    Ok(clients)
}
