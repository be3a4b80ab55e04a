//! Epochs of the number pools: opened once, published before the first draw, kept with their list so that every proof stays verifiable.
//!
//! Whoever first draws from a pool opens its epoch. The list is hashed outside of any transaction; of two processes that open at once the
//! lock on the pool's stream lets one be first, and the other takes its epoch.

mod opening;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use chassis::refusal::{Failure, Kind, Refusal};
use chassis::write::{Door, Once};
use jiff::Timestamp;
use tokio::sync::OnceCell;
use uuid::Uuid;

use crate::case::EpochName;
use crate::draw::{
    Draw, Epoch, EpochError, EpochId, EpochSummary, NumberPool, NumberPools, PlateNumber, PoolName,
    PublicKey, SecretKey, SubjectHash, VehicleKind, draw,
};
use crate::store::EpochStore;

use opening::OpenEpoch;
pub use opening::{Logged, message};

/// In whose name epochs are opened.
const OPENER: &str = "services/workflow";

/// The epochs of all pools.
pub struct Epochs {
    pools: NumberPools,
    key: SecretKey,
    store: EpochStore,
    door: Door<EpochStore>,
    cells: Mutex<HashMap<PoolName, Arc<OnceCell<Arc<Open>>>>>,
}

/// An epoch with its list.
pub struct Open {
    /// The epoch.
    pub epoch: Epoch,
    /// When it was opened.
    pub opened_at: Timestamp,
}

impl Open {
    /// Its name.
    pub fn name(&self) -> EpochName {
        let summary = self.epoch.summary();
        EpochName { pool: summary.pool.clone(), id: summary.id }
    }
}

impl Epochs {
    /// Epochs of these pools, in this store behind this door, proved by this key.
    pub fn new(
        pools: NumberPools,
        key: SecretKey,
        store: EpochStore,
        door: Door<EpochStore>,
    ) -> Self {
        Self { pools, key, store, door, cells: Mutex::default() }
    }

    /// The pool that vehicles of a kind draw from: the first in the file.
    ///
    /// # Errors
    /// This installation has none.
    pub fn pool_for(&self, kind: VehicleKind) -> Result<&NumberPool, Refusal> {
        self.pools.iter().find(|pool| pool.kind() == kind).ok_or_else(no_pool)
    }

    /// The epoch that is drawn from now; opened if there is none.
    ///
    /// # Errors
    /// POOL_EXHAUSTED; the database is away; what it holds is damaged.
    pub async fn current(&self, pool: &NumberPool) -> Result<Arc<Open>, Failure> {
        let cell = self.cell(pool.name());
        let opening = async || match self.store.latest(pool.name()).await? {
            Some(logged) => read(logged).await,
            None => self.open(pool).await,
        };
        cell.get_or_try_init(opening).await.cloned()
    }

    /// The epoch of a draw, with its list.
    ///
    /// # Errors
    /// As [`Epochs::current`].
    pub async fn of(&self, name: &EpochName) -> Result<Arc<Open>, Failure> {
        let absent = || Failure::Broken(format!("an epoch of pool {} is not there", name.pool));
        let cell = self.cell(&name.pool);
        let reading = async || {
            let logged = self.store.latest(&name.pool).await?;
            read(logged.ok_or_else(absent)?).await
        };
        let open = cell.get_or_try_init(reading).await?;
        if open.name() == *name { Ok(open.clone()) } else { Err(absent()) }
    }

    /// What was published of an epoch.
    ///
    /// # Errors
    /// The database is away.
    pub async fn summary(&self, name: &EpochName) -> Result<Option<EpochSummary>, Failure> {
        self.store.summary(name).await
    }

    /// Proof and candidates for a subject.
    ///
    /// # Errors
    /// The key is not the one the epoch was opened with.
    pub fn draw(&self, open: &Open, subject: &SubjectHash) -> Result<Draw, Failure> {
        draw(&self.key, open.epoch.summary(), subject, None)
            .map_err(|error| Failure::Broken(error.to_string()))
    }

    async fn open(&self, pool: &NumberPool) -> Result<Arc<Open>, Failure> {
        let taken = self.store.taken(pool.name()).await?;
        let epoch = fixed(pool, taken, *self.key.public_key()).await?;
        let once = Once::Call {
            caller: OPENER.into(),
            request_id: Uuid::now_v7(),
            fingerprint: Default::default(),
        };
        self.door.run(once, OpenEpoch::of(&epoch)).await?;
        let logged = self.store.latest(pool.name()).await?;
        let logged = logged.ok_or_else(|| Failure::Broken("an epoch opened is gone".into()))?;
        if logged.summary == *epoch.summary() {
            return Ok(Arc::new(Open { epoch, opened_at: logged.opened_at }));
        }
        read(logged).await
    }

    fn cell(&self, pool: &PoolName) -> Arc<OnceCell<Arc<Open>>> {
        // A cell that is there is whole, whatever befell another holder of the lock.
        let mut cells = self.cells.lock().unwrap_or_else(PoisonError::into_inner);
        cells.entry(pool.clone()).or_default().clone()
    }
}

/// The pool's numbers that are free, hashed.
async fn fixed(
    pool: &NumberPool,
    taken: BTreeSet<PlateNumber>,
    key: PublicKey,
) -> Result<Epoch, Failure> {
    let pool = pool.clone();
    blocking(move || {
        let free = pool.numbers().filter(|number| !taken.contains(number)).collect();
        Epoch::open(EpochId(1), pool.name().clone(), free, key)
    })
    .await?
    .map_err(|error| match error {
        EpochError::Empty => exhausted().into(),
        other => Failure::Broken(other.to_string()),
    })
}

/// An epoch as it was published, hashed again and compared.
async fn read(logged: Logged) -> Result<Arc<Open>, Failure> {
    let Logged { summary, opened_at, free } = logged;
    let expected = summary.clone();
    let epoch = blocking(move || {
        let numbers = free.lines().map(str::parse).collect::<Result<Vec<PlateNumber>, _>>();
        let numbers = numbers.map_err(|error| error.to_string())?;
        Epoch::open(summary.id, summary.pool, numbers, summary.public_key)
            .map_err(|error| error.to_string())
    })
    .await?
    .map_err(Failure::Broken)?;
    if *epoch.summary() != expected {
        let pool = expected.pool;
        return Err(Failure::Broken(format!("the list of an epoch of {pool} was altered")));
    }
    Ok(Arc::new(Open { epoch, opened_at }))
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Failure> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Failure::Unavailable(error.to_string()))
}

fn no_pool() -> Refusal {
    Refusal::field(
        "vehicle_kind",
        "NO_POOL",
        "Chưa có kho biển số cho loại xe này.",
        "There is no pool of numbers for this kind of vehicle.",
    )
}

/// Every number is taken.
pub fn exhausted() -> Refusal {
    Refusal::new(
        Kind::Precondition,
        "POOL_EXHAUSTED",
        "Kho biển số đã hết số cho lượt này; cơ quan đăng ký xe cần mở thêm sê-ri, xin thử lại sau.",
        "Every number of this draw is taken; the authority must add a series to the pool. Try again later.",
    )
}
