//! The verifiable draw of number plates.
//!
//! An [`Epoch`] fixes the sorted list of free numbers; its summary (size, Merkle root, public key)
//! is logged before the first draw. Who draws gets a VRF proof over [`alpha`]: that epoch, a hash
//! of person and vehicle, and a public [`Beacon`]. The proof's output gives a row of
//! [`candidates`]; the first that is still free is given, those skipped are recorded. All of it is
//! computed before the transaction; only picking needs the state.
//!
//! **What [`Claim::verify`] proves**, on the citizen's own machine, from the slip and the logged
//! summary alone: the row follows from the logged list, from this person and vehicle and from the
//! beacon, in the one way possible under the logged key; the number given stands in that list, at
//! the place right after those skipped.
//!
//! **What it does not prove:**
//! - Without a public beacon it shows only that nothing was changed afterwards. The operator could
//!   have tried several keys, lists or salts of the subject's hash before logging one that pleases.
//!   A beacon published after epoch and request were logged takes that away.
//! - That the skipped numbers were taken: that is seen in the log, where each of them has an
//!   earlier draw of this epoch.
//! - That this was the only draw for the vehicle in this epoch, and that all free numbers were in
//!   the list: the log and the register show it.
//! - That the subject's hash is this person's: they recompute it from the salt they were given.

mod candidates;
mod epoch;
mod merkle;
mod number;
mod pool;
mod subject;
mod vrf;

pub use candidates::{ROW, candidates};
pub use epoch::{Beacon, Epoch, EpochError, EpochId, EpochSummary, SubjectHash, alpha};
pub use merkle::{Hash, Tree, is_included};
pub use number::{LAST_SERIAL, NumberError, PlateNumber, Series, VehicleKind};
pub use pool::{MAX_NUMBERS, NumberPool, NumberPools, PoolError, PoolName, Reason};
pub use subject::{SubjectKey, VehicleHash, VehicleId, VehicleIdError, subject_hash};
pub use vrf::{
    Output, PROOF_LENGTH, Proof, PublicKey, SecretKey, VrfError, proof_to_hash, prove, verify,
};

/// Why no draw could be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DrawError {
    /// Its proof would convince nobody.
    #[error(
        "the secret key is not that of the epoch's public key: load the key logged with the epoch"
    )]
    ForeignKey,
    /// Chance 2^-256.
    #[error(transparent)]
    Vrf(#[from] VrfError),
}

/// The outcome for one subject: all that is needed before it is known which numbers are still free.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draw {
    /// Goes on the slip.
    pub proof: Proof,
    /// What the proof proves; it follows from the proof.
    pub output: Output,
    /// Places in the epoch's list, in the order they are tried; [`ROW`] at most.
    pub candidates: Vec<u32>,
}

/// What a draw gives once the taken numbers are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pick {
    /// The place given, in the epoch's list.
    pub index: u32,
    /// The candidates before it, all taken.
    pub skipped: Vec<u32>,
}

impl Draw {
    /// The first candidate that is still free; none where all are taken, and the next epoch must be
    /// opened.
    pub fn pick(&self, is_free: impl Fn(u32) -> bool) -> Option<Pick> {
        let rank = self.candidates.iter().position(|index| is_free(*index))?;
        Some(Pick { index: self.candidates[rank], skipped: self.candidates[..rank].to_vec() })
    }
}

/// Draws for a subject. The same subject, epoch and beacon give the same draw, whenever and however
/// often.
///
/// # Errors
/// [`DrawError`].
pub fn draw(
    key: &SecretKey,
    epoch: &EpochSummary,
    subject: &SubjectHash,
    beacon: Option<&Beacon>,
) -> Result<Draw, DrawError> {
    if *key.public_key() != epoch.public_key {
        return Err(DrawError::ForeignKey);
    }
    let proof = prove(key, &alpha(epoch, subject, beacon))?;
    let output = proof_to_hash(&proof)?;
    let candidates = candidates(&output, epoch.size).collect();
    Ok(Draw { proof, output, candidates })
}

/// What a slip says of a draw. The epoch's summary is taken from the public log, never from the
/// slip.
pub struct Claim {
    /// Person and vehicle.
    pub subject: SubjectHash,
    /// The public value looked up at its source, where the epoch uses one.
    pub beacon: Option<Beacon>,
    /// The proof of the draw.
    pub proof: Proof,
    /// The number given.
    pub number: PlateNumber,
    /// Where the number stands in the epoch's list, counted from 0.
    pub index: u32,
    /// The Merkle path from there to the epoch's root.
    pub inclusion: Vec<Hash>,
    /// The candidates said to have been taken before.
    pub skipped: Vec<u32>,
}

/// What is wrong with a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// Epoch, subject, beacon or proof is not what was drawn with.
    #[error("the proof does not hold for this epoch, subject and beacon: {0}")]
    Proof(#[from] VrfError),
    /// The numbers skipped are not the row's beginning.
    #[error(
        "skipped number {rank} should be place {expected} of the list, but {claimed} is claimed"
    )]
    Skipped {
        /// Counted from 1.
        rank: usize,
        /// By the proof.
        expected: u32,
        /// By the slip.
        claimed: u32,
    },
    /// The row ends before a number could be given.
    #[error("{claimed} numbers are said to be skipped, but the draw has only {row} candidates")]
    AllSkipped {
        /// By the slip.
        claimed: usize,
        /// By the proof.
        row: usize,
    },
    /// Another number than the next candidate was given.
    #[error("place {expected} of the list was next, but place {claimed} was given")]
    NotNext {
        /// By the proof.
        expected: u32,
        /// By the slip.
        claimed: u32,
    },
    /// The number is not in the logged list, or elsewhere.
    #[error("the number does not stand at place {0} of the list that was logged for the epoch")]
    NotIncluded(u32),
}

impl Claim {
    /// Checks everything that can be checked without us; the module says what that proves.
    ///
    /// # Errors
    /// [`VerifyError`], the first thing found wrong.
    pub fn verify(&self, epoch: &EpochSummary) -> Result<(), VerifyError> {
        let alpha = alpha(epoch, &self.subject, self.beacon.as_ref());
        let output = verify(&epoch.public_key, &alpha, &self.proof)?;
        let row: Vec<u32> = candidates(&output, epoch.size).collect();
        self.check_skipped(&row)?;
        self.check_next(&row)?;
        self.check_inclusion(epoch)
    }

    fn check_skipped(&self, row: &[u32]) -> Result<(), VerifyError> {
        let mut pairs = (1..).zip(row.iter().zip(&self.skipped));
        let wrong = pairs.find(|(_, (expected, claimed))| expected != claimed);
        wrong.map_or(Ok(()), |(rank, (&expected, &claimed))| {
            Err(VerifyError::Skipped { rank, expected, claimed })
        })
    }

    fn check_next(&self, row: &[u32]) -> Result<(), VerifyError> {
        let claimed = self.skipped.len();
        let next = row.get(claimed).copied();
        let expected = next.ok_or(VerifyError::AllSkipped { claimed, row: row.len() })?;
        let claimed = self.index;
        if expected == claimed { Ok(()) } else { Err(VerifyError::NotNext { expected, claimed }) }
    }

    fn check_inclusion(&self, epoch: &EpochSummary) -> Result<(), VerifyError> {
        let (number, size) = (self.number.to_string(), epoch.size.get());
        let shown = is_included(&epoch.root, size, self.index, number.as_bytes(), &self.inclusion);
        if shown { Ok(()) } else { Err(VerifyError::NotIncluded(self.index)) }
    }
}

#[cfg(test)]
mod tests;
