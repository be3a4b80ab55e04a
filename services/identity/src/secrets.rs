//! What follows from keys: blind indexes, one-time codes, refresh tokens, fingerprints. Only indexes and fingerprints are stored, and
//! without the key nobody finds by guessing what they were made of.

use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chassis::keys::{KeyError, Keys};
use chassis::refusal::Refusal;
use chassis::write::{Fingerprint, Once, request_id};
use hmac::{Hmac, KeyInit, Mac};
use prost::{Message, Name};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::personal_id::PersonalId;
use crate::phone::PhoneNumber;

/// How many codes there are: six digits.
const CODES: u64 = 1_000_000;

/// Bytes of what a refresh token says: holder, session, generation.
const SAID: usize = 16 + 16 + 4;

/// Characters of the longest refresh token that is looked at.
const LONGEST: usize = 128;

/// The keys of the service, ready for use.
#[derive(Clone)]
pub struct Secrets(Arc<Ready>);

struct Ready {
    index: Hmac<Sha256>,
    codes: Hmac<Sha256>,
    sessions: Hmac<Sha256>,
}

/// A one-time code of six digits, for its receiver alone: its `Debug` shows none of them.
#[derive(Clone)]
pub struct Code(String);

/// What a refresh token says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// Whose session it is.
    pub holder: Uuid,
    /// Which.
    pub session: Uuid,
    /// Number of the token.
    pub generation: i32,
}

impl Secrets {
    /// Reads the keys, or makes them on first use.
    ///
    /// # Errors
    /// A key file cannot be read or made, or is not a key.
    pub fn of(keys: &Keys) -> Result<Self, KeyError> {
        Ok(Self(Arc::new(Ready {
            index: hmac(&*keys.secret("identity-index")?),
            codes: hmac(&*keys.secret("identity-codes")?),
            sessions: hmac(&*keys.secret("identity-sessions")?),
        })))
    }

    /// The blind index of a personal ID.
    pub fn holder(&self, personal_id: &PersonalId) -> Uuid {
        let digest = digest(&self.0.index, "personal-id", &[personal_id.expose().as_bytes()]);
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        Uuid::new_v8(bytes)
    }

    /// The blind index of a telephone, another one for each holder.
    pub fn phone_index(&self, holder: Uuid, phone: &PhoneNumber) -> Vec<u8> {
        let parts = [holder.as_bytes(), phone.expose_e164().as_bytes()];
        digest(&self.0.index, "phone", &parts).to_vec()
    }

    /// The blind index of a telephone, the same for all its holders.
    pub fn telephone(&self, phone: &PhoneNumber) -> Uuid {
        let digest = digest(&self.0.index, "telephone", &[phone.expose_e164().as_bytes()]);
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        Uuid::new_v8(bytes)
    }

    /// The code of a sign-in.
    pub fn code(&self, sign_in: Uuid) -> Code {
        self.code_for("code", sign_in)
    }

    /// The code of a change of telephone.
    pub fn phone_change_code(&self, phone_change: Uuid) -> Code {
        self.code_for("phone-change", phone_change)
    }

    fn code_for(&self, label: &str, id: Uuid) -> Code {
        let digest = digest(&self.0.codes, label, &[id.as_bytes()]);
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&digest[..8]);
        Code(format!("{:06}", u64::from_be_bytes(bytes) % CODES))
    }

    /// The refresh token that says this.
    pub fn refresh_token(&self, ticket: Ticket) -> String {
        let said = ticket.bytes();
        let proof = digest(&self.0.sessions, "refresh", &[&said]);
        URL_SAFE_NO_PAD.encode([said.as_slice(), &proof].concat())
    }

    /// What a refresh token says, if we said it. The proof is compared in constant time.
    pub fn ticket(&self, token: &str) -> Option<Ticket> {
        let bytes = Some(token).filter(|token| token.len() <= LONGEST)?;
        let bytes = URL_SAFE_NO_PAD.decode(bytes).ok()?;
        let (said, proof) = bytes.split_at_checked(SAID)?;
        labelled(&self.0.sessions, "refresh", &[said]).verify_slice(proof).ok()?;
        Ticket::of(said)
    }

    /// The identity of a call. Its fingerprint is kept, and codes and personal IDs are few enough to guess: so it is keyed.
    ///
    /// # Errors
    /// `request_id` is not a UUID.
    pub fn once<M: Message + Name>(
        &self,
        caller: &str,
        request: &M,
        id: &str,
    ) -> Result<Once, Refusal> {
        let request_id = request_id(id)?;
        let parts = [M::full_name().into_bytes(), vec![0], request.encode_to_vec()];
        let parts = parts.each_ref().map(Vec::as_slice);
        let mut fingerprint = Fingerprint::default();
        fingerprint.copy_from_slice(&digest(&self.0.codes, "fingerprint", &parts)[..16]);
        Ok(Once::Call { caller: caller.into(), request_id, fingerprint })
    }
}

