//! ECVRF-EDWARDS25519-SHA512-TAI of RFC 9381 (suite 0x03): a hash that only the holder of a key can
//! compute and everyone can check.
//!
//! For one key and one input there is exactly one output, so who proves cannot choose it. Proving
//! multiplies by secrets in constant time; finding the curve point of an input does not, for the
//! input is no secret. Points are read strictly (RFC 8032, 5.1.3): a second spelling of a valid
//! proof is refused.

use std::array;
use std::fmt::{self, Debug, Formatter};

use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::scalar::{Scalar, clamp_integer};
use curve25519_dalek::traits::{IsIdentity, VartimeMultiscalarMul};
use sha2::{Digest, Sha512};
use zeroize::Zeroizing;

/// Octets of a [`Proof`].
pub const PROOF_LENGTH: usize = 80;

const SUITE: u8 = 0x03;
const TO_CURVE: u8 = 0x01;
const CHALLENGE: u8 = 0x02;
const OUTPUT: u8 = 0x03;
const END: u8 = 0x00;

/// Why a key or a proof is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VrfError {
    /// The 32 octets are not the one spelling of a curve point, or the point has a small order, for
    /// which the output would not be unique.
    #[error("the public key is not a usable point of the curve: take it from the log again")]
    Key,
    /// A proof has [`PROOF_LENGTH`] octets.
    #[error("the proof has {0} octets instead of {PROOF_LENGTH}: copy the whole of it")]
    Length(usize),
    /// The first 32 octets of the proof are not the one spelling of a curve point.
    #[error("the proof's first 32 octets are no point of the curve: the proof was altered")]
    Point,
    /// The last 32 octets of the proof are not below the order of the group.
    #[error("the proof's last 32 octets are not a reduced number: the proof was altered")]
    Response,
    /// The proof is well formed but was made for another key or another input.
    #[error("the proof does not belong to this public key and this input")]
    Mismatch,
    /// None of 256 attempts met the curve: chance 2^-256.
    #[error("the input cannot be mapped to the curve: draw in the next epoch")]
    Unmappable,
}

/// The key of a draw, made from 32 random octets as in RFC 8032, 5.1.5. Wiped when dropped; never
/// printed.
pub struct SecretKey {
    scalar: Zeroizing<Scalar>,
    nonce_key: Zeroizing<[u8; 32]>,
    public: PublicKey,
}

impl SecretKey {
    /// Expands the seed. The caller wipes its own copy.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        let expanded: Zeroizing<[u8; 64]> = Zeroizing::new(Sha512::digest(seed).into());
        let clamped = Zeroizing::new(clamp_integer(octets(&*expanded, 0)));
        let scalar = Zeroizing::new(Scalar::from_bytes_mod_order(*clamped));
        let point = EdwardsPoint::mul_base(&scalar);
        let public = PublicKey { point, bytes: point.compress().to_bytes() };
        Self { scalar, nonce_key: Zeroizing::new(octets(&*expanded, 32)), public }
    }

    /// The key by which everyone checks what this one proves.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        &self.public
    }

    /// Derived from key and input (RFC 9381, 5.4.2.2): no random source that could fail or be
    /// steered.
    fn nonce(&self, point: &EdwardsPoint) -> Zeroizing<Scalar> {
        let hasher = Sha512::new_with_prefix(*self.nonce_key);
        let digest = hasher.chain_update(point.compress().as_bytes()).finalize();
        let digest: Zeroizing<[u8; 64]> = Zeroizing::new(digest.into());
        Zeroizing::new(Scalar::from_bytes_mod_order_wide(&digest))
    }
}

impl Debug for SecretKey {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey(of {:?})", self.public)
    }
}

/// A checked public key: a curve point that is not of small order (RFC 9381, 5.4.5).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey {
    point: EdwardsPoint,
    bytes: [u8; 32],
}

impl PublicKey {
    /// Reads and validates a key.
    ///
    /// # Errors
    /// [`VrfError::Key`].
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, VrfError> {
        let point = read_point(*bytes).filter(|point| !point.is_small_order());
        point.map(|point| Self { point, bytes: *bytes }).ok_or(VrfError::Key)
    }

