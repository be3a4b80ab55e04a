//! The directories of one root and the lock that makes this process their only owner.
//!
//! As root, everything but the data, the log and the socket stays root's own: the server's account
//! can then never make us write somewhere else through a link it planted.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::account::Accounts;
use super::{Error, PORT};

/// A socket's address holds 108 bytes on Linux and its lock file's name is longer by five.
const LONGEST_SOCKET_PATH: usize = 99;

/// The paths below a root, and the lock on it. The lock is the kernel's: it goes however we die.
#[derive(Debug)]
pub(super) struct Place {
    pub root: PathBuf,
    /// The data directory: whole or absent, see [`super::data_directory`].
    pub data: PathBuf,
    /// Where a data directory is made before it gets its name.
    pub unfinished: PathBuf,
    pub sockets: PathBuf,
    pub log: PathBuf,
    pub configuration: PathBuf,
    _lock: File,
}

impl Place {
    /// Creates the root where missing and locks it. Nothing below it is looked at yet.
    pub fn open(root: &Path, accounts: &Accounts) -> Result<Self, Error> {
        let root = create_root(root, accounts)?;
        let lock = lock(&root)?;
        Ok(Self {
            data: root.join("pgdata"),
            unfinished: root.join("pgdata.new"),
            sockets: socket_directory(&root, &std::env::temp_dir())?,
            log: root.join("log"),
            configuration: root.join("conf"),
            root,
            _lock: lock,
        })
    }

    /// Creates the directories a server needs beside its data.
    pub fn furnish(&self, accounts: &Accounts) -> Result<(), Error> {
        create_directory(&self.configuration, 0o755)?;
        create_directory(&self.log, 0o700)?;
        accounts.give(&self.log)?;
        create_directory(&self.sockets, 0o700)?;
        check_ours(&self.sockets, accounts)?;
        accounts.give(&self.sockets)?;
        let private = Permissions::from_mode(0o700);
        fs::set_permissions(&self.sockets, private).map_err(Error::io("closing", &self.sockets))?;
        let above = self.sockets.parent().unwrap_or(&self.root);
        accounts.check_way_to(above)
    }

    /// The socket clients connect to, and the file by which servers keep each other off it.
    pub fn socket_files(&self) -> [PathBuf; 2] {
        ["", ".lock"].map(|suffix| self.sockets.join(format!(".s.PGSQL.{PORT}{suffix}")))
    }

    /// Removes what would be left outside the root.
    pub fn tidy(&self) {
        if !self.sockets.starts_with(&self.root) {
            // It may hold something unexpected; then it stays, and the next start finds it its own.
            let _ = fs::remove_dir(&self.sockets);
        }
    }
}

/// As root, the directories made on the way let the server's account pass, whatever our umask is.
fn create_root(root: &Path, accounts: &Accounts) -> Result<PathBuf, Error> {
    let root = std::path::absolute(root).map_err(Error::io("resolving", root))?;
    let mode = if accounts.steps_down() { 0o711 } else { 0o700 };
    let missing: Vec<_> = root.ancestors().take_while(|above| !above.exists()).collect();
    missing.into_iter().rev().try_for_each(|directory| create_directory(directory, mode))?;
    let root = root.canonicalize().map_err(Error::io("resolving", &root))?;
    check_spelling(&root)?;
    accounts.check_way_to(&root)?;
    Ok(root)
}

/// The path ends up in a configuration file and in a comma separated list: keep it plain.
fn check_spelling(path: &Path) -> Result<(), Error> {
    let awkward = |c: char| c.is_control() || matches!(c, '\'' | '"' | '\\' | ',');
    let plain = path.to_str().is_some_and(|text| !text.contains(awkward));
    let reason = "it must be UTF-8 without quotes, commas, backslashes and control characters";
    if plain { Ok(()) } else { Err(Error::BadPath { path: path.to_owned(), reason }) }
}

