//! Who draws for which vehicle, so hashed that it tells strangers nothing and the citizen can compute it again.

use std::fmt::{self, Debug, Formatter};
use std::str::FromStr;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::SubjectHash;

/// Octets of a vehicle's identification number, separators left out.
const LENGTH: std::ops::RangeInclusive<usize> = 6..=32;

/// Octets read at most.
const LONGEST_TEXT: usize = 64;

/// Separate the uses of one key.
const SALT: &[u8] = b"motcua draw salt v1\0";
const VEHICLE: &[u8] = b"motcua draw vehicle v1\0";

/// A vehicle's identification number in its one form: A-Z and digits. Personal data; `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct VehicleId(String);

/// Why a text is no identification number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a vehicle's identification number has 6 to 32 letters A-Z and digits")]
pub struct VehicleIdError;

impl VehicleId {
    /// The number as it is hashed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for VehicleId {
    type Err = VehicleIdError;

    /// Case, spaces and hyphens do not matter.
    fn from_str(text: &str) -> Result<Self, VehicleIdError> {
        if text.len() > LONGEST_TEXT {
            return Err(VehicleIdError);
        }
        let symbols = text.chars().filter(|symbol| !matches!(symbol, ' ' | '-'));
        let id: String = symbols.map(|symbol| symbol.to_ascii_uppercase()).collect();
        let plain = id.bytes().all(|octet| octet.is_ascii_uppercase() || octet.is_ascii_digit());
        let fits = plain && LENGTH.contains(&id.len());
        if fits { Ok(Self(id)) } else { Err(VehicleIdError) }
    }
}

impl Debug for VehicleId {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("VehicleId(…)")
    }
}

/// Tells one vehicle from another without telling which it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct VehicleHash(pub [u8; 32]);

impl Debug for VehicleHash {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("VehicleHash(…)")
    }
}

/// The installation's secret from which salts and vehicle hashes follow. Wiped when dropped; never printed.
pub struct SubjectKey(Zeroizing<[u8; 32]>);

impl SubjectKey {
    /// From 32 random octets.
    #[must_use]
    pub fn new(octets: Zeroizing<[u8; 32]>) -> Self {
        Self(octets)
    }

    /// The salt of a person and a vehicle: always the same, so that nobody gets a second chance by asking again.
    #[must_use]
    pub fn salt(&self, person: &str, vehicle: &VehicleId) -> [u8; 32] {
        mac(&self.0[..], &[SALT, person.as_bytes(), &[0], vehicle.0.as_bytes()])
    }

    /// The hash by which a vehicle that drew already is known again, whoever comes with it.
    #[must_use]
    pub fn vehicle(&self, vehicle: &VehicleId) -> VehicleHash {
        VehicleHash(mac(&self.0[..], &[VEHICLE, vehicle.0.as_bytes()]))
    }
}

impl Debug for SubjectKey {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("SubjectKey(…)")
    }
}

/// What a citizen computes to see that a draw was made for them: HMAC-SHA-256, with the salt as key, over the account's name, a zero
/// octet and the vehicle.
#[must_use]
pub fn subject_hash(salt: &[u8; 32], person: &str, vehicle: &VehicleId) -> SubjectHash {
    SubjectHash(mac(salt, &[person.as_bytes(), &[0], vehicle.0.as_bytes()]))
}

fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vehicle(text: &str) -> VehicleId {
        text.parse().unwrap()
    }

    #[test]
    fn a_vehicle_has_one_form() {
        assert_eq!(vehicle("rlsma 125x-ny012345"), vehicle("RLSMA125XNY012345"));
        for wrong in ["", "12345", "RLSMA125XNY01234Ư", &"A".repeat(33), &" ".repeat(100)] {
            assert_eq!(wrong.parse::<VehicleId>(), Err(VehicleIdError), "{wrong}");
        }
    }

    #[test]
    fn the_subject_follows_from_person_vehicle_and_secret_alone() {
        let key = |fill| SubjectKey::new(Zeroizing::new([fill; 32]));
        let hash = |fill, person, text| {
            let vehicle = vehicle(text);
            subject_hash(&key(fill).salt(person, &vehicle), person, &vehicle)
        };
        assert!(hash(1, "accounts/a", "RLSMA125") == hash(1, "accounts/a", "rlsma-125"));
        assert!(hash(1, "accounts/a", "RLSMA125") != hash(1, "accounts/b", "RLSMA125"));
        assert!(hash(1, "accounts/a", "RLSMA125") != hash(1, "accounts/a", "RLSMA126"));
        assert!(hash(1, "accounts/a", "RLSMA125") != hash(2, "accounts/a", "RLSMA125"));
        assert!(key(1).vehicle(&vehicle("RLSMA125")).0 != key(1).salt("", &vehicle("RLSMA125")));
    }

    #[test]
    fn neither_secret_nor_vehicle_is_printed() {
        let key = SubjectKey::new(Zeroizing::new([0x5a; 32]));
        let vehicle = vehicle("RLSMA125XNY012345");
        let printed = format!("{key:?} {vehicle:?} {:?}", key.vehicle(&vehicle));
        assert_eq!(printed, "SubjectKey(…) VehicleId(…) VehicleHash(…)");
    }
}
