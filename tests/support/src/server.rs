//! The PostgreSQL of this test process.
//!
//! It is a static and so never dropped: the kernel stops it when the process ends, however it ends,
//! and the next test process removes its directory.

use std::fs;
use std::path::Path;

use chassis::postgres::{Postgres, Settings};
use tokio::sync::OnceCell;

/// Directories of test processes are named so, with the process id behind.
const PREFIX: &str = "motcua-tests-";

/// The server, started by the first test that asks. It works in a thread and a process of its own
/// and outlives the runtime of that test.
pub(crate) async fn server() -> &'static Postgres {
    static SERVER: OnceCell<Postgres> = OnceCell::const_new();
    SERVER.get_or_init(start).await
}

async fn start() -> Postgres {
    let place = std::env::temp_dir();
    sweep(&place);
    let root = place.join(format!("{PREFIX}{}", std::process::id()));
    let settings = Settings { shared_buffers_mb: 64, durable: false, ..Settings::new(root) };
    Postgres::start(&settings).await.expect("a private PostgreSQL for the tests")
}

/// Removes what test processes that are gone left behind.
fn sweep(place: &Path) {
    let Ok(entries) = fs::read_dir(place) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let owner = name.strip_prefix(PREFIX).and_then(|pid| pid.parse().ok());
        if owner.is_some_and(|owner| !lives(owner) && is_free(&path)) {
            // What cannot be removed now is left to the next sweep.
            let _ = fs::remove_dir_all(&path);
        }
    }
}

/// No process holds the lock, be it one whose id means nothing here (another container's), and the
/// server is not on its way out.
fn is_free(root: &Path) -> bool {
    let locked = fs::File::open(root.join("lock")).is_ok_and(|lock| lock.try_lock().is_err());
    let pid_file = fs::read_to_string(root.join("pgdata/postmaster.pid")).unwrap_or_default();
    let server = pid_file.lines().next().and_then(|pid| pid.trim().parse().ok());
    !locked && !server.is_some_and(lives)
}

fn lives(pid: u32) -> bool {
    Path::new("/proc").join(pid.to_string()).exists()
}
