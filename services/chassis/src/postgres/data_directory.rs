//! The data directory is whole or it is not there.
//!
//! It is made under another name and gets its own by one rename, so a kill in the middle leaves
//! only a directory that is plainly ours to remove. Anything else found in its place belongs to
//! somebody who may want it back: it is refused and not touched.

use std::fs::{self, DirBuilder, File};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Output, Stdio};

use rustix::process::Signal;

use super::account::Accounts;
use super::binaries::Binaries;
use super::place::Place;
use super::{ADMIN, Error, Settings, log};
use crate::child::end_with_this_thread;

/// Finds the binaries that fit the data, or makes the data with the binaries found.
pub(super) fn ready(
    settings: &Settings,
    place: &Place,
    accounts: &Accounts,
) -> Result<Binaries, Error> {
    let named = settings.bin_dir.as_deref();
    let binaries = match version_of(&place.data)? {
        Some(major) => {
            let binaries = Binaries::find(named, Some(major))?;
            check_version(&place.data, major, &binaries)?;
            check_owner(&place.data, accounts)?;
            binaries
        }
        None => {
            let binaries = Binaries::find(named, None)?;
            remove_unfinished(place)?;
            initialise(&binaries, settings, place, accounts)?;
            binaries
        }
    };
    remove_unfinished(place)?;
    Ok(binaries)
}

/// The major version of the data, or nothing if there are none yet.
fn version_of(data: &Path) -> Result<Option<u32>, Error> {
    // A dangling link is "there": it points at a disk that is not mounted.
    match data.symlink_metadata() {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::io("looking at", data)(error)),
        Ok(_) => {}
    }
    let lacks = |missing| Error::HalfWritten { directory: data.to_owned(), missing };
    let major = read_version(&data.join("PG_VERSION"))?.ok_or_else(|| lacks("PG_VERSION"))?;
    if !data.join("global/pg_control").is_file() {
        return Err(lacks("global/pg_control"));
    }
    Ok(Some(major))
}

fn read_version(path: &Path) -> Result<Option<u32>, Error> {
    let mut text = String::new();
    match File::open(path).and_then(|file| file.take(16).read_to_string(&mut text)) {
        Ok(_) => Ok(text.trim().parse().ok()),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Ok(None)
        }
        Err(error) => Err(Error::io("reading", path)(error)),
    }
}

fn check_version(data: &Path, major: u32, binaries: &Binaries) -> Result<(), Error> {
    if major == binaries.major {
        return Ok(());
    }
    Err(Error::OtherVersion { directory: data.to_owned(), data: major, server: binaries.major })
}

fn check_owner(data: &Path, accounts: &Accounts) -> Result<(), Error> {
    let owner = data.metadata().map_err(Error::io("looking at", data))?.uid();
    if owner == accounts.server.uid {
        return Ok(());
    }
    let account = accounts.server.name.clone();
    Err(Error::OtherOwner { directory: data.to_owned(), owner, account })
}

fn remove_unfinished(place: &Place) -> Result<(), Error> {
    match fs::remove_dir_all(&place.unfinished) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(Error::io("removing", &place.unfinished)(error))
        }
        _ => Ok(()),
    }
}

fn initialise(
    binaries: &Binaries,
    settings: &Settings,
    place: &Place,
    accounts: &Accounts,
) -> Result<(), Error> {
    tracing::info!(data = %place.data.display(), "setting up a new database cluster");
    let (unfinished, data) = (&place.unfinished, &place.data);
    DirBuilder::new().mode(0o700).create(unfinished).map_err(Error::io("creating", unfinished))?;
    accounts.give(unfinished)?;
    if let Err(error) = run_initdb(binaries, settings, place, accounts) {
        // The failure is the news; what cannot be removed now is removed at the next start.
        let _ = remove_unfinished(place);
        return Err(error);
    }
    fs::rename(unfinished, data).map_err(Error::io("renaming", unfinished))?;
    let root = File::open(&place.root).and_then(|root| root.sync_all());
    root.map_err(Error::io("syncing", &place.root))
}

fn run_initdb(
    binaries: &Binaries,
    settings: &Settings,
    place: &Place,
    accounts: &Accounts,
) -> Result<(), Error> {
    let mut command = binaries.command("initdb");
    command.arg("--pgdata").arg(&place.unfinished).arg(format!("--username={ADMIN}"));
    command.args(["--auth-local=peer", "--auth-host=reject", "--data-checksums"]);
    command.args(["--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions"]);
    if !settings.durable {
        command.arg("--no-sync");
    }
    command.stdin(Stdio::null()).process_group(0);
    accounts.step_down(&mut command);
    end_with_this_thread(&mut command, Signal::KILL);
    let output = command.output().map_err(Error::io("running initdb in", &binaries.directory))?;
    judge_initdb(&output, &place.root)
}

fn judge_initdb(output: &Output, root: &Path) -> Result<(), Error> {
    if output.status.success() {
        return Ok(());
    }
    let words = log::bounded(&String::from_utf8_lossy(&output.stderr));
    if log::tells_full_disk(&words) {
        return Err(Error::DiskFull { place: root.to_owned() });
    }
    Err(Error::Initdb { status: output.status, words })
}
