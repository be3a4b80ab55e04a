//! What officers write may be personal data: sealed before it reaches the database, each bound to its case and to what it was stated for.

use chassis::seal::Broken;
use proto::motcua::workflow::v1::GroundsKind;
use uuid::Uuid;

use super::{Remark, Stated};

/// Seals and opens remarks with the key `workflow-grounds`.
#[derive(Clone)]
pub struct Seal(chassis::seal::Seal);

impl Seal {
    /// Seals with this key.
    pub fn new(key: &[u8; 32]) -> Self {
        Self(chassis::seal::Seal::new(key))
    }

    /// What is stated in a case: a remark on each subject.
    ///
    /// # Errors
    /// The remarks are longer than the cipher takes.
    pub fn state(
        &self,
        case: Uuid,
        kind: GroundsKind,
        grounds: Vec<(String, Remark)>,
    ) -> Result<Stated, Broken> {
        let texts: Vec<&str> = grounds.iter().map(|(_, remark)| remark.as_str()).collect();
        let json = serde_json::to_vec(&texts).map_err(|_| Broken)?;
        let sealed = self.0.seal(&place(case, kind), &json)?;
        Ok(Stated {
            kind,
            sealed,
            subjects: grounds.into_iter().map(|(subject, _)| subject).collect(),
        })
    }

    /// The remarks of what was stated in this case, in the order of its subjects.
    ///
    /// # Errors
    /// They do not open.
    pub fn open(&self, case: Uuid, stated: &Stated) -> Result<Vec<String>, Broken> {
        let json = self.0.open(&place(case, stated.kind), &stated.sealed)?;
        serde_json::from_slice(&json).map_err(|_| Broken)
    }
}

fn place(case: Uuid, kind: GroundsKind) -> Vec<u8> {
    [case.as_bytes().as_slice(), &i32::from(kind).to_be_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grounds_open_in_their_own_case_and_kind_alone() {
        let (seal, case) = (Seal::new(&[3; 32]), Uuid::from_u128(1));
        let remarks = ["thiếu trang 2", ""].map(|text| Remark::of(text).unwrap());
        let grounds = ["papers_lacking", "other"].map(String::from).into_iter().zip(remarks);
        let stated = seal.state(case, GroundsKind::Refusal, grounds.collect()).expect("sealed");
        assert_eq!(stated.subjects, ["papers_lacking", "other"]);
        assert_eq!(seal.open(case, &stated).expect("opens"), ["thiếu trang 2", ""]);
        assert!(seal.open(Uuid::from_u128(2), &stated).is_err());
        let other = Stated { kind: GroundsKind::Unspecified, ..stated };
        assert!(seal.open(case, &other).is_err());
    }
}
