//! The server process and the thread that owns it.
//!
//! A child's death signal follows the *thread* that made it, not the process, so the server is made
//! by a thread of its own that lives exactly as long as the server: it waits for it, then gives the
//! lock back. Kill us in any way and the kernel tells the server to checkpoint and stop.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, ExitStatus, Stdio};
use std::thread;

use rustix::process::{Pid, PidfdFlags, Signal};
use tokio::runtime::Handle;
use tokio::sync::{oneshot, watch};

use super::account::Accounts;
use super::place::Place;
use super::{Error, Settings, configuration, data_directory, leftovers, log};
use crate::child::end_with_this_thread;

/// A server that was started; it may not be ready yet.
#[derive(Debug)]
pub(super) struct Server {
    pub sockets: PathBuf,
    pub end: End,
    /// Names the process for good, even when its number is used again.
    handle: OwnedFd,
}

/// Tells when and how the server ended.
#[derive(Debug, Clone)]
pub(super) struct End {
    status: watch::Receiver<Option<ExitStatus>>,
    start_log: PathBuf,
    mark: log::Mark,
    log: PathBuf,
}

impl Server {
    /// Prepares everything and starts the server, in a thread that then stays with it.
    pub async fn launch(settings: &Settings) -> Result<Self, Error> {
        let (tell, told) = oneshot::channel();
        let settings = settings.clone();
        let (root, runtime) = (settings.root.clone(), Handle::current());
        let thread = thread::Builder::new().name("postgres-owner".to_owned());
        thread
            .spawn(move || own(&settings, &runtime, tell))
            .map_err(Error::io("starting a thread for", &root))?;
        told.await.unwrap_or_else(|_| {
            let lost = io::Error::other("the thread that starts PostgreSQL panicked");
            Err(Error::io("starting PostgreSQL in", &root)(lost))
        })
    }

    /// Sends a signal. A server that has ended already does not mind.
    pub fn signal(&self, signal: Signal) {
        let _ = rustix::process::pidfd_send_signal(&self.handle, signal);
    }
}

impl End {
    /// Waits for the server to end; nothing is known of how if its thread is gone.
    pub async fn wait(&mut self) -> Option<ExitStatus> {
        self.status.wait_for(Option::is_some).await.ok().and_then(|status| *status)
    }

    /// The error that reports this end.
    pub fn error(&self, status: Option<ExitStatus>) -> Error {
        let words = self.mark.last_words(&self.start_log);
        if log::tells_full_disk(&words) {
            return Error::DiskFull { place: self.log.clone() };
        }
        let status = status.map_or_else(|| "unknown".to_owned(), |status| status.to_string());
        Error::Ended { status, log: self.log.clone(), words }
    }

    /// Where the server's log lies.
    pub fn log(&self) -> PathBuf {
        self.log.clone()
    }
}

/// The life of the owning thread.
fn own(settings: &Settings, runtime: &Handle, tell: oneshot::Sender<Result<Server, Error>>) {
    let (ended, status) = watch::channel(None);
    let (mut child, place, server) = match start(settings, runtime, status) {
        Ok(started) => started,
        Err(error) => return drop(tell.send(Err(error))),
    };
    if let Err(Ok(unwanted)) = tell.send(Ok(server)) {
        unwanted.signal(Signal::INT);
    }
    let status = child.wait().ok();
    // The lock first: who hears of the end may start again at once.
    place.tidy();
    drop(place);
    ended.send_replace(status);
}

fn start(
    settings: &Settings,
    runtime: &Handle,
    status: watch::Receiver<Option<ExitStatus>>,
) -> Result<(Child, Place, Server), Error> {
    let accounts = Accounts::of_this_process()?;
    let place = Place::open(&settings.root, &accounts)?;
    let binaries = data_directory::ready(settings, &place, &accounts)?;
    leftovers::clear(&place, runtime)?;
    place.furnish(&accounts)?;
    let configuration = configuration::write(settings, &place, &accounts, &binaries)?;

    let end = End {
        status,
        start_log: place.root.join("start.log"),
        mark: log::Mark::now(&place.log),
        log: place.log.clone(),
    };
    let words = File::create(&end.start_log).map_err(Error::io("creating", &end.start_log))?;
    let mut command = binaries.command("postgres");
    command.arg("-D").arg(&place.data).arg("-c");
    command.arg(format!("config_file={}", configuration.display()));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(words);
    // A group of its own: Ctrl-C in the terminal is for us, and we stop the server in our order.
    command.process_group(0);
    accounts.step_down(&mut command);
    end_with_this_thread(&mut command, Signal::INT);
    let child = command.spawn().map_err(Error::io("running postgres in", &binaries.directory))?;
    let (child, handle) = handle_of(child, &place)?;
    let server = Server { sockets: place.sockets.clone(), end, handle };
    Ok((child, place, server))
}

fn handle_of(mut child: Child, place: &Place) -> Result<(Child, OwnedFd), Error> {
    match rustix::process::pidfd_open(Pid::from_child(&child), PidfdFlags::empty()) {
        Ok(handle) => Ok((child, handle)),
        Err(error) => {
            // A server we could not stop later is not kept now; it has not begun to work yet.
            let _ = child.kill().and_then(|()| child.wait());
            Err(Error::io("taking a handle on the server of", &place.root)(error.into()))
        }
    }
}