impl Code {
    /// Its digits, for sending; never for a log.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether these are its digits, compared in constant time.
    pub fn is(&self, given: &str) -> bool {
        self.0.as_bytes().ct_eq(given.as_bytes()).into()
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(******)")
    }
}

impl Ticket {
    fn bytes(self) -> [u8; SAID] {
        let mut bytes = [0; SAID];
        bytes[..16].copy_from_slice(self.holder.as_bytes());
        bytes[16..32].copy_from_slice(self.session.as_bytes());
        bytes[32..].copy_from_slice(&self.generation.to_be_bytes());
        bytes
    }

    fn of(said: &[u8]) -> Option<Self> {
        Some(Self {
            holder: Uuid::from_slice(said.get(..16)?).ok()?,
            session: Uuid::from_slice(said.get(16..32)?).ok()?,
            generation: i32::from_be_bytes(said.get(32..)?.try_into().ok()?),
        })
    }
}

fn hmac(key: &[u8; 32]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes keys of any length")
}

/// The label keeps the uses of one key apart.
fn labelled(key: &Hmac<Sha256>, label: &str, parts: &[&[u8]]) -> Hmac<Sha256> {
    let labelled = key.clone().chain_update(label).chain_update([0]);
    parts.iter().fold(labelled, |mac, part| mac.chain_update(part))
}

fn digest(key: &Hmac<Sha256>, label: &str, parts: &[&[u8]]) -> [u8; 32] {
    labelled(key, label, parts).finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn secrets(byte: u8) -> Secrets {
        let key = || hmac(&[byte; 32]);
        Secrets(Arc::new(Ready { index: key(), codes: key(), sessions: key() }))
    }

    fn ticket() -> Ticket {
        Ticket { holder: Uuid::from_u128(1), session: Uuid::from_u128(2), generation: 3 }
    }

    #[test]
    fn a_code_is_six_digits_that_follow_from_the_sign_in() {
        let code = secrets(1).code(Uuid::from_u128(7));
        assert_eq!(code.expose().len(), 6);
        assert!(code.expose().bytes().all(|byte| byte.is_ascii_digit()));
        assert!(secrets(1).code(Uuid::from_u128(7)).is(code.expose()));
        assert!(!secrets(2).code(Uuid::from_u128(7)).is(code.expose()));
        assert!(!code.is("") && !code.is(&format!("{}0", code.expose())));
        assert_eq!(format!("{code:?}"), "Code(******)");
    }

    #[test]
    fn a_refresh_token_says_what_it_was_made_of() {
        let token = secrets(1).refresh_token(ticket());
        assert_eq!(secrets(1).ticket(&token), Some(ticket()));
        assert_eq!(secrets(2).ticket(&token), None);
        assert_eq!(secrets(1).ticket(&token[..token.len() - 4]), None);
    }

    #[test]
    fn one_telephone_has_another_index_for_each_holder() {
        let phone = "0901234567".parse().unwrap();
        let index = |holder| secrets(1).phone_index(Uuid::from_u128(holder), &phone);
        assert_eq!(index(1), index(1));
        assert_ne!(index(1), index(2));
    }

    proptest! {
        #[test]
        fn a_changed_refresh_token_is_none(place in 0_usize..90, letter in "[A-Za-z0-9_-]") {
            let token = secrets(1).refresh_token(ticket());
            let mut changed = token.clone();
            changed.replace_range(place..=place, &letter);
            prop_assert_eq!(secrets(1).ticket(&changed).is_some(), changed == token);
        }

        #[test]
        fn no_text_makes_it_panic(text in any::<String>()) {
            prop_assert_eq!(secrets(1).ticket(&text), None);
        }
    }
}
