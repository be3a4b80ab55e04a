//! What the message of a draw says, as something to check: on the server for VerifyDraw, on a citizen's machine without any server.

use std::num::NonZeroU32;

use proto::motcua::workflow::v1 as pb;
use thiserror::Error;

use crate::case::EpochName;
use crate::draw::{Claim, EpochId, EpochSummary, Hash, Proof, PublicKey, ROW, SubjectHash};

/// Hashes of a Merkle path at most: a pool holds less than 2^20 numbers.
const LONGEST_PATH: usize = 20;

/// A slip that does not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the field {field} of the draw is not what it must be: {shape}")]
pub struct SlipError {
    /// Path from the draw.
    pub field: &'static str,
    /// What it must be.
    pub shape: &'static str,
}

fn wrong(field: &'static str, shape: &'static str) -> SlipError {
    SlipError { field, shape }
}

/// What a draw claims.
///
/// # Errors
/// The first field that does not read.
pub fn claim(draw: &pb::Draw) -> Result<Claim, SlipError> {
    if draw.skipped.len() >= ROW as usize || draw.inclusion.len() > LONGEST_PATH {
        return Err(wrong("skipped", "at most 63 places, and at most 20 hashes in inclusion"));
    }
    let number = draw.number.parse();
    let inclusion = draw.inclusion.iter().map(|hash| octets("inclusion", hash));
    Ok(Claim {
        subject: SubjectHash(octets("subject", &draw.subject)?),
        beacon: None,
        proof: Proof::from_slice(&draw.proof).map_err(|_| wrong("proof", "80 octets"))?,
        number: number.map_err(|_| wrong("number", "a plate in its one written form"))?,
        index: draw.index,
        inclusion: inclusion.collect::<Result<Vec<Hash>, _>>()?,
        skipped: draw.skipped.clone(),
    })
}

/// The epoch a draw names, as it stands on the slip. Compare it with what was published.
///
/// # Errors
/// The first field that does not read.
pub fn epoch(epoch: &pb::Epoch) -> Result<EpochSummary, SlipError> {
    let EpochName { pool, id } = epoch_name(&epoch.name)?;
    let size = NonZeroU32::new(epoch.size);
    let key = octets("epoch.public_key", &epoch.public_key)?;
    Ok(EpochSummary {
        id,
        pool,
        size: size.ok_or_else(|| wrong("epoch.size", "above zero"))?,
        root: octets("epoch.root", &epoch.root)?,
        public_key: PublicKey::from_bytes(&key)
            .map_err(|_| wrong("epoch.public_key", "a point of edwards25519"))?,
    })
}

/// The pool and number in `numberPools/{pool}/epochs/{number}`.
///
/// # Errors
/// It has another form.
pub fn epoch_name(name: &str) -> Result<EpochName, SlipError> {
    let parts = name.strip_prefix("numberPools/").and_then(|rest| rest.split_once("/epochs/"));
    let named = parts.and_then(|(pool, id)| {
        Some(EpochName { pool: pool.parse().ok()?, id: EpochId(id.parse().ok()?) })
    });
    named.ok_or_else(|| wrong("epoch.name", "numberPools/{pool}/epochs/{number}"))
}

fn octets(field: &'static str, bytes: &[u8]) -> Result<[u8; 32], SlipError> {
    bytes.try_into().map_err(|_| wrong(field, "32 octets"))
}
