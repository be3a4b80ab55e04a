//! A service's database: its pool and its migrations.

use std::time::Duration;

use sqlx::PgPool;
use sqlx::migrate::{AppliedMigration, Migrate, MigrateError, Migrator};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions};

use crate::clock::Clock;
use crate::refusal::Failure;
use crate::service::periodically;

/// The chassis's own tables, which every service's database has.
static CHASSIS: Migrator = sqlx::migrate!();

/// Days a call's answer is kept for its repeats.
const ANSWERS_KEPT_DAYS: i32 = 7;

/// How long a call waits for a connection before it is told to come back.
const PATIENCE: Duration = Duration::from_secs(3);

/// How often partitions are made ahead and dropped behind.
const HOUSEKEEPING: Duration = Duration::from_secs(3600);

/// Classes of SQLSTATE that speak of the server, not of a statement: connection exception, invalid transaction state (a standby only
/// reads), invalid authorization, invalid catalog name, insufficient resources, operator intervention, system error.
const AWAY: [&str; 7] = ["08", "25", "28", "3D", "53", "57", "58"];

/// SQLSTATE query_canceled. Its class is operator intervention, but it is our own `statement_timeout` that cancels.
const TOO_SLOW: &str = "57014";

/// SQLSTATE serialization_failure, deadlock_detected, lock_not_available: the same statement may do later.
const LOST: [&str; 3] = ["40001", "40P01", "55P03"];

/// Why a query failed, and so what may help. None of it in the database's own words, nor in those of a row that does not read: both may
/// hold what a row holds.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The database is away, or whether it committed is not known: a repeat may do.
    Away(String),
    /// A deadlock, or the wait for a lock, was lost: the same again may do at once.
    Lost(String),
    /// The query or a row is broken, and no repeat will do.
    Ours(String),
}

impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(error) => Self::of_code(&error.code().unwrap_or_default()),
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => Self::Away(error.to_string()),
            sqlx::Error::ColumnDecode { index, .. } => {
                Self::Ours(format!("column {index} of a row does not read"))
            }
            sqlx::Error::Decode(_) => Self::Ours("a row does not read".into()),
            sqlx::Error::Encode(_) => Self::Ours("a value cannot be written".into()),
            broken => Self::Ours(broken.to_string()),
        }
    }
}

impl Fault {
    fn of_code(code: &str) -> Self {
        if LOST.contains(&code) {
            Self::Lost(format!("sqlstate {code}"))
        } else if code != TOO_SLOW && AWAY.iter().any(|class| code.starts_with(class)) {
            Self::Away(format!("sqlstate {code}"))
        } else {
            Self::Ours(format!("a query ended with sqlstate {code}"))
        }
    }
}

/// A query that failed: the database is away or the race was lost, and a repeat may do; or the query or a row is broken, and no
/// repeat will. The database's own words may hold what a row holds, so only their code is told.
pub fn failed(error: sqlx::Error) -> Failure {
    match Fault::from(error) {
        Fault::Away(why) | Fault::Lost(why) => Failure::Unavailable(why),
        Fault::Ours(why) => Failure::Broken(why),
    }
}

/// Opens a pool. Statements that wait for a lock longer than 2 s lose it; one that runs longer than 30 s is cut off. What the server only
/// remarks (that a partition is there already) is not told.
pub fn pool(options: PgConnectOptions, service: &str, connections: u32) -> PgPool {
    let options = options.application_name(&format!("motcua-{service}")).options([
        ("lock_timeout", "2s"),
        ("statement_timeout", "30s"),
        ("client_min_messages", "warning"),
        ("jit", "off"),
    ]);
    PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(PATIENCE)
        .connect_lazy_with(options)
}

/// Brings a database to the present form: the chassis's tables, then the service's.
///
/// # Errors
/// A migration fails, or one that was applied has changed since.
pub async fn migrate(pool: &PgPool, service: &Migrator, clock: &Clock) -> Result<(), MigrateError> {
    CHASSIS.run(pool).await?;
    service.run(pool).await?;
    keep_partitions(pool, clock).await?;
    Ok(())
}

/// How many of the migrations that this program knows the database lacks; none: it may be worked with. One that has more than this program
/// knows may too: a release first adds, and takes away only what the release before it no longer needs.
///
/// # Errors
/// The database cannot be asked, or a migration that was applied is another one than the program knows.
pub async fn lacking(pool: &PgPool, service: &str, own: &Migrator) -> Result<usize, MigrateError> {
    let mut connection = pool.acquire().await.map_err(MigrateError::Execute)?;
    let of_chassis = lacks(&mut connection, "chassis", &CHASSIS).await?;
    Ok(of_chassis + lacks(&mut connection, service, own).await?)
}

/// The table of migrations is named after its schema: every `sqlx.toml` says so.
async fn lacks(
    connection: &mut PgConnection,
    schema: &str,
    known: &Migrator,
) -> Result<usize, MigrateError> {
    let applied = match connection.list_applied_migrations(&format!("{schema}.migration")).await {
        Err(MigrateError::Execute(error)) if no_such_table(&error) => Vec::new(),
        applied => applied?,
    };
    let mut missing = 0;
    for migration in known.iter() {
        let same = |applied: &&AppliedMigration| applied.version == migration.version;
        match applied.iter().find(same) {
            None => missing += 1,
            Some(applied) if applied.checksum == migration.checksum => {}
            Some(_) => return Err(MigrateError::VersionMismatch(migration.version)),
        }
    }
    Ok(missing)
}

fn no_such_table(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    code.as_deref() == Some("42P01")
}

/// The last migrations there are: of the chassis's tables, and of the service's.
pub(crate) fn schema_versions(service: &Migrator) -> (i64, i64) {
    let last = |migrator: &Migrator| migrator.iter().map(|step| step.version).max();
    (last(&CHASSIS).unwrap_or_default(), last(service).unwrap_or_default())
}

/// Makes the partitions of the coming days and drops the answers past their days.
async fn keep_partitions(pool: &PgPool, clock: &Clock) -> sqlx::Result<()> {
    let today = clock.now().strftime("%F").to_string();
    sqlx::query!("select chassis.keep_partitions($1::text::date, $2)", today, ANSWERS_KEPT_DAYS)
        .execute(pool)
        .await?;
    Ok(())
}

/// Keeps partitions for as long as it is polled.
pub async fn keep_house(pool: PgPool, clock: Clock) {
    periodically("partitions", HOUSEKEEPING, || keep_partitions(&pool, &clock)).await;
}
