//! Waking the readers of a log in other processes.

use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::{PgListener, PgPoolOptions};

use super::Log;

/// Each service has a database of its own, so that one channel is enough.
const CHANNEL: &str = "motcua_log";

/// The shortest time between two signals: it bounds what they cost, and what a reader may be late.
const GAP: Duration = Duration::from_millis(5);

/// How long to wait after a failure; readers look by themselves meanwhile.
const PAUSE: Duration = Duration::from_secs(1);

/// Tells other processes of the commits of this one, and wakes the readers of this one when others tell of theirs, for as long as it is
/// polled.
///
/// The signal is sent after the commit, in a transaction of its own: within a write it would hold a lock of the whole database server
/// until that write is on disk. One that is lost costs a reader no more than its pause.
pub async fn wake_across(log: Log) {
    tokio::join!(tell(&log), hear(&log));
}

async fn tell(log: &Log) {
    let mut bell = log.bell.listen();
    while bell.changed().await.is_ok() {
        let told = signal(&log.pool).await;
        let pause = if told.is_ok() { GAP } else { PAUSE };
        if let Err(error) = told {
            tracing::warn!(%error, source = log.source, "other processes are not woken");
        }
        tokio::time::sleep(pause).await;
    }
}

/// Both statements are one transaction, for they go in one message; nothing is lost if it never reaches the disk.
async fn signal(pool: &PgPool) -> sqlx::Result<()> {
    let statements = "set local synchronous_commit to off; notify motcua_log";
    sqlx::raw_sql(statements).execute(pool).await?;
    Ok(())
}

async fn hear(log: &Log) {
    loop {
        if let Err(error) = listen(log).await {
            tracing::warn!(%error, source = log.source, "commits of other processes are not heard");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Over a connection of its own, for it is kept: those of the pool are for work. It hears this process as well, which costs a reading
/// in vain.
async fn listen(log: &Log) -> sqlx::Result<()> {
    let options = (*log.pool.connect_options()).clone();
    let own = PgPoolOptions::new().max_connections(1).connect_lazy_with(options);
    let mut listener = PgListener::connect_with(&own).await?;
    listener.listen(CHANNEL).await?;
    loop {
        listener.recv().await?;
        log.heard.ring();
    }
}
