//! Grounds: why an agency decided as it did, for the owner of the dossier to read. What an officer writes may hold personal data, so it is
//! sealed before it is decided upon, and no fact carries it.

mod reasons;
mod remark;
mod seal;

use jiff::Timestamp;
use proto::motcua::workflow::v1::GroundsKind;

pub use reasons::{RefusalReason, RefusalReasons};
pub use remark::{Remark, RemarkError};
pub use seal::Seal;

/// What an officer states, as a decision takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stated {
    /// What it is stated for.
    pub kind: GroundsKind,
    /// What each ground is about: of a refusal the codes of its reasons.
    pub subjects: Vec<String>,
    /// The officer's words on each, sealed together.
    pub sealed: Vec<u8>,
}

/// Grounds as they are kept; they never change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grounds {
    /// Counts those of a case, from 1.
    pub number: i32,
    /// What was stated.
    pub stated: Stated,
    /// Who stated it, `agencies/{code}/officers/{uuid}`.
    pub officer: String,
    /// When.
    pub at: Timestamp,
}
