//! The SQL of epochs.

use std::collections::{BTreeSet, HashMap};
use std::num::NonZeroU32;

use chassis::database::failed;
use chassis::refusal::Failure;
use chassis::write::{Asked, Changed, Outgoing, Store, Stream};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, PgPool};

use super::damaged;
use crate::case::EpochName;
use crate::draw::{EpochId, EpochSummary, PlateNumber, PoolName, PublicKey};
use crate::epochs::{Logged, message};

/// The newest epoch of a pool.
#[derive(Clone, Copy, Debug)]
pub struct Newest {
    /// Which.
    pub id: EpochId,
    /// When it was opened.
    pub opened_at: Timestamp,
}

/// Epochs in the service's database.
#[derive(Clone, Debug)]
pub struct EpochStore {
    pool: PgPool,
}

impl EpochStore {
    /// Those in this database.
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// The newest epoch of a pool, without its list.
    pub async fn newest(&self, pool: &PoolName) -> Result<Option<Newest>, Failure> {
        let row = sqlx::query!(
            "select epoch, opened_at from workflow.epochs where pool = $1
             order by epoch desc limit 1",
            pool.as_str()
        )
        .fetch_optional(&self.pool)
        .await
        .map_err(failed)?;
        let newest = row.map(|row| {
            let id = EpochId(u64::try_from(row.epoch).map_err(damaged)?);
            Ok(Newest { id, opened_at: row.opened_at.to_jiff() })
        });
        newest.transpose().map_err(failed)
    }

    /// An epoch with its list.
    pub async fn logged(&self, name: &EpochName) -> Result<Option<Logged>, Failure> {
        let mut db = self.pool.acquire().await.map_err(failed)?;
        logged(&mut db, &name.pool, Some(name.id)).await.map_err(failed)
    }

    /// What was published of an epoch.
    pub async fn summary(&self, name: &EpochName) -> Result<Option<EpochSummary>, Failure> {
        let Ok(epoch) = i64::try_from(name.id.0) else { return Ok(None) };
        let row = sqlx::query!(
            "select size, root, public_key from workflow.epochs where pool = $1 and epoch = $2",
            name.pool.as_str(),
            epoch
        )
        .fetch_optional(&self.pool)
        .await
        .map_err(failed)?;
        row.map(|row| summary(&name.pool, epoch, row.size, &row.root, &row.public_key))
            .transpose()
            .map_err(failed)
    }

    /// The numbers of a pool that vehicles have.
    pub async fn taken(&self, pool: &PoolName) -> Result<BTreeSet<PlateNumber>, Failure> {
        let numbers = sqlx::query_scalar!(
            "select number from workflow.numbers where pool = $1 and state in (1, 2)",
            pool.as_str()
        )
        .fetch_all(&self.pool)
        .await
        .map_err(failed)?;
        let numbers = numbers.iter().map(|number| number.parse().map_err(damaged));
        numbers.collect::<Result<_, _>>().map_err(failed)
    }
}

impl Store for EpochStore {
    type Root = Logged;

    async fn load(
        &self,
        db: &mut PgConnection,
        asked: &[Asked<Logged>],
    ) -> sqlx::Result<HashMap<Stream, Logged>> {
        let mut found = HashMap::new();
        for asked in asked {
            let Some(pool) = asked.wants.iter().flatten().next() else { continue };
            if let Some(logged) = logged(db, pool, None).await? {
                found.insert(asked.stream, logged);
            }
        }
        Ok(found)
    }

    async fn save(&self, db: &mut PgConnection, changed: &[Changed<Logged>]) -> sqlx::Result<()> {
        let id = |logged: &Logged| logged.summary.id;
        for opened in changed {
            if opened.before.as_ref().map(id) == Some(id(&opened.after)) {
                continue;
            }
            insert(db, &opened.after).await?;
        }
        Ok(())
    }

    fn message(fact: &Logged) -> Outgoing {
        message(fact)
    }
}

/// An epoch of a pool; its newest if none is named.
async fn logged(
    db: &mut PgConnection,
    pool: &PoolName,
    id: Option<EpochId>,
) -> sqlx::Result<Option<Logged>> {
    let row = sqlx::query!(
        "select epoch, size, root, public_key, opened_at, free_list
         from workflow.epochs where pool = $1 and ($2::bigint is null or epoch = $2)
         order by epoch desc limit 1",
        pool.as_str(),
        id.map(|id| i64::try_from(id.0).unwrap_or(i64::MAX))
    )
    .fetch_optional(db)
    .await?;
    row.map(|row| {
        Ok(Logged {
            summary: summary(pool, row.epoch, row.size, &row.root, &row.public_key)?,
            opened_at: row.opened_at.to_jiff(),
            free: row.free_list.into(),
        })
    })
    .transpose()
}

async fn insert(db: &mut PgConnection, opened: &Logged) -> sqlx::Result<()> {
    let EpochSummary { id, pool, size, root, public_key } = &opened.summary;
    sqlx::query!(
        "insert into workflow.epochs (pool, epoch, size, root, public_key, opened_at, free_list)
         values ($1, $2, $3, $4, $5, $6, $7)",
        pool.as_str(),
        i64::try_from(id.0).unwrap_or(i64::MAX),
        i32::try_from(size.get()).unwrap_or(i32::MAX),
        root.as_slice(),
        public_key.as_bytes().as_slice(),
        opened.opened_at.to_sqlx() as _,
        &*opened.free,
    )
    .execute(db)
    .await?;
    Ok(())
}

fn summary(
    pool: &PoolName,
    epoch: i64,
    size: i32,
    root: &[u8],
    public_key: &[u8],
) -> sqlx::Result<EpochSummary> {
    let size = u32::try_from(size).ok().and_then(NonZeroU32::new);
    let key = public_key.try_into().map_err(damaged)?;
    Ok(EpochSummary {
        id: EpochId(u64::try_from(epoch).map_err(damaged)?),
        pool: pool.clone(),
        size: size.ok_or_else(|| damaged("size"))?,
        root: root.try_into().map_err(damaged)?,
        public_key: PublicKey::from_bytes(key).map_err(damaged)?,
    })
}
