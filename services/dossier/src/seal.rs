//! Answers are personal data: sealed before they reach the database, with the place they belong to bound in.

use std::sync::Arc;

use aes_gcm_siv::aead::{Aead, KeyInit, Payload};
use aes_gcm_siv::{Aes256GcmSiv, Nonce};
use serde_json::Value;
use thiserror::Error;
use uuid::Uuid;

/// Bytes of a nonce, which stands before the ciphertext.
const NONCE: usize = 12;

/// Seals and opens answers with one key. AES-GCM-SIV (RFC 8452) forgives a nonce that comes twice, and random nonces may.
#[derive(Clone)]
pub struct Seal(Arc<Aes256GcmSiv>);

/// Sealed answers that do not open: another key, another place, or damaged.
#[derive(Debug, Error)]
#[error("sealed answers do not open with the key dossier-answers")]
pub struct Broken;

impl Seal {
    /// Seals with this key.
    pub fn new(key: &[u8; 32]) -> Self {
        Self(Arc::new(Aes256GcmSiv::new(key.into())))
    }

    /// Seals the answers of a dossier's step.
    ///
    /// # Errors
    /// The answers are longer than the cipher takes (64 GiB).
    pub fn seal(&self, dossier: Uuid, step: u8, answers: &Value) -> Result<Vec<u8>, Broken> {
        let nonce: [u8; NONCE] = rand::random();
        let json = answers.to_string();
        let payload = Payload { msg: json.as_bytes(), aad: &place(dossier, step) };
        let sealed = self.0.encrypt(Nonce::from_slice(&nonce), payload).map_err(|_| Broken)?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Opens what [`Seal::seal`] made for the same dossier and step.
    ///
    /// # Errors
    /// It does not open.
    pub fn open(&self, dossier: Uuid, step: u8, sealed: &[u8]) -> Result<Value, Broken> {
        let (nonce, ciphertext) = sealed.split_at_checked(NONCE).ok_or(Broken)?;
        let payload = Payload { msg: ciphertext, aad: &place(dossier, step) };
        let json = self.0.decrypt(Nonce::from_slice(nonce), payload).map_err(|_| Broken)?;
        serde_json::from_slice(&json).map_err(|_| Broken)
    }
}

fn place(dossier: Uuid, step: u8) -> [u8; 17] {
    let mut place = [step; 17];
    place[..16].copy_from_slice(dossier.as_bytes());
    place
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_open_at_their_own_place_alone() {
        let seal = Seal::new(&[3; 32]);
        let (dossier, answers) = (Uuid::from_u128(1), serde_json::json!({"name": "x"}));
        let sealed = seal.seal(dossier, 2, &answers).expect("sealed");
        assert_eq!(seal.open(dossier, 2, &sealed).expect("opens"), answers);
        assert!(seal.open(dossier, 3, &sealed).is_err());
        assert!(seal.open(Uuid::from_u128(2), 2, &sealed).is_err());
        assert!(Seal::new(&[4; 32]).open(dossier, 2, &sealed).is_err());
        assert!(seal.open(dossier, 2, &sealed[..11]).is_err());
    }
}
