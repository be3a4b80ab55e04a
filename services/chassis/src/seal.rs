//! Personal data, sealed before they reach a database, with the place they belong to bound in.

use std::sync::Arc;

use aes_gcm_siv::aead::{Aead, KeyInit, Payload};
use aes_gcm_siv::{Aes256GcmSiv, Nonce};
use thiserror::Error;

/// Bytes of a nonce, which stands before the ciphertext.
const NONCE: usize = 12;

/// Seals and opens with one key. AES-256-GCM-SIV (RFC 8452) forgives a nonce that comes twice, and random nonces may.
#[derive(Clone)]
pub struct Seal(Arc<Aes256GcmSiv>);

/// Something sealed that does not open: another key, another place, or damaged.
#[derive(Debug, Error)]
#[error("sealed data do not open with this service's key at this place")]
pub struct Broken;

impl Seal {
    /// Seals with this key.
    pub fn new(key: &[u8; 32]) -> Self {
        Self(Arc::new(Aes256GcmSiv::new(key.into())))
    }

    /// Seals `plain` for the place that `aad` names.
    ///
    /// # Errors
    /// It is longer than the cipher takes (64 GiB).
    pub fn seal(&self, aad: &[u8], plain: &[u8]) -> Result<Vec<u8>, Broken> {
        let nonce: [u8; NONCE] = rand::random();
        let payload = Payload { msg: plain, aad };
        let sealed = self.0.encrypt(Nonce::from_slice(&nonce), payload).map_err(|_| Broken)?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Opens what [`Seal::seal`] made for the same place.
    ///
    /// # Errors
    /// It does not open.
    pub fn open(&self, aad: &[u8], sealed: &[u8]) -> Result<Vec<u8>, Broken> {
        let (nonce, ciphertext) = sealed.split_at_checked(NONCE).ok_or(Broken)?;
        let payload = Payload { msg: ciphertext, aad };
        self.0.decrypt(Nonce::from_slice(nonce), payload).map_err(|_| Broken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_at_its_own_place_alone() {
        let seal = Seal::new(&[3; 32]);
        let sealed = seal.seal(b"here", b"plain").expect("sealed");
        assert_eq!(seal.open(b"here", &sealed).expect("opens"), b"plain");
        assert!(seal.open(b"there", &sealed).is_err());
        assert!(Seal::new(&[4; 32]).open(b"here", &sealed).is_err());
        assert!(seal.open(b"here", &sealed[..11]).is_err());
    }
}
