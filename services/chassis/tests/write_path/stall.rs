//! Ways to halt the write path at a known place: a head's lock held by somebody else, and commits
//! that nobody confirms.

use std::time::Duration;

use chassis::write::Stream;
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection, PgConnection, PgPool};
use support::{TestDatabase, eventually};

/// Longer than anything here takes.
pub const LIMIT: Duration = Duration::from_secs(60);

/// A stream's head, locked by a session of its own.
pub struct Held(PgConnection);

impl Held {
    pub async fn head(options: PgConnectOptions, stream: Stream) -> Self {
        let mut session = PgConnection::connect_with(&options).await.unwrap();
        sqlx::query("insert into chassis.head (stream) values ($1) on conflict do nothing")
            .bind(stream.0)
            .execute(&mut session)
            .await
            .unwrap();
        sqlx::query("begin").execute(&mut session).await.unwrap();
        let mut held = Self(session);
        held.and(stream).await;
        held
    }

    /// Locks another head besides.
    pub async fn and(&mut self, stream: Stream) {
        sqlx::query("select from chassis.head where stream = $1 for update")
            .bind(stream.0)
            .execute(&mut self.0)
            .await
            .unwrap();
    }

    pub async fn release(self) {
        self.0.close().await.unwrap();
    }
}

/// The sessions of this database that wait for `what`: the name or the type of a wait event.
async fn waiting(pool: &PgPool, what: &str) -> Vec<i32> {
    sqlx::query_scalar(
        "select pid from pg_stat_activity
         where datname = current_database() and $1 in (wait_event, wait_event_type)",
    )
    .bind(what)
    .fetch_all(pool)
    .await
    .unwrap()
}

async fn waiters(pool: &PgPool, what: &str, count: usize) -> Vec<i32> {
    eventually(LIMIT, async || {
        let pids = waiting(pool, what).await;
        if pids.len() == count { Ok(pids) } else { Err(pids) }
    })
    .await
}

/// Returns when so many sessions wait for a lock: their process ids.
pub async fn waiters_for_a_lock(pool: &PgPool, count: usize) -> Vec<i32> {
    waiters(pool, "Lock", count).await
}

/// Returns when a session has written its commit and waits for a standby to confirm it.
pub async fn halted_commit(pool: &PgPool) -> i32 {
    waiters(pool, "SyncRep", 1).await[0]
}

/// A pool whose commits halt after they are written and before anybody, client or other session,
/// learns of them.
///
/// The server waits for a standby that does not exist, but only for sessions that insist on it.
/// There is no way back: another test may be in the middle of it.
pub async fn halting_pool(database: &TestDatabase) -> PgPool {
    let pool = database.pool();
    for statement in
        ["alter system set synchronous_standby_names = 'nobody'", "select pg_reload_conf()"]
    {
        sqlx::query(statement).execute(&pool).await.unwrap();
    }
    let insisting = database.pool_with([("synchronous_commit", "on")]);
    until_commits_halt(&pool, insisting.clone()).await;
    insisting
}

/// The server heeds a changed configuration a little later: commits until one halts, and cuts that
/// one off.
async fn until_commits_halt(pool: &PgPool, insisting: PgPool) {
    let probing = tokio::spawn(async move {
        let probe = "select pg_logical_emit_message(true, 'probe', '')";
        while sqlx::query(probe).execute(&insisting).await.is_ok() {}
    });
    terminate(pool, halted_commit(pool).await).await;
    probing.await.unwrap();
    waiters(pool, "SyncRep", 0).await;
}

/// Ends a session as an administrator does.
pub async fn terminate(pool: &PgPool, pid: i32) {
    sqlx::query("select pg_terminate_backend($1)").bind(pid).execute(pool).await.unwrap();
}

/// Ends what a session waits for; a commit that was written stays.
pub async fn cancel(pool: &PgPool, pid: i32) {
    sqlx::query("select pg_cancel_backend($1)").bind(pid).execute(pool).await.unwrap();
}
