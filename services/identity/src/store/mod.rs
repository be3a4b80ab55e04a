//! The SQL of holders: what is read apart from the write path. `load` and `save` serve the door.

mod clients;
mod load;
mod old;
mod phone_changes;
mod save;
mod telephones;

use std::collections::HashMap;

pub use clients::ClientStore;
pub use telephones::TelephoneStore;

use chassis::write::{Asked, Changed, Outgoing, Store, Stream};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::events;
use crate::holder::{Account, Fact, Holder, Officer, PhoneChange, Roles, Session, SignIn};

/// Holders in the service's database.
#[derive(Clone, Debug)]
pub struct HolderStore {
    pool: PgPool,
}

/// A sign-in with what goes with it.
#[derive(Clone, Debug)]
pub struct Started {
    /// Whose it is.
    pub holder: Uuid,
    /// As it stands.
    pub sign_in: SignIn,
    /// Language of the holder's messages; none without an account.
    pub locale: Option<String>,
}

impl HolderStore {
    /// Those in this database.
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// Those of the accounts that exist, with their ids.
    pub async fn accounts(&self, ids: &[Uuid]) -> sqlx::Result<Vec<(Uuid, Account)>> {
        load::accounts(&mut *self.pool.acquire().await?, ids).await
    }

    /// A sign-in, if it was not forgotten.
    pub async fn sign_in(&self, id: Uuid) -> sqlx::Result<Option<Started>> {
        let row = sqlx::query!(
            r#"select holder, sign_in.phone_index, reaches, known_device, tries, used, started_at,
                      locale as "locale?"
               from identity.sign_ins as sign_in
               left join identity.accounts as account on account.id = holder
               where sign_in.id = $1 and not forgotten"#,
            id
        )
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.map(|row| {
            let sign_in = SignIn {
                id,
                phone_index: row.phone_index,
                reaches: row.reaches,
                known_device: row.known_device,
                forgotten: false,
                tries: row.tries,
                used: row.used,
                started_at: row.started_at.to_jiff(),
            };
            Started { holder: row.holder, sign_in, locale: row.locale }
        }))
    }

    /// A change of telephone, if it was not forgotten.
    pub async fn phone_change(&self, account: Uuid, id: Uuid) -> sqlx::Result<Option<PhoneChange>> {
        phone_changes::find(&self.pool, account, id).await
    }

    /// A session with the roles held now at its agency, if it is one for an agency.
    pub async fn session(&self, id: Uuid) -> sqlx::Result<Option<(Session, Roles)>> {
        let row = sqlx::query!(
            r#"select session.agency, generation, refreshed_at, ended_at, roles as "roles?"
               from identity.sessions as session
               left join identity.officers as officer
                   on officer.account = session.account and officer.agency = session.agency
               where id = $1"#,
            id
        )
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.map(|row| {
            let session = Session {
                id,
                agency: row.agency,
                generation: row.generation,
                refreshed_at: row.refreshed_at.to_jiff(),
                ended_at: row.ended_at.map(|at| at.to_jiff()),
            };
            (session, Roles::of_bits(row.roles.unwrap_or_default()))
        }))
    }

    /// An officer of an agency.
    pub async fn officer(&self, account: Uuid, agency: &str) -> sqlx::Result<Option<Officer>> {
        let row = sqlx::query!(
            "select roles, appointed_at from identity.officers
             where account = $1 and agency = $2",
            account,
            agency
        )
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.map(|row| Officer {
            account,
            agency: agency.into(),
            roles: Roles::of_bits(row.roles),
            appointed_at: row.appointed_at.to_jiff(),
        }))
    }
}

impl Store for HolderStore {
    type Root = Holder;

    async fn load(
        &self,
        db: &mut PgConnection,
        asked: &[Asked<Holder>],
    ) -> sqlx::Result<HashMap<Stream, Holder>> {
        let ids: Vec<Uuid> = asked.iter().map(|asked| asked.stream.0).collect();
        load::holders(db, &ids).await
    }

    async fn save(&self, db: &mut PgConnection, changed: &[Changed<Holder>]) -> sqlx::Result<()> {
        save::accounts(db, changed).await?;
        save::sign_ins(db, changed).await?;
        phone_changes::save(db, changed).await?;
        save::sessions(db, changed).await?;
        save::officers(db, changed).await
    }

    fn message(fact: &Fact) -> Outgoing {
        events::message(fact)
    }
}
