//! Keys on disk: apart from the data, readable by their owner alone. An installation of one process makes them on first use; processes
//! that share them are given them, for a key that one of them made alone would open nothing of the others'.

use std::fs;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use thiserror::Error;
use zeroize::Zeroizing;

/// A key file that cannot be used.
#[derive(Debug, Error)]
pub enum KeyError {
    /// The file or folder cannot be read or made.
    #[error("key file {path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not a key.
    #[error(
        "key file {path} does not hold 32 bytes in hexadecimal; restore it from your backup, or move it away to have a new key made (what was encrypted or signed with the old one then no longer opens or verifies)"
    )]
    NotAKey {
        /// Which.
        path: PathBuf,
    },
    /// The file is not there, and is not ours to make.
    #[error(
        "key file {path} is missing; `motcua up` makes those of all in one on its first start, `motcua keys` those of every service"
    )]
    Missing {
        /// Which.
        path: PathBuf,
    },
}

/// A folder of keys.
#[derive(Clone, Debug)]
pub struct Keys {
    folder: PathBuf,
    given: bool,
}

impl Keys {
    /// The keys in a folder, which is made (mode 0700) where missing.
    ///
    /// # Errors
    /// The folder cannot be made.
    pub fn in_folder(path: impl Into<PathBuf>) -> Result<Self, KeyError> {
        let path = path.into();
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&path)
            .map_err(|source| KeyError::File { path: path.clone(), source })?;
        Ok(Self { folder: path, given: false })
    }

    /// The keys in a folder that someone else fills: none is ever made.
    pub fn given(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), given: true }
    }

    /// The 32 bytes of the key `name`, made from the system's randomness on first use unless the keys are given.
    ///
    /// # Errors
    /// The file cannot be read or made, or is not a key.
    pub fn secret(&self, name: &str) -> Result<Zeroizing<[u8; 32]>, KeyError> {
        let path = self.folder.join(format!("{name}.key"));
        match fs::read_to_string(&path) {
            Ok(text) => parse(&Zeroizing::new(text), &path),
            Err(error) if error.kind() == ErrorKind::NotFound && self.given => {
                Err(KeyError::Missing { path })
            }
            Err(error) if error.kind() == ErrorKind::NotFound => make(&path),
            Err(source) => Err(KeyError::File { path, source }),
        }
    }
}

fn parse(text: &str, path: &Path) -> Result<Zeroizing<[u8; 32]>, KeyError> {
    let mut key = Zeroizing::new([0; 32]);
    hex::decode_to_slice(text.trim(), key.as_mut())
        .map_err(|_| KeyError::NotAKey { path: path.into() })?;
    Ok(key)
}

/// Writes beside, then links: of two processes that start at once one makes the key and both read it.
fn make(path: &Path) -> Result<Zeroizing<[u8; 32]>, KeyError> {
    let failed = |source| KeyError::File { path: path.into(), source };
    let fresh = Zeroizing::new(rand::random::<[u8; 32]>());
    let beside = path.with_extension(format!("new-{}", std::process::id()));
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&beside)
        .map_err(failed)?;
    writeln!(file, "{}", *Zeroizing::new(hex::encode(*fresh))).map_err(failed)?;
    file.sync_all().map_err(failed)?;
    let linked = fs::hard_link(&beside, path);
    fs::remove_file(&beside).map_err(failed)?;
    match linked {
        Ok(()) => Ok(fresh),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            parse(&Zeroizing::new(fs::read_to_string(path).map_err(failed)?), path)
        }
        Err(source) => Err(failed(source)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_read_ever_after() {
        let folder = std::env::temp_dir().join(format!("motcua-keys-{}", uuid::Uuid::now_v7()));
        let keys = Keys::in_folder(&folder).expect("a folder");
        let first = keys.secret("signing").expect("made");
        assert_eq!(*keys.secret("signing").expect("read"), *first);
        assert_ne!(*keys.secret("drawing").expect("made"), *first);
        let given = Keys::given(&folder);
        assert_eq!(*given.secret("signing").expect("read"), *first);
        assert!(matches!(given.secret("sealing"), Err(KeyError::Missing { .. })));
        fs::write(folder.join("signing.key"), "not a key").expect("written");
        assert!(matches!(keys.secret("signing"), Err(KeyError::NotAKey { .. })));
        fs::remove_dir_all(folder).expect("removed");
    }
}