fn lock(root: &Path) -> Result<File, Error> {
    let path = root.join("lock");
    let mut options = OpenOptions::new();
    let mut file = options
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(Error::io("opening", &path))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            return Err(Error::InUse { root: root.to_owned(), owner: read_owner(&mut file) });
        }
        Err(TryLockError::Error(error)) => return Err(Error::io("locking", &path)(error)),
    }
    let told = file.set_len(0).and_then(|()| write!(file, "pid {}", std::process::id()));
    told.map_err(Error::io("writing", &path))?;
    Ok(file)
}

fn read_owner(lock: &mut File) -> String {
    let mut text = String::new();
    match lock.take(32).read_to_string(&mut text) {
        Ok(1..) => text,
        _ => "pid unknown".to_owned(),
    }
}

/// Below the root if the address fits; else below the temporary directory, under a name made from
/// the root.
fn socket_directory(root: &Path, temporary: &Path) -> Result<PathBuf, Error> {
    let hash = hex::encode(&Sha256::digest(root.as_os_str().as_encoded_bytes())[..8]);
    let fits = |path: &PathBuf| {
        path.as_os_str().len() + format!("/.s.PGSQL.{PORT}").len() <= LONGEST_SOCKET_PATH
    };
    let choices = [root.join("sock"), temporary.join(format!("motcua-{hash}"))];
    let chosen = choices.into_iter().find(fits).ok_or_else(|| Error::BadPath {
        path: temporary.to_owned(),
        reason: "its path is too long for a socket; set TMPDIR to a shorter one",
    })?;
    check_spelling(&chosen)?;
    Ok(chosen)
}

fn create_directory(path: &Path, mode: u32) -> Result<(), Error> {
    match DirBuilder::new().mode(mode).create(path) {
        Ok(()) => fs::set_permissions(path, Permissions::from_mode(mode))
            .map_err(Error::io("setting the mode of", path)),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(Error::io("creating", path)(error)),
    }
}

/// A name in a public directory may have been taken by someone else, or be a link.
fn check_ours(path: &Path, accounts: &Accounts) -> Result<(), Error> {
    let metadata = path.symlink_metadata().map_err(Error::io("looking at", path))?;
    let owners = [rustix::process::geteuid().as_raw(), accounts.server.uid];
    if metadata.is_dir() && owners.contains(&metadata.uid()) {
        return Ok(());
    }
    Err(Error::BadPath {
        path: path.to_owned(),
        reason: "it is not a directory of ours; remove it",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_root_gets_a_short_socket() {
        let temporary = Path::new("/tmp");
        let near = socket_directory(Path::new("/srv/motcua"), temporary).unwrap();
        assert_eq!(near, Path::new("/srv/motcua/sock"));
        let long = PathBuf::from(format!("/srv/{}", "x".repeat(90)));
        let far = socket_directory(&long, temporary).unwrap();
        assert!(far.starts_with(temporary) && far.as_os_str().len() < 40, "{far:?}");
        assert_eq!(far, socket_directory(&long, temporary).unwrap());
        assert!(matches!(socket_directory(&long, &long), Err(Error::BadPath { .. })));
    }

    #[test]
    fn the_longest_root_that_fits_is_used() {
        let just = PathBuf::from(format!("/{}", "x".repeat(LONGEST_SOCKET_PATH - 1 - 5 - 14)));
        assert!(socket_directory(&just, Path::new("/tmp")).unwrap().starts_with(&just));
        let over = PathBuf::from(format!("/{}", "x".repeat(LONGEST_SOCKET_PATH - 5 - 14)));
        assert!(!socket_directory(&over, Path::new("/tmp")).unwrap().starts_with(&over));
    }

    #[test]
    fn awkward_paths_are_refused() {
        for path in ["/a'b", "/a,b", "/a\nb", "/a\\b", "/a\"b"] {
            assert!(check_spelling(Path::new(path)).is_err(), "{path:?}");
        }
        assert!(check_spelling(Path::new("/srv/một cửa")).is_ok());
    }
}
