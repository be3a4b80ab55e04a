//! Answers are personal data: sealed before they reach the database, each bound to its dossier and step.

use chassis::seal::Broken;
use serde_json::Value;
use uuid::Uuid;

/// Seals and opens answers with the key `dossier-answers`.
#[derive(Clone)]
pub struct Seal(chassis::seal::Seal);

impl Seal {
    /// Seals with this key.
    pub fn new(key: &[u8; 32]) -> Self {
        Self(chassis::seal::Seal::new(key))
    }

    /// Seals the answers of a dossier's step.
    ///
    /// # Errors
    /// The answers are longer than the cipher takes.
    pub fn seal(&self, dossier: Uuid, step: u8, answers: &Value) -> Result<Vec<u8>, Broken> {
        self.0.seal(&place(dossier, step), answers.to_string().as_bytes())
    }

    /// Opens what [`Seal::seal`] made for the same dossier and step.
    ///
    /// # Errors
    /// It does not open.
    pub fn open(&self, dossier: Uuid, step: u8, sealed: &[u8]) -> Result<Value, Broken> {
        let json = self.0.open(&place(dossier, step), sealed)?;
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
    }
}
