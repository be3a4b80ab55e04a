//! An epoch: one sorted list of free numbers, fixed and logged before the first draw from it.
//!
//! Numbers given during the epoch stay in the list, numbers returned join the next one; so
//! everybody draws from the same list and the place of a number in it never moves. A draw gives the
//! first of 64 candidates that is still free: open the next epoch before half of the list is given,
//! and the chance that none of them is free stays below 2^-64.

use std::fmt::{self, Debug, Formatter};
use std::num::NonZeroU32;

use super::merkle::{Hash, Tree};
use super::number::PlateNumber;
use super::pool::{MAX_NUMBERS, PoolName};
use super::vrf::PublicKey;

/// Octets of a beacon at most.
const LONGEST_BEACON: usize = 256;

/// Separates this use of the key from any other, and this encoding from later ones.
const ALPHA_TAG: &[u8] = b"motcua number draw v1";

/// Counts the epochs of a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EpochId(pub u64);

/// Who draws and for which vehicle, hashed under a secret so that it tells strangers nothing.
///
/// The caller computes it: HMAC-SHA-256 over person and vehicle with a salt that only the citizen
/// also gets.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SubjectHash(pub [u8; 32]);

impl Debug for SubjectHash {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("SubjectHash(…)")
    }
}

/// Why an epoch cannot be opened, or a beacon not be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EpochError {
    /// Nothing to draw from.
    #[error("no number is free: add a series to the pool")]
    Empty,
    /// See [`MAX_NUMBERS`].
    #[error("{0} numbers are free; an epoch holds {MAX_NUMBERS} at most: split the pool")]
    TooMany(usize),
    /// A number stands twice or before a smaller one.
    #[error("the free list is not strictly ascending at place {0}: sort it, each number once")]
    NotAscending(usize),
    /// Public beacons have 32 or 64 octets, with their round somewhat more.
    #[error(
        "a beacon has 1 to {LONGEST_BEACON} octets, this one has {0}: take the value as published"
    )]
    Beacon(usize),
}

/// A public random value, published after the request to draw was logged: round and value as their
/// source publishes them, so that anyone can look them up. 1 to 256 octets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beacon(Vec<u8>);

impl Beacon {
    /// Takes the octets as published.
    ///
    /// # Errors
    /// [`EpochError::Beacon`].
    pub fn new(bytes: impl Into<Vec<u8>>) -> Result<Self, EpochError> {
        let bytes = bytes.into();
        let fits = (1..=LONGEST_BEACON).contains(&bytes.len());
        if fits { Ok(Self(bytes)) } else { Err(EpochError::Beacon(bytes.len())) }
    }

    /// The octets.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// What is logged of an epoch, and all a citizen needs of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EpochSummary {
    /// Which epoch of the pool.
    pub id: EpochId,
    /// The pool.
    pub pool: PoolName,
    /// How many numbers were free when it was opened; the root does not tell.
    pub size: NonZeroU32,
    /// The Merkle root over the written forms of the free numbers, ascending.
    pub root: Hash,
    /// Proves every draw of the epoch.
    pub public_key: PublicKey,
}

/// An open epoch, with the list itself. Opening it again from the same list gives the same root.
pub struct Epoch {
    summary: EpochSummary,
    free: Vec<PlateNumber>,
    tree: Tree,
}

impl Epoch {
    /// Fixes the list. Hashes it once: about half a second for a million numbers, so not within a
    /// transaction.
    ///
    /// # Errors
    /// [`EpochError`] where the list is empty, too long, or not strictly ascending.
    pub fn open(
        id: EpochId,
        pool: PoolName,
        free: Vec<PlateNumber>,
        public_key: PublicKey,
    ) -> Result<Self, EpochError> {
        let size = size_of(&free)?;
        if let Some(place) = free.windows(2).position(|pair| pair[0] >= pair[1]) {
            return Err(EpochError::NotAscending(place + 1));
        }
        let tree = Tree::new(free.iter().map(PlateNumber::to_string));
        let summary = EpochSummary { id, pool, size, root: tree.root(), public_key };
        Ok(Self { summary, free, tree })
    }

    /// What is logged before the first draw.
    #[must_use]
    pub fn summary(&self) -> &EpochSummary {
        &self.summary
    }

    /// The number at a place of the list, counted from 0, and the path that shows it stands there.
    #[must_use]
    pub fn entry(&self, index: u32) -> Option<(PlateNumber, Vec<Hash>)> {
        let place = usize::try_from(index).ok()?;
        Some((*self.free.get(place)?, self.tree.path(place)?))
    }

    /// The number at a place of the list, counted from 0.
    #[must_use]
    pub fn number(&self, index: u32) -> Option<PlateNumber> {
        self.free.get(usize::try_from(index).ok()?).copied()
    }

