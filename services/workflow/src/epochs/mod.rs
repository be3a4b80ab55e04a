//! Epochs of the number pools: opened once, published before the first draw, kept with their list so that every proof stays verifiable.
//!
//! Whoever first draws from a pool opens its epoch; so does whoever finds it over by its age or its last number gone, and the
//! numbers that went back are in the new list. It is hashed outside of any transaction; of two processes that open at once the lock on the
//! pool's stream lets one be first, and the other takes its epoch.

mod opening;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use chassis::clock::Clock;
use chassis::refusal::{Failure, Kind, Refusal};
use chassis::write::{Door, Once};
use jiff::{SignedDuration, Timestamp};
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

/// Epochs whose lists stay in memory, at most: a list of 100,000 numbers takes about 10 MB.
const REMEMBERED: usize = 4;

/// How long it is believed that every number of a pool is taken, before all that are taken are read again.
const EXHAUSTED_FOR: SignedDuration = SignedDuration::from_mins(1);

/// The reason of the refusal of a draw when every number is taken.
pub const POOL_EXHAUSTED: &str = "POOL_EXHAUSTED";

/// A list that is read by the first who needs it.
type Cell = Arc<OnceCell<Arc<Open>>>;

/// Held by the one who opens an epoch of a pool, so that a list is hashed once; in it, when every number was last found taken.
type Opening = Arc<tokio::sync::Mutex<Option<Timestamp>>>;

/// The epochs of all pools.
pub struct Epochs {
    pools: NumberPools,
    key: SecretKey,
    store: EpochStore,
    door: Door<EpochStore>,
    clock: Clock,
    /// The last used first.
    cells: Mutex<Vec<(EpochName, Cell)>>,
    openings: Mutex<HashMap<PoolName, Opening>>,
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
        clock: Clock,
    ) -> Self {
        let (cells, openings) = (Mutex::default(), Mutex::default());
        Self { pools, key, store, door, clock, cells, openings }
    }

    /// The pool that vehicles of a kind draw from: the first in the file.
    ///
    /// # Errors
    /// This installation has none.
    pub fn pool_for(&self, kind: VehicleKind) -> Result<&NumberPool, Refusal> {
        self.pools.iter().find(|pool| pool.kind() == kind).ok_or_else(no_pool)
    }

    /// The epoch that is drawn from now; opened if there is none, or if the newest is over by its age.
    ///
    /// # Errors
    /// POOL_EXHAUSTED; the database is away; what it holds is damaged.
    pub async fn current(&self, pool: &NumberPool) -> Result<Arc<Open>, Failure> {
        let Some(newest) = self.store.newest(pool.name()).await? else {
            return self.after(pool, EpochId(0)).await;
        };
        if pool.is_over(newest.opened_at, self.clock.now()) {
            match self.after(pool, newest.id).await {
                // Nothing is free that a next one could hold. This one goes on: whoever drew from it may repeat the call.
                Err(Failure::Refused(_)) => {}
                outcome => return outcome,
            }
        }
        self.of(&EpochName { pool: pool.name().clone(), id: newest.id }).await
    }

    /// The newest epoch behind one that is over; opened if there is none. A pool that was found exhausted is for a minute.
    ///
    /// # Errors
    /// As [`Epochs::current`].
    pub async fn after(&self, pool: &NumberPool, over: EpochId) -> Result<Arc<Open>, Failure> {
        let opening = self.opening(pool.name());
        let mut exhausted_at = opening.lock().await;
        let newest = self.store.newest(pool.name()).await?.map(|newest| newest.id);
        if let Some(id) = newest.filter(|newest| *newest > over) {
            return self.of(&EpochName { pool: pool.name().clone(), id }).await;
        }
        let now = self.clock.now();
        if exhausted_at.is_some_and(|at| now.duration_since(at) < EXHAUSTED_FOR) {
            return Err(exhausted().into());
        }
        let opened = self.open(pool, EpochId(over.0 + 1)).await;
        *exhausted_at = matches!(&opened, Err(Failure::Refused(_))).then_some(now);
        opened
    }

    /// An epoch with its list.
    ///
    /// # Errors
    /// As [`Epochs::current`].
    pub async fn of(&self, name: &EpochName) -> Result<Arc<Open>, Failure> {
        let absent = || Failure::Broken(format!("an epoch of pool {} is not there", name.pool));
        let reading = async || read(self.store.logged(name).await?.ok_or_else(absent)?).await;
        self.cell(name).get_or_try_init(reading).await.cloned()
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

    async fn open(&self, pool: &NumberPool, id: EpochId) -> Result<Arc<Open>, Failure> {
        let taken = self.store.taken(pool.name()).await?;
        let epoch = fixed(pool, id, taken, *self.key.public_key()).await?;
        let once = Once::Call {
            caller: OPENER.into(),
            request_id: Uuid::now_v7(),
            fingerprint: Default::default(),
        };
        self.door.run(once, OpenEpoch::of(&epoch)).await?;
        let name = EpochName { pool: pool.name().clone(), id };
        let logged = self.store.logged(&name).await?;
        let logged = logged.ok_or_else(|| Failure::Broken("an epoch opened is gone".into()))?;
        let opened = async || {
            if logged.summary != *epoch.summary() {
                return read(logged).await;
            }
            Ok(Arc::new(Open { epoch, opened_at: logged.opened_at }))
        };
        self.cell(&name).get_or_try_init(opened).await.cloned()
    }

    fn opening(&self, pool: &PoolName) -> Opening {
        let mut openings = self.openings.lock().unwrap_or_else(PoisonError::into_inner);
        openings.entry(pool.clone()).or_default().clone()
    }

    fn cell(&self, name: &EpochName) -> Cell {
        // A cell that is there is whole, whatever befell another holder of the lock.
        let mut cells = self.cells.lock().unwrap_or_else(PoisonError::into_inner);
        let known = cells.iter().position(|(known, _)| known == name);
        let (_, cell) =
            known.map_or_else(|| (name.clone(), Cell::default()), |place| cells.remove(place));
        cells.insert(0, (name.clone(), cell.clone()));
        cells.truncate(REMEMBERED);
        cell
    }
}

/// The pool's numbers that are free, hashed.
async fn fixed(
    pool: &NumberPool,
    id: EpochId,
    taken: BTreeSet<PlateNumber>,
    key: PublicKey,
) -> Result<Epoch, Failure> {
    let pool = pool.clone();
    blocking(move || {
        let free = pool.numbers().filter(|number| !taken.contains(number)).collect();
        Epoch::open(id, pool.name().clone(), free, key)
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
        "Chưa có kho biển số cho loại xe này; cơ quan đăng ký xe cần mở kho trước.",
        "There is no pool of numbers for this kind of vehicle; the authority must open one first.",
    )
}

/// Every number is taken.
pub fn exhausted() -> Refusal {
    Refusal::new(
        Kind::Precondition,
        POOL_EXHAUSTED,
        "Kho biển số đã hết số cho lượt này; cơ quan đăng ký xe cần mở thêm sê-ri, xin thử lại sau.",
        "Every number of this draw is taken; the authority must add a series to the pool. Try again later.",
    )
}
