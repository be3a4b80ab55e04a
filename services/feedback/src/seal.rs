//! Comments are personal data: sealed before they reach the database, each bound to its dossier.

use chassis::seal::Broken;
use uuid::Uuid;

/// Seals and opens comments with the key `feedback-comments`.
#[derive(Clone)]
pub struct Seal(chassis::seal::Seal);

impl Seal {
    /// Seals with this key.
    pub fn new(key: &[u8; 32]) -> Self {
        Self(chassis::seal::Seal::new(key))
    }

    /// Seals what was written about a dossier.
    ///
    /// # Errors
    /// It is longer than the cipher takes.
    pub fn seal(&self, dossier: Uuid, comment: &str) -> Result<Vec<u8>, Broken> {
        self.0.seal(dossier.as_bytes(), comment.as_bytes())
    }

    /// Opens what [`Seal::seal`] made for the same dossier.
    ///
    /// # Errors
    /// It does not open.
    pub fn open(&self, dossier: Uuid, sealed: &[u8]) -> Result<String, Broken> {
        String::from_utf8(self.0.open(dossier.as_bytes(), sealed)?).map_err(|_| Broken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_opens_at_its_own_dossier_alone() {
        let seal = Seal::new(&[3; 32]);
        let sealed = seal.seal(Uuid::from_u128(1), "chờ lâu").expect("sealed");
        assert_eq!(seal.open(Uuid::from_u128(1), &sealed).expect("opens"), "chờ lâu");
        assert!(seal.open(Uuid::from_u128(2), &sealed).is_err());
    }
}