    /// The list itself, ascending.
    #[must_use]
    pub fn free(&self) -> &[PlateNumber] {
        &self.free
    }

    /// The place of a number in the list, counted from 0.
    #[must_use]
    pub fn index_of(&self, number: PlateNumber) -> Option<u32> {
        self.free.binary_search(&number).ok().and_then(|place| u32::try_from(place).ok())
    }
}

/// The input of the proof: what was fixed beforehand, who asked, and the chance nobody controls.
///
/// Every part is preceded by its length, so no two inputs have the same octets; a beacon that is
/// absent differs from any that is there.
#[must_use]
pub fn alpha(epoch: &EpochSummary, subject: &SubjectHash, beacon: Option<&Beacon>) -> Vec<u8> {
    let parts: [&[u8]; 7] = [
        ALPHA_TAG,
        epoch.pool.as_str().as_bytes(),
        &epoch.id.0.to_be_bytes(),
        &epoch.size.get().to_be_bytes(),
        &epoch.root,
        &subject.0,
        beacon.map_or(&[], Beacon::as_bytes),
    ];
    parts.iter().flat_map(|part| [&(part.len() as u64).to_be_bytes()[..], part].concat()).collect()
}

fn size_of(free: &[PlateNumber]) -> Result<NonZeroU32, EpochError> {
    let size = u32::try_from(free.len()).ok().filter(|size| *size <= MAX_NUMBERS);
    let size = size.ok_or(EpochError::TooMany(free.len()))?;
    NonZeroU32::new(size).ok_or(EpochError::Empty)
}

#[cfg(test)]
mod tests {
    use super::super::merkle;
    use super::super::number::{Series, VehicleKind};
    use super::super::vrf::SecretKey;
    use super::*;

    fn numbers(serials: &[u32]) -> Vec<PlateNumber> {
        let series = Series::parse(VehicleKind::Motorcycle, "59-AA").unwrap();
        serials.iter().map(|serial| series.number(*serial).unwrap()).collect()
    }

    fn open(serials: &[u32]) -> Result<Epoch, EpochError> {
        let key = SecretKey::from_seed(&[1; 32]);
        Epoch::open(EpochId(1), "p".parse().unwrap(), numbers(serials), *key.public_key())
    }

    #[test]
    fn an_epoch_shows_where_each_number_stands() {
        let serials = [3, 5, 8, 13, 99_999];
        let epoch = open(&serials).unwrap();
        let EpochSummary { root, size, .. } = epoch.summary().clone();
        for (index, number) in (0..).zip(numbers(&serials)) {
            let (found, path) = epoch.entry(index).unwrap();
            assert_eq!((found, epoch.index_of(number)), (number, Some(index)));
            let entry = number.to_string();
            assert!(merkle::is_included(&root, size.get(), index, entry.as_bytes(), &path));
        }
        assert_eq!(epoch.entry(5), None);
        assert_eq!(epoch.index_of(numbers(&[4])[0]), None);
        assert_eq!(open(&serials).unwrap().summary(), epoch.summary());
    }

    #[test]
    fn a_list_that_is_empty_or_not_ascending_is_refused() {
        let cases = [
            (&[][..], EpochError::Empty),
            (&[1, 1], EpochError::NotAscending(1)),
            (&[1, 3, 2], EpochError::NotAscending(2)),
        ];
        for (serials, reason) in cases {
            assert_eq!(open(serials).err(), Some(reason), "{serials:?}");
        }
        let too_many = vec![numbers(&[1])[0]; MAX_NUMBERS as usize + 1];
        assert_eq!(size_of(&too_many), Err(EpochError::TooMany(1_000_001)));
    }

    #[test]
    fn a_beacon_is_bounded() {
        assert!(Beacon::new([7; LONGEST_BEACON]).is_ok());
        for length in [0, LONGEST_BEACON + 1] {
            assert_eq!(Beacon::new(vec![7; length]), Err(EpochError::Beacon(length)));
        }
    }

    #[test]
    fn alpha_is_written_down_octet_for_octet() {
        let epoch = open(&[1, 2]).unwrap().summary().clone();
        let part = |bytes: &[u8]| [&(bytes.len() as u64).to_be_bytes()[..], bytes].concat();
        let fixed = [
            part(b"motcua number draw v1"),
            part(b"p"),
            part(&[0, 0, 0, 0, 0, 0, 0, 1]),
            part(&[0, 0, 0, 2]),
            part(&epoch.root),
            part(&[9; 32]),
        ];
        let subject = SubjectHash([9; 32]);
        let beacon = Beacon::new(*b"round 7").unwrap();
        assert_eq!(alpha(&epoch, &subject, None), [fixed.concat(), part(b"")].concat());
        let expected = [fixed.concat(), part(b"round 7")].concat();
        assert_eq!(alpha(&epoch, &subject, Some(&beacon)), expected);
    }
}
