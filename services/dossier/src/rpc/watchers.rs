//! Who watches which timeline. One task reads for all which dossiers stirred; each watcher then reads its own, as fast as it is read from.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chassis::events::Bell;
use chassis::refusal::{Failure, Kind, Refusal};
use tokio::sync::watch;
use tokio::time::timeout;
use uuid::Uuid;

use crate::store::{DossierStore, Snapshot};

/// Watches of one caller at once.
const MOST_OF_CALLER: usize = 8;

/// Watches of a server at once.
const MOST: usize = 4096;

/// How long to wait for the bell: commits of other processes, and those that publish nothing, ring none here.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// How long a watcher to whom nothing happens goes without a look at its token.
const IDLE: Duration = Duration::from_secs(1);

/// All who watch. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Watchers(Arc<Mutex<Rooms>>);

#[derive(Debug, Default)]
struct Rooms {
    by_dossier: HashMap<Uuid, Room>,
    by_caller: HashMap<String, usize>,
    all: usize,
    closed: bool,
}

#[derive(Debug, Default)]
struct Room {
    stirs: watch::Sender<()>,
    watchers: usize,
}

/// A place from which one watcher hears that its dossier stirred; given back when dropped.
#[derive(Debug)]
pub struct Seat {
    watchers: Watchers,
    dossier: Uuid,
    caller: String,
    stirs: watch::Receiver<()>,
}

/// Why a wait ended.
pub enum Woken {
    /// Something may have been added.
    Stirred,
    /// Nothing happened for a while.
    Idle,
    /// The server stops.
    Closed,
}

impl Watchers {
    /// A seat for a caller. Whoever reads after taking it misses nothing.
    ///
    /// # Errors
    /// TOO_MANY_WATCHES by this caller or of all; WATCH_ENDED when the server stops.
    pub fn seat(&self, caller: &str, dossier: Uuid) -> Result<Seat, Refusal> {
        let mut rooms = self.rooms();
        if rooms.closed {
            return Err(ended());
        }
        let of_caller = rooms.by_caller.get(caller).copied().unwrap_or_default();
        if of_caller >= MOST_OF_CALLER || rooms.all >= MOST {
            return Err(too_many());
        }
        rooms.all += 1;
        rooms.by_caller.insert(caller.into(), of_caller + 1);
        let room = rooms.by_dossier.entry(dossier).or_default();
        room.watchers += 1;
        let stirs = room.stirs.subscribe();
        Ok(Seat { watchers: self.clone(), dossier, caller: caller.into(), stirs })
    }

    /// Tells watchers of what is committed to `store`, until the server is `stopping` or this is dropped; then every watch ends.
    pub async fn tend(self, store: DossierStore, bell: Bell, stopping: impl Future<Output = ()>) {
        let _closing = Closing(self.clone());
        tokio::select! {
            () = self.follow(&store, &bell) => {}
            () = stopping => {}
        }
    }

    /// Looks again and again; what fails is logged and tried again.
    async fn follow(&self, store: &DossierStore, bell: &Bell) {
        let mut commits = bell.listen();
        let mut since = None;
        loop {
            since = match self.look(store, since).await {
                Ok(upto) => upto,
                Err(error) => {
                    tracing::warn!(%error, "timelines cannot be followed; trying again");
                    None
                }
            };
            // That it was the time and not the bell makes no difference.
            let _ = timeout(LOOK_AGAIN, commits.changed()).await;
        }
    }

    /// Wakes those whose dossiers stirred since the last look; all, where there was none before. Nobody watches, nothing is read.
    async fn look(
        &self,
        store: &DossierStore,
        since: Option<Snapshot>,
    ) -> Result<Option<Snapshot>, Failure> {
        if self.rooms().all == 0 {
            return Ok(None);
        }
        let Some(since) = since else {
            let upto = store.snapshot().await?;
            self.rooms().by_dossier.values().for_each(Room::stir);
            return Ok(Some(upto));
        };
        let stirred = store.stirred(&since).await?;
        let rooms = self.rooms();
        stirred.dossiers.iter().filter_map(|id| rooms.by_dossier.get(id)).for_each(Room::stir);
        Ok(Some(stirred.upto))
    }

    fn rooms(&self) -> MutexGuard<'_, Rooms> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Room {
    fn stir(&self) {
        self.stirs.send_replace(());
    }
}

impl Seat {
    /// Waits for something to read, but not for long.
    pub async fn wait(&mut self) -> Woken {
        match timeout(IDLE, self.stirs.changed()).await {
            Ok(Ok(())) => Woken::Stirred,
            Ok(Err(_)) => Woken::Closed,
            Err(_) => Woken::Idle,
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut rooms = self.watchers.rooms();
        rooms.all -= 1;
        let Rooms { by_caller, by_dossier, .. } = &mut *rooms;
        leave(by_caller, &self.caller, |watches| watches);
        leave(by_dossier, &self.dossier, |room| &mut room.watchers);
    }
}

/// Counts one less, and forgets what counts none.
fn leave<K: Eq + Hash, V>(counts: &mut HashMap<K, V>, key: &K, count: fn(&mut V) -> &mut usize) {
    if let Some(value) = counts.get_mut(key) {
        *count(value) -= 1;
        if *count(value) == 0 {
            counts.remove(key);
        }
    }
}

/// Ends every watch when the task that would wake it ends.
struct Closing(Watchers);

impl Drop for Closing {
    fn drop(&mut self) {
        let mut rooms = self.0.rooms();
        rooms.closed = true;
        rooms.by_dossier.clear();
    }
}

/// A watch has ended with its server.
pub fn ended() -> Refusal {
    Refusal::new(
        Kind::Unavailable,
        "WATCH_ENDED",
        "Máy chủ đang dừng; hãy theo dõi lại từ vị trí đã nhận sau cùng.",
        "The server stops; watch again from the last position received.",
    )
    .after(Duration::from_secs(1))
}

fn too_many() -> Refusal {
    Refusal::new(
        Kind::Overloaded,
        "TOO_MANY_WATCHES",
        "Đang có quá nhiều lượt theo dõi; hãy đóng bớt, hoặc đọc danh sách thay cho theo dõi.",
        "Too many watches at once; close some, or list instead.",
    )
    .after(Duration::from_secs(10))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOSSIER: Uuid = Uuid::from_u128(7);

    #[test]
    fn a_caller_has_so_many_seats_and_gets_them_back() {
        let watchers = Watchers::default();
        let seat = |caller| watchers.seat(caller, DOSSIER);
        let mut taken: Vec<_> = (0..MOST_OF_CALLER).map(|_| seat("accounts/a").ok()).collect();
        assert_eq!(
            seat("accounts/a").err().map(|refusal| refusal.reason),
            Some("TOO_MANY_WATCHES")
        );
        assert!(seat("accounts/b").is_ok());
        taken.pop();
        assert!(seat("accounts/a").is_ok());
        taken.clear();
        let rooms = watchers.rooms();
        assert!(rooms.by_dossier.is_empty() && rooms.by_caller.is_empty() && rooms.all == 0);
    }

    #[tokio::test]
    async fn whoever_sits_when_the_server_stops_is_told() {
        let watchers = Watchers::default();
        let mut seat = watchers.seat("accounts/a", DOSSIER).expect("a seat");
        drop(Closing(watchers.clone()));
        assert!(matches!(seat.wait().await, Woken::Closed));
        let late = watchers.seat("accounts/a", DOSSIER);
        assert_eq!(late.err().map(|refusal| refusal.reason), Some("WATCH_ENDED"));
    }
}
