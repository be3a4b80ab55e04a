use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

/// Why the private PostgreSQL could not be set up, started, used or stopped.
///
/// Every text names the place and the remedy. Text taken from PostgreSQL itself is bounded (2 KiB)
/// and comes from its start-up or shutdown, never from a statement.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No server binaries of a supported release on this machine.
    #[error(
        "no PostgreSQL {oldest} or newer found in {searched}; install it with: {remedy}",
        oldest = super::OLDEST_MAJOR
    )]
    NoBinaries {
        /// The places looked into.
        searched: String,
        /// The line to run.
        remedy: &'static str,
    },
    /// The directory named in the settings holds no usable server.
    #[error("{directory} holds no usable PostgreSQL server: {reason}")]
    BadBinaries {
        /// The directory named.
        directory: PathBuf,
        /// What is amiss.
        reason: String,
    },
    /// The data were written by another major version. Nothing was touched.
    #[error(
        "{directory} was written by PostgreSQL {data} and the server here is {server}; \
         install PostgreSQL {data}, or move the data over with pg_upgrade"
    )]
    OtherVersion {
        /// The data directory.
        directory: PathBuf,
        /// Major version of the data.
        data: u32,
        /// Major version of the binaries.
        server: u32,
    },
    /// A directory stands where the data belong and is no complete cluster. Nothing was touched.
    #[error(
        "{directory} exists but lacks {missing}: it is not a whole PostgreSQL data directory; \
         restore it from a backup, or move it away to begin anew"
    )]
    HalfWritten {
        /// The data directory.
        directory: PathBuf,
        /// The file that is missing or unreadable in form.
        missing: &'static str,
    },
    /// The data belong to another account than the server would run as. Nothing was touched.
    #[error(
        "{directory} belongs to uid {owner} but the server would run as {account}; \
         start as that user, or run: chown -R {account} {directory}"
    )]
    OtherOwner {
        /// The data directory.
        directory: PathBuf,
        /// Its owner.
        owner: u32,
        /// The account the server runs as.
        account: String,
    },
    /// Another process owns this root.
    #[error("{root} is in use by another process ({owner}); stop it, or choose another directory")]
    InUse {
        /// The root asked for.
        root: PathBuf,
        /// What the owner wrote into the lock file.
        owner: String,
    },
    /// Server processes without an owner still work on the data.
    #[error(
        "{directory} is still used by PostgreSQL processes {pids:?}; stop them and start again"
    )]
    StillRunning {
        /// The data directory.
        directory: PathBuf,
        /// Their process ids.
        pids: Vec<u32>,
    },
    /// The account that runs the server may not pass through a directory above the data.
    #[error(
        "{directory} may not be entered by {account}, which runs the server; \
         choose a root outside of it, or run: chmod o+x {directory}"
    )]
    NotTraversable {
        /// The directory that bars the way.
        directory: PathBuf,
        /// The account barred.
        account: String,
    },
    /// The operating system knows no account to run under.
    #[error("no operating system account: {0}; add one to /etc/passwd")]
    NoAccount(String),
    /// A path cannot be used.
    #[error("{path} cannot be used: {reason}")]
    BadPath {
        /// The path.
        path: PathBuf,
        /// Why.
        reason: &'static str,
    },
    /// A setting is out of its bounds.
    #[error("{name} is {value}; it must be within {least}..={most}")]
    OutOfBounds {
        /// The setting.
        name: &'static str,
        /// The value given.
        value: u32,
        /// Smallest value allowed.
        least: u32,
        /// Largest value allowed.
        most: u32,
    },
    /// No room on the device of this place.
    #[error("the disk that holds {place} is full; free some space and start again")]
    DiskFull {
        /// A path on the full device.
        place: PathBuf,
    },
    /// The data directory could not be made.
    #[error("initdb failed ({status}): {words}")]
    Initdb {
        /// How initdb ended.
        status: ExitStatus,
        /// What it said.
        words: String,
    },
    /// The server ended though nobody asked it to, or ended badly when asked.
    #[error("PostgreSQL ended ({status}); its log is in {log}; last words: {words}")]
    Ended {
        /// How it ended; "unknown" when even that was lost.
        status: String,
        /// Where its log lies.
        log: PathBuf,
        /// What it said last.
        words: String,
    },
    /// The server did not become ready in time.
    #[error("PostgreSQL was not ready after {seconds} s; its log is in {log}")]
    NotReady {
        /// The time allowed.
        seconds: u64,
        /// Where its log lies.
        log: PathBuf,
    },
    /// The server did not stop in time and was cut off; it recovers at the next start.
    #[error(
        "PostgreSQL did not stop within {seconds} s and was cut off; it recovers at next start"
    )]
    CutOff {
        /// The time allowed.
        seconds: u64,
    },
    /// A database name outside the grammar `[a-z][a-z0-9_]{0,62}`.
    #[error(
        "{0:?} is no database name: lower case letters, digits and _, at most 63, a letter first"
    )]
    DatabaseName(String),
    /// The server refused a statement or a connection.
    #[error("{doing}: {source}")]
    Database {
        /// What was being done.
        doing: String,
        /// What the driver says.
        source: sqlx::Error,
    },
    /// The operating system refused.
    #[error("{doing} {path}: {source}")]
    Io {
        /// What was being done.
        doing: &'static str,
        /// To what.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl Error {
    /// Wraps a refusal of the operating system; a full disk gets its own text.
    pub(super) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| match source.kind() {
            io::ErrorKind::StorageFull => Self::DiskFull { place: path },
            _ => Self::Io { doing, path, source },
        }
    }

    pub(super) fn database(doing: impl Into<String>) -> impl FnOnce(sqlx::Error) -> Self {
        let doing = doing.into();
        move |source| Self::Database { doing, source }
    }
}
