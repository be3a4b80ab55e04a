//! A private PostgreSQL: set up under a directory, started, watched and stopped by this process.
//!
//! It exists so that the product runs with nothing else installed but PostgreSQL's packages. The
//! server listens on a socket in a directory only its owner may enter, and knows its owner by the
//! kernel's word: there is no port and no password to leak. One process owns a root, by a lock the
//! kernel gives back however that process dies. The server dies with its owner (see `process`),
//! the data directory is whole or absent (see `data_directory`), and what a kill leaves behind is
//! cleared up at the next start (see `leftovers`).
//!
//! Linux only: it leans on `/proc`, process handles and death signals.
//!
//! ```no_run
//! # use chassis::postgres::{Error, Postgres, Settings};
//! # async fn example() -> Result<(), Error> {
//! let postgres = Postgres::start(&Settings::new("/var/lib/motcua")).await?;
//! let dossier = postgres.ensure_database("dossier").await?;
//! // … open a pool with `dossier`, work, close it …
//! postgres.stop().await
//! # }
//! ```

mod account;
mod binaries;
mod configuration;
mod data_directory;
mod error;
mod leftovers;
mod log;
mod ownership;
mod place;
mod process;

use std::future::{self, Future};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::process::Signal;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgSslMode};
use sqlx::{AssertSqlSafe, Connection};

pub use error::Error;
use process::Server;

/// The role that owns the cluster.
pub const ADMIN: &str = "motcua_admin";

/// Oldest major version accepted: `CREATE DATABASE` copies templates by the log from 15 on.
pub const OLDEST_MAJOR: u32 = 15;

/// Part of the socket's name only; nothing listens on a network.
const PORT: u16 = 5432;

/// A database that always exists, to connect to for making others.
const MAINTENANCE: &str = "postgres";

/// How long recovery after a crash may take before a start is given up.
const START_LIMIT: Duration = Duration::from_secs(300);

/// How long a stop may take before the server is cut off.
const STOP_LIMIT: Duration = Duration::from_secs(60);

/// What a private PostgreSQL is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The directory that holds `pgdata`, `sock`, `log`, `conf` and `lock`. Created where missing.
    pub root: PathBuf,
    /// Where `postgres` and `initdb` are; found by itself if not given.
    pub bin_dir: Option<PathBuf>,
    /// Memory for cached pages, in MiB: 1 to 1,048,576.
    pub shared_buffers_mb: u32,
    /// Whether a commit survives a power cut. False is for tests alone.
    pub durable: bool,
    /// Connections at once: 10 to 10,000. Three of them are kept for the admin.
    pub max_connections: u32,
    /// Roles that each own the database of their name and may enter no other one, for
    /// [`Postgres::ensure_owned_database`]. They are names of databases.
    pub owners: Vec<String>,
}

impl Settings {
    /// Durable, 256 MiB of page cache, 200 connections, binaries found by themselves, no owners.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self {
            root: root.into(),
            bin_dir: None,
            shared_buffers_mb: 256,
            durable: true,
            max_connections: 200,
            owners: Vec::new(),
        }
    }

    fn check(&self) -> Result<(), Error> {
        within("shared_buffers_mb", self.shared_buffers_mb, 1, 1 << 20)?;
        within("max_connections", self.max_connections, 10, 10_000)?;
        self.owners.iter().try_for_each(|name| check_owner_name(name))
    }
}

fn within(name: &'static str, value: u32, least: u32, most: u32) -> Result<(), Error> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(Error::OutOfBounds { name, value, least, most })
}

/// A running server. Dropped without [`Postgres::stop`], it is told to stop and nobody waits for
/// it.
#[derive(Debug)]
pub struct Postgres {
    server: Server,
    /// Set before we end the server ourselves, so that its end is no news.
    dismissed: Arc<AtomicBool>,
    owners: Vec<String>,
}

