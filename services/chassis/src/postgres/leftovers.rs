//! What a kill leaves behind: processes on their way out, a pid file that names them, a socket
//! nobody hears.
//!
//! Holding the lock of the root, no other owner can be behind these. PostgreSQL clears up after
//! itself except where the process id of the dead server still "exists": as a zombie nobody reaps,
//! or reused by a stranger.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use tokio::runtime::Handle;

use super::Error;
use super::place::Place;

/// How long an orphaned server may take to stop; its owner's death has already told it to.
const PATIENCE: Duration = Duration::from_secs(60);

/// Looking means reading `/proc` once.
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// A process id above every limit Linux allows, so that no process has it.
const NOBODY: i32 = i32::MAX;

/// Waits until no server process works on the data, then takes away what would keep a new one off.
///
/// The caller's thread blocks; the timers are those of `runtime`.
pub(super) fn clear(place: &Place, runtime: &Handle) -> Result<(), Error> {
    let data = place.data.canonicalize().map_err(Error::io("resolving", &place.data))?;
    runtime
        .block_on(async { tokio::time::timeout(PATIENCE, orphans_gone(&data)).await })
        .map_err(|_| Error::StillRunning { pids: server_processes_in(&data), directory: data })?;
    disarm(&place.data.join("postmaster.pid"))?;
    place.socket_files().iter().try_for_each(|path| remove_if_there(path))
}

/// Orphaned sessions hold the shared memory, so they count as much as the server process itself.
async fn orphans_gone(data: &Path) {
    loop {
        let pids = server_processes_in(data);
        if pids.is_empty() {
            return;
        }
        tracing::debug!(?pids, "waiting for an orphaned PostgreSQL to stop");
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
}

/// Every server process has the data directory as its working directory; a zombie has none.
fn server_processes_in(data: &Path) -> Vec<u32> {
    let Ok(processes) = fs::read_dir("/proc") else { return Vec::new() };
    let works_here = |process: &Path| {
        fs::read_link(process.join("cwd")).is_ok_and(|directory| directory == data)
            && fs::read_to_string(process.join("comm")).is_ok_and(|name| name.trim() == "postgres")
    };
    let pid = |process: &Path| process.file_name()?.to_str()?.parse().ok();
    processes
        .flatten()
        .map(|entry| entry.path())
        .filter_map(|process| pid(&process).filter(|_| works_here(&process)))
        .collect()
}

/// Replaces the process id in a pid file by one that nobody has.
///
/// The rest stays: PostgreSQL checks by it that no old session still holds the shared memory. A
/// file without a process id (cut off by a full disk) tells nothing and goes.
fn disarm(pid_file: &Path) -> Result<(), Error> {
    let Some(text) = read_pid_file(pid_file)? else { return Ok(()) };
    let Some(disarmed) = without_pid(&text) else { return remove_if_there(pid_file) };
    let mut options = OpenOptions::new();
    options.write(true).truncate(true).custom_flags(libc::O_NOFOLLOW);
    let written = options.open(pid_file).and_then(|mut file| file.write_all(disarmed.as_bytes()));
    written.map_err(Error::io("rewriting", pid_file))
}

fn read_pid_file(path: &Path) -> Result<Option<String>, Error> {
    let mut text = String::new();
    match File::open(path).and_then(|file| file.take(4096).read_to_string(&mut text)) {
        Ok(_) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::io("reading", path)(error)),
    }
}

fn without_pid(text: &str) -> Option<String> {
    let (first, rest) = text.split_once('\n')?;
    first.trim().parse::<i32>().ok()?;
    Some(format!("{NOBODY}\n{rest}"))
}

fn remove_if_there(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(Error::io("removing", path)(error))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_pid_goes() {
        let file = "4711\n/srv/pgdata\n1764081000\n5432\n/srv/sock\n\n  1234 5\nready\n";
        let left = "2147483647\n/srv/pgdata\n1764081000\n5432\n/srv/sock\n\n  1234 5\nready\n";
        assert_eq!(without_pid(file).as_deref(), Some(left));
        assert_eq!(without_pid("-12\nx\n").as_deref(), Some("2147483647\nx\n"));
    }

    #[test]
    fn a_file_that_tells_nothing_is_no_pid_file() {
        for text in ["", "\n", "4711", "abc\n/srv\n"] {
            assert_eq!(without_pid(text), None, "{text:?}");
        }
    }
}
