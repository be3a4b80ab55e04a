//! A database for one test.

use std::sync::atomic::{AtomicU32, Ordering};

use chassis::clock::Clock;
use sqlx::PgPool;
use sqlx::migrate::Migrator;
use sqlx::postgres::PgConnectOptions;

use crate::server::server;

/// Connections of one pool; the server has 200 for all tests that run at once.
const CONNECTIONS: u32 = 8;

/// A fresh database of one service, on the PostgreSQL of this test process.
#[derive(Debug)]
pub struct TestDatabase {
    service: &'static str,
    migrations: &'static Migrator,
    options: PgConnectOptions,
    pool: PgPool,
}

impl TestDatabase {
    /// Makes a database and migrates it as the service does when it starts.
    ///
    /// # Panics
    /// PostgreSQL is not installed or does not start, or a migration fails.
    pub async fn new(service: &'static str, migrations: &'static Migrator, clock: &Clock) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("{service}_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let options = server().await.ensure_database(&name).await.expect("a fresh database");
        let pool = chassis::database::pool(options.clone(), service, CONNECTIONS);
        let database = Self { service, migrations, options, pool };
        database.migrate(clock).await;
        database
    }

    /// Brings it to the form the service's next start would: after a clock was moved by days, that
    /// makes the partitions of its new days, as the hourly housekeeping does.
    ///
    /// # Panics
    /// A migration fails.
    pub async fn migrate(&self, clock: &Clock) {
        let migrated = chassis::database::migrate(&self.pool, self.migrations, clock).await;
        migrated.expect("migrations that apply");
    }

    /// The pool of the service.
    pub fn pool(&self) -> PgPool {
        self.pool.clone()
    }

    /// A second pool, as another process of the service has, or the same one started again.
    pub fn fresh_pool(&self) -> PgPool {
        chassis::database::pool(self.options(), self.service, CONNECTIONS)
    }

    /// A fresh pool whose sessions have these server parameters instead of the service's own.
    pub fn pool_with<const N: usize>(&self, parameters: [(&str, &str); N]) -> PgPool {
        let pool = self.fresh_pool();
        // The server takes the last of several values.
        let options = pool.connect_options().as_ref().clone().options(parameters);
        pool.set_connect_options(options);
        pool
    }

    /// How to connect to it as its admin, with the server's own parameters.
    pub fn options(&self) -> PgConnectOptions {
        self.options.clone()
    }
}