impl Postgres {
    /// Sets up the cluster where there is none, starts the server and waits until it takes
    /// connections.
    ///
    /// # Errors
    ///
    /// Every variant of [`Error`] but those of stopping and of database names. When existing data
    /// are the reason (another version, another owner, half written), nothing was changed.
    pub async fn start(settings: &Settings) -> Result<Self, Error> {
        settings.check()?;
        let server = Server::launch(settings).await?;
        let postgres = Self { server, dismissed: Arc::default(), owners: settings.owners.clone() };
        postgres.ready().await?;
        tracing::info!(sockets = %postgres.socket_directory().display(), "PostgreSQL is ready");
        Ok(postgres)
    }

    /// How to connect to a database of this server as its admin. The database need not exist yet.
    ///
    /// Nothing is taken from password files; of the `PG*` variables only `PGOPTIONS` and
    /// `PGAPPNAME` count.
    pub fn options(&self, database: &str) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass()
            .socket(self.socket_directory())
            .port(PORT)
            .username(ADMIN)
            .ssl_mode(PgSslMode::Disable)
            .database(database)
    }

    /// Where the server's socket is; for `psql -h`, with [`ADMIN`] as the user.
    pub fn socket_directory(&self) -> &Path {
        &self.server.sockets
    }

    /// Creates a database unless it is there, and tells how to connect to it.
    ///
    /// # Errors
    ///
    /// [`Error::DatabaseName`] for a name outside `[a-z][a-z0-9_]{0,62}`, [`Error::Database`] when
    /// the server refuses.
    pub async fn ensure_database(&self, name: &str) -> Result<PgConnectOptions, Error> {
        check_database_name(name)?;
        match self.create(name, "").await {
            Err(Error::Database { source, .. }) if tells_duplicate(&source) => {}
            created => created?,
        }
        Ok(self.options(name))
    }

    /// Creates a database and the role that owns it, unless they are there, and tells how that role
    /// connects to it. What the admin owned in it becomes the role's; nobody else but the admin may
    /// enter.
    ///
    /// # Errors
    ///
    /// [`Error::DatabaseName`] for a name that is none of [`Settings::owners`],
    /// [`Error::Database`] when the server refuses.
    pub async fn ensure_owned_database(&self, name: &str) -> Result<PgConnectOptions, Error> {
        if !self.owners.iter().any(|owner| owner == name) {
            return Err(Error::DatabaseName(name.chars().take(64).collect()));
        }
        ownership::ensure(self, name).await?;
        Ok(self.options(name).username(name))
    }

    /// Creates a database as a copy of another one, to which nobody may be connected meanwhile.
    ///
    /// # Errors
    ///
    /// As [`Postgres::ensure_database`]; also when `name` exists or `template` is in use.
    pub async fn create_from_template(
        &self,
        name: &str,
        template: &str,
    ) -> Result<PgConnectOptions, Error> {
        check_database_name(name)?;
        check_database_name(template)?;
        self.create(name, &format!(" TEMPLATE \"{template}\"")).await?;
        Ok(self.options(name))
    }

    /// Resolves with the reason when the server ends though nobody here asked it to; else never.
    pub fn died(&self) -> impl Future<Output = Error> + Send + use<> {
        let mut end = self.server.end.clone();
        let dismissed = Arc::clone(&self.dismissed);
        async move {
            let status = end.wait().await;
            if dismissed.load(Ordering::Acquire) {
                return future::pending().await;
            }
            end.error(status)
        }
    }

    /// Ends all sessions, has the server write a checkpoint, and waits until it is gone.
    ///
    /// # Errors
    ///
    /// [`Error::CutOff`] after 60 s, [`Error::Ended`] or [`Error::DiskFull`] if the server ended
    /// badly. It is gone in each case, and recovers at its next start.
    pub async fn stop(self) -> Result<(), Error> {
        self.dismiss();
        let mut end = self.server.end.clone();
        match tokio::time::timeout(STOP_LIMIT, end.wait()).await {
            Ok(Some(status)) if status.success() => Ok(()),
            Ok(status) => Err(end.error(status)),
            Err(_) => {
                self.server.signal(Signal::QUIT);
                end.wait().await;
                Err(Error::CutOff { seconds: STOP_LIMIT.as_secs() })
            }
        }
    }

    /// SIGINT is PostgreSQL's "fast shutdown".
    fn dismiss(&self) {
        self.dismissed.store(true, Ordering::Release);
        self.server.signal(Signal::INT);
    }

    async fn ready(&self) -> Result<(), Error> {
        let mut end = self.server.end.clone();
        tokio::select! {
            status = end.wait() => Err(end.error(status)),
            answer = tokio::time::timeout(START_LIMIT, self.knock()) => match answer {
                Ok(answer) => answer,
                Err(_) => {
                    let (seconds, log) = (START_LIMIT.as_secs(), self.server.end.log());
                    Err(Error::NotReady { seconds, log })
                }
            },
        }
    }

    /// Connects again and again until the server lets us in.
    async fn knock(&self) -> Result<(), Error> {
        loop {
            match self.connect().await {
                Err(Error::Database { source, .. }) if tells_not_yet(&source) => {}
                answer => return answer.map(drop),
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn connect(&self) -> Result<PgConnection, Error> {
        let connection = PgConnection::connect_with(&self.options(MAINTENANCE)).await;
        connection.map_err(Error::database("connecting to the private PostgreSQL"))
    }

    /// `name` was checked and `origin` is made of checked parts: both are plain words.
    async fn create(&self, name: &str, origin: &str) -> Result<(), Error> {
        let mut connection = self.connect().await?;
        let statement = AssertSqlSafe(format!("CREATE DATABASE \"{name}\"{origin}"));
        let created = sqlx::query(statement).execute(&mut connection).await;
        created.map_err(Error::database(format!("creating database {name}")))?;
        connection.close().await.map_err(Error::database("closing a connection"))
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.dismiss();
    }
}

fn check_database_name(name: &str) -> Result<(), Error> {
    let first = name.starts_with(|c: char| c.is_ascii_lowercase());
    let plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_';
    if first && name.len() <= 63 && name.bytes().all(plain) {
        return Ok(());
    }
    Err(Error::DatabaseName(name.chars().take(64).collect()))
}

/// Names of roles that begin with `pg_` are the server's own.
fn check_owner_name(name: &str) -> Result<(), Error> {
    if name == ADMIN || name.starts_with("pg_") {
        return Err(Error::DatabaseName(name.chars().take(64).collect()));
    }
    check_database_name(name)
}

/// No socket yet, a socket nobody hears yet, or "the database system is starting up".
/// Waiting would not change who we are.
fn tells_not_yet(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(error) => error.kind() != std::io::ErrorKind::PermissionDenied,
        sqlx::Error::Database(error) => error.code().as_deref() == Some("57P03"),
        _ => false,
    }
}

/// The name is taken: seen at once, or only by the index when two create it together.
fn tells_duplicate(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    matches!(code.as_deref(), Some("42P04" | "42710" | "23505"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn database_names_are_plain_words() {
        let longest = "a".repeat(63);
        for name in ["dossier", "test_1", "a", longest.as_str()] {
            assert!(check_database_name(name).is_ok(), "{name}");
        }
        let too_long = "a".repeat(64);
        for name in ["", "1a", "_a", "A", "a-b", "a\"b", "ă", too_long.as_str()] {
            assert!(check_database_name(name).is_err(), "{name}");
        }
    }

    #[test]
    fn settings_have_bounds() {
        let good = Settings::new("/srv");
        assert!(good.check().is_ok());
        let few = Settings { max_connections: 9, ..good.clone() };
        let none = Settings { shared_buffers_mb: 0, ..good };
        for bad in [few, none] {
            assert!(matches!(bad.check(), Err(Error::OutOfBounds { .. })), "{bad:?}");
        }
    }
}