    /// The 32 octets of RFC 8032.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.bytes
    }
}

impl Debug for PublicKey {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", hex::encode(self.bytes))
    }
}

/// A proof as it is printed on the slip: Gamma (32 octets), challenge (16), response (32).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Proof([u8; PROOF_LENGTH]);

impl Proof {
    /// Takes the octets as they are; only [`verify`] says whether they prove anything.
    ///
    /// # Errors
    /// [`VrfError::Length`].
    pub fn from_slice(bytes: &[u8]) -> Result<Self, VrfError> {
        bytes.try_into().map(Self).map_err(|_| VrfError::Length(bytes.len()))
    }

    /// The octets called pi in RFC 9381, as they are printed on the slip.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; PROOF_LENGTH] {
        &self.0
    }

    fn new(gamma: &EdwardsPoint, challenge: [u8; 16], response: &Scalar) -> Self {
        let mut bytes = [0; PROOF_LENGTH];
        bytes[..32].copy_from_slice(gamma.compress().as_bytes());
        bytes[32..48].copy_from_slice(&challenge);
        bytes[48..].copy_from_slice(response.as_bytes());
        Self(bytes)
    }

    fn gamma(&self) -> Result<EdwardsPoint, VrfError> {
        read_point(octets(&self.0, 0)).ok_or(VrfError::Point)
    }

    fn challenge(&self) -> [u8; 16] {
        octets(&self.0, 32)
    }

    fn response(&self) -> Result<Scalar, VrfError> {
        let response = Scalar::from_canonical_bytes(octets(&self.0, 48));
        response.into_option().ok_or(VrfError::Response)
    }
}

impl Debug for Proof {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "Proof({})", hex::encode(self.0))
    }
}

/// The 64 octets that nobody could foresee without the key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Output([u8; 64]);

impl Output {
    /// The octets called beta in RFC 9381.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 64] {
        &self.0
    }

    #[cfg(test)]
    pub(super) fn for_test(bytes: [u8; 64]) -> Self {
        Self(bytes)
    }
}

impl Debug for Output {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "Output({})", hex::encode(self.0))
    }
}

/// Proves the output of `alpha` under this key (RFC 9381, 5.1). The same input gives the same
/// proof.
///
/// # Errors
/// [`VrfError::Unmappable`], which nobody will ever see.
pub fn prove(key: &SecretKey, alpha: &[u8]) -> Result<Proof, VrfError> {
    let point = to_curve(&key.public, alpha)?;
    let gamma = point * *key.scalar;
    let nonce = key.nonce(&point);
    let commitments = [EdwardsPoint::mul_base(&nonce), point * *nonce];
    let challenge = challenge(&key.public, &point, &gamma, &commitments);
    let response = Zeroizing::new(*nonce + number(challenge) * *key.scalar);
    Ok(Proof::new(&gamma, challenge, &response))
}

/// Checks a proof and gives the output it proves (RFC 9381, 5.3).
///
/// # Errors
/// [`VrfError`]; none of its kinds tells more than that this proof must not be believed.
pub fn verify(key: &PublicKey, alpha: &[u8], proof: &Proof) -> Result<Output, VrfError> {
    let (gamma, response) = (proof.gamma()?, proof.response()?);
    let point = to_curve(key, alpha)?;
    let c = number(proof.challenge());
    // The points are negated, not the number: that is exact also for a Gamma outside the
    // prime-order group.
    let commitments = [
        EdwardsPoint::vartime_double_scalar_mul_basepoint(&c, &-key.point, &response),
        EdwardsPoint::vartime_multiscalar_mul([response, c], [point, -gamma]),
    ];
    if challenge(key, &point, &gamma, &commitments) == proof.challenge() {
        Ok(output(&gamma))
    } else {
        Err(VrfError::Mismatch)
    }
}

/// The output of a proof that we made ourselves (RFC 9381, 5.2). Of anyone else's proof it means
/// nothing before [`verify`], which gives it too.
///
/// # Errors
/// [`VrfError::Point`] and [`VrfError::Response`] where the octets are no proof at all.
pub fn proof_to_hash(proof: &Proof) -> Result<Output, VrfError> {
    proof.response()?;
    proof.gamma().map(|gamma| output(&gamma))
}

