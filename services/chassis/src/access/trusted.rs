//! Whose word is taken: public keys in a folder, one file each.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePublicKey, EncodePublicKey};
use thiserror::Error;

use super::token::VerifyingKey;

/// The file of identity's token key, up to the first dot.
const TOKENS: &str = "tokens";

/// The largest file that is read, in bytes; a key takes about 120.
const LARGEST: u64 = 4096;

/// The most keys a folder may hold.
const MOST: usize = 100;

/// A public key and how far it is trusted.
#[derive(Clone, Debug)]
pub struct Trusted {
    /// The key.
    pub key: VerifyingKey,
    /// Whom it speaks for.
    pub speaks_for: SpeaksFor,
}

/// Whom a key speaks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SpeaksFor {
    /// Everybody but the services that have a key of their own: the key of identity.
    Everybody,
    /// One service, by its name.
    Service(String),
}

impl SpeaksFor {
    /// The name of the file that [`write_trusted`] writes.
    pub fn file(&self) -> String {
        match self {
            Self::Everybody => format!("{TOKENS}.pem"),
            Self::Service(service) => format!("{service}.pem"),
        }
    }
}

/// A folder of public keys that cannot be used.
#[derive(Debug, Error)]
pub enum TrustError {
    /// The folder or a file in it cannot be read or written.
    #[error("trusted keys, {path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file is no key.
    #[error("{0} is no Ed25519 public key in PEM (-----BEGIN PUBLIC KEY-----)")]
    NotAKey(PathBuf),
    /// Too many files.
    #[error("{0} holds more than 100 keys")]
    TooMany(PathBuf),
}

/// Every key in a folder. A file is called after whom its key speaks for, `tokens.pem` or `mailing.pem`; a second key of the same, during
/// a change of keys, has something between: `mailing.2.pem`. Files that begin with a dot or do not end in `.pem` are left alone.
///
/// # Errors
/// The folder or a file cannot be read, a file is no key, or there are more than 100.
pub fn trusted_in(folder: &Path) -> Result<Vec<Trusted>, TrustError> {
    let failed = |source| TrustError::File { path: folder.into(), source };
    let mut trusted = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let Some(who) = whose(&path) else { continue };
        if trusted.len() == MOST {
            return Err(TrustError::TooMany(folder.into()));
        }
        let speaks_for =
            if who == TOKENS { SpeaksFor::Everybody } else { SpeaksFor::Service(who.into()) };
        trusted.push(Trusted { key: read(&path)?, speaks_for });
    }
    Ok(trusted)
}

/// Writes a key where [`trusted_in`] reads it, over one that is there.
///
/// # Errors
/// It cannot be written.
pub fn write_trusted(folder: &Path, trusted: &Trusted) -> Result<(), TrustError> {
    let path = folder.join(trusted.speaks_for.file());
    let failed = |source| TrustError::File { path: path.clone(), source };
    let pem = trusted.key.to_public_key_pem(LineEnding::LF);
    let pem = pem.map_err(|_| TrustError::NotAKey(path.clone()))?;
    fs::create_dir_all(folder).and_then(|()| fs::write(&path, pem)).map_err(failed)
}

fn whose(path: &Path) -> Option<&str> {
    let who = path.file_name()?.to_str()?.strip_suffix(".pem")?;
    who.split('.').next().filter(|who| !who.is_empty())
}

fn read(path: &Path) -> Result<VerifyingKey, TrustError> {
    let mut pem = String::new();
    let file = fs::File::open(path).and_then(|file| file.take(LARGEST).read_to_string(&mut pem));
    file.map_err(|source| TrustError::File { path: path.into(), source })?;
    VerifyingKey::from_public_key_pem(&pem).map_err(|_| TrustError::NotAKey(path.into()))
}

#[cfg(test)]
mod tests {
    use super::super::token::SigningKey;
    use super::*;

    #[test]
    fn a_folder_tells_whose_word_is_taken() {
        let folder = std::env::temp_dir().join(format!("motcua-trust-{}", uuid::Uuid::now_v7()));
        let key = |seed: u8| SigningKey::from_bytes(&[seed; 32]).verifying_key();
        let mailing = SpeaksFor::Service("mailing".into());
        for (seed, speaks_for) in [(1, SpeaksFor::Everybody), (2, mailing.clone())] {
            write_trusted(&folder, &Trusted { key: key(seed), speaks_for }).expect("written");
        }
        fs::copy(folder.join("mailing.pem"), folder.join("mailing.2.pem")).expect("a second");
        fs::write(folder.join("..data"), "not ours").expect("written");
        let mut trusted = trusted_in(&folder).expect("keys");
        trusted.sort_by_key(|trusted| trusted.key.to_bytes() != key(1).to_bytes());
        let seen: Vec<_> = trusted.into_iter().map(|it| (it.key, it.speaks_for)).collect();
        let expected =
            [(key(1), SpeaksFor::Everybody), (key(2), mailing.clone()), (key(2), mailing)];
        assert_eq!(seen, expected);
        fs::write(folder.join("payment.pem"), "no key").expect("written");
        assert!(matches!(trusted_in(&folder), Err(TrustError::NotAKey(_))));
        fs::remove_dir_all(folder).expect("removed");
    }
}
