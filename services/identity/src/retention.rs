//! Letting go of what is of no more use: a task that looks every hour.

use std::time::Duration;

use chassis::clock::Clock;
use chassis::refusal::Failure;
use chassis::service::periodically;
use jiff::SignedDuration;

use crate::store::HolderStore;

/// How often it looks.
const PAUSE: Duration = Duration::from_secs(60 * 60);

/// Sign-ins, changes of telephone and counted codes are kept so long after their start; they count for an hour.
const STARTED: SignedDuration = SignedDuration::from_hours(24);

/// Sessions are kept so long after they ended or were refreshed last: even a citizen's lapsed thirty days before.
const SESSIONS: SignedDuration = SignedDuration::from_hours(60 * 24);

/// Lets go for as long as it is polled.
pub async fn let_go(store: HolderStore, clock: Clock) {
    periodically("old sign-ins and sessions", PAUSE, || let_go_once(&store, &clock)).await;
}

async fn let_go_once(store: &HolderStore, clock: &Clock) -> Result<(), Failure> {
    let now = clock.now();
    store.delete_started_before(now - STARTED).await?;
    store.delete_sessions_before(now - SESSIONS).await
}

#[cfg(test)]
#[path = "retention_tests.rs"]
mod tests;