/// Tries hash after hash until one is a point, and moves it into the prime-order group (RFC 9381,
/// 5.4.1.1).
fn to_curve(key: &PublicKey, alpha: &[u8]) -> Result<EdwardsPoint, VrfError> {
    (0..=u8::MAX)
        .map(|attempt| hash(TO_CURVE, &[&key.bytes, alpha, &[attempt]]))
        .filter_map(|digest| read_point(octets(&digest, 0)))
        .map(|point| point.mul_by_cofactor())
        .find(|point| !point.is_identity())
        .ok_or(VrfError::Unmappable)
}

/// Binds key, input, output and the two commitments into 16 octets (RFC 9381, 5.4.3).
fn challenge(
    key: &PublicKey,
    point: &EdwardsPoint,
    gamma: &EdwardsPoint,
    commitments: &[EdwardsPoint; 2],
) -> [u8; 16] {
    let [on_base, on_point] = commitments;
    let points = [point, gamma, on_base, on_point].map(|point| point.compress().to_bytes());
    let [point, gamma, on_base, on_point] = &points;
    octets(&hash(CHALLENGE, &[&key.bytes, point, gamma, on_base, on_point]), 0)
}

fn output(gamma: &EdwardsPoint) -> Output {
    Output(hash(OUTPUT, &[gamma.mul_by_cofactor().compress().as_bytes()]))
}

/// Every hash of the suite has this frame: suite, purpose, content, a zero octet.
fn hash(purpose: u8, content: &[&[u8]]) -> [u8; 64] {
    let framed = Sha512::new_with_prefix([SUITE, purpose]);
    let filled = content.iter().fold(framed, |hasher, part| hasher.chain_update(part));
    filled.chain_update([END]).finalize().into()
}

/// The library reads also a coordinate above the prime and a negative zero; those do not write back
/// as read.
fn read_point(bytes: [u8; 32]) -> Option<EdwardsPoint> {
    let point = CompressedEdwardsY(bytes).decompress()?;
    (point.compress().to_bytes() == bytes).then_some(point)
}

fn number(challenge: [u8; 16]) -> Scalar {
    Scalar::from(u128::from_le_bytes(challenge))
}

fn octets<const N: usize>(bytes: &[u8], from: usize) -> [u8; N] {
    array::from_fn(|place| bytes[from + place])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    struct Vector {
        seed: &'static str,
        public: &'static str,
        alpha: &'static str,
        proof: &'static str,
        output: &'static str,
    }

    /// RFC 9381, appendix B.3.
    const VECTORS: [Vector; 3] = [
        Vector {
            seed: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            public: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            alpha: "",
            proof: "8657106690b5526245a92b003bb079ccd1a92130477671f6fc01ad16f26f723f\
                    26f8a57ccaed74ee1b190bed1f479d97\
                    27d2d0f9b005a6e456a35d4fb0daab1268a1b0db10836d9826a528ca76567805",
            output: "90cf1df3b703cce59e2a35b925d411164068269d7b2d29f3301c03dd757876ff\
                     66b71dda49d2de59d03450451af026798e8f81cd2e333de5cdf4f3e140fdd8ae",
        },
        Vector {
            seed: "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            public: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            alpha: "72",
            proof: "f3141cd382dc42909d19ec5110469e4feae18300e94f304590abdced48aed593\
                    3bf0864a62558b3ed7f2fea45c92a465\
                    301b3bbf5e3e54ddf2d935be3b67926da3ef39226bbc355bdc9850112c8f4b02",
            output: "eb4440665d3891d668e7e0fcaf587f1b4bd7fbfe99d0eb2211ccec90496310eb\
                     5e33821bc613efb94db5e5b54c70a848a0bef4553a41befc57663b56373a5031",
        },
        Vector {
            seed: "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            public: "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            alpha: "af82",
            proof: "9bc0f79119cc5604bf02d23b4caede71393cedfbb191434dd016d30177ccbf80\
                    96bb474e53895c362d8628ee9f9ea3c0\
                    e52c7a5c691b6c18c9979866568add7a2d41b00b05081ed0f58ee5e31b3a970e",
            output: "645427e5d00c62a23fb703732fa5d892940935942101e456ecca7bb217c61c45\
                     2118fec1219202a0edcf038bb6373241578be7217ba85a2687f7a0310b2df19f",
        },
    ];

    fn key(fill: u8) -> SecretKey {
        SecretKey::from_seed(&[fill; 32])
    }

    fn bytes32(text: &str) -> [u8; 32] {
        hex::decode(text).unwrap().try_into().unwrap()
    }

    #[test]
    fn the_published_vectors_are_met() {
        for vector in VECTORS {
            let secret = SecretKey::from_seed(&bytes32(vector.seed));
            let public = PublicKey::from_bytes(&bytes32(vector.public)).unwrap();
            let alpha = hex::decode(vector.alpha).unwrap();
            let proof = prove(&secret, &alpha).unwrap();
            assert_eq!(secret.public_key(), &public);
            assert_eq!(hex::encode(proof.as_bytes()), vector.proof);
            let proven = verify(&public, &alpha, &proof).unwrap();
            assert_eq!(hex::encode(proven.as_bytes()), vector.output);
            assert_eq!(proof_to_hash(&proof), Ok(proven));
        }
    }

    #[test]
    fn a_proof_with_any_octet_altered_is_refused() {
        let secret = key(7);
        let proof = prove(&secret, b"alpha").unwrap();
        for place in 0..PROOF_LENGTH {
            for mask in [0x01, 0x80, 0xff] {
                let mut altered = *proof.as_bytes();
                altered[place] ^= mask;
                let verdict = verify(secret.public_key(), b"alpha", &Proof(altered));
                assert!(verdict.is_err(), "octet {place} with mask {mask:#x}");
            }
        }
    }

    #[test]
    fn a_proof_is_bound_to_its_key_and_input() {
        let proof = prove(&key(1), b"alpha").unwrap();
        let refused = Err(VrfError::Mismatch);
        assert_eq!(verify(key(2).public_key(), b"alpha", &proof), refused);
        assert_eq!(verify(key(1).public_key(), b"alphb", &proof), refused);
    }

    #[test]
    fn keys_of_small_order_or_second_spelling_are_refused() {
        let identity = "0100000000000000000000000000000000000000000000000000000000000000";
        let negative_zero = "0100000000000000000000000000000000000000000000000000000000000080";
        let order_two = "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f";
        let order_four = "0000000000000000000000000000000000000000000000000000000000000000";
        let above_the_prime = "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f";
        let no_point = "0200000000000000000000000000000000000000000000000000000000000000";
        for text in [identity, negative_zero, order_two, order_four, above_the_prime, no_point] {
            assert_eq!(PublicKey::from_bytes(&bytes32(text)), Err(VrfError::Key), "{text}");
        }
    }

    #[test]
    fn a_response_above_the_order_is_refused() {
        let secret = key(3);
        let mut bytes = *prove(&secret, b"").unwrap().as_bytes();
        bytes[48..].fill(0xff);
        assert_eq!(verify(secret.public_key(), b"", &Proof(bytes)), Err(VrfError::Response));
        assert_eq!(proof_to_hash(&Proof(bytes)), Err(VrfError::Response));
        assert_eq!(Proof::from_slice(&bytes[1..]), Err(VrfError::Length(79)));
    }

    #[test]
    fn the_secret_is_not_printed() {
        let seed = [0x5a; 32];
        let secret = SecretKey::from_seed(&seed);
        let printed = format!("{secret:?}");
        assert_eq!(printed, format!("SecretKey(of {:?})", secret.public_key()));
        assert!(!printed.contains(&hex::encode(seed)));
        assert!(!printed.contains(&hex::encode(secret.scalar.as_bytes())));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn what_is_proven_verifies(
            seed: [u8; 32],
            alpha in prop::collection::vec(any::<u8>(), 0..200),
        ) {
            let secret = SecretKey::from_seed(&seed);
            let proof = prove(&secret, &alpha).unwrap();
            let public = PublicKey::from_bytes(secret.public_key().as_bytes()).unwrap();
            prop_assert_eq!(verify(&public, &alpha, &proof), proof_to_hash(&proof));
            prop_assert_eq!(prove(&secret, &alpha), Ok(proof));
        }
    }
}
