//! Access tokens: JSON Web Tokens signed with Ed25519 (RFC 8037), verified without a call.
//!
//! A token lives five minutes, so a revoked role is gone within that time.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::pkcs8::EncodePrivateKey;
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use moka::sync::Cache;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;
use uuid::Uuid;

use super::caller::{Caller, Person};
use super::trusted::{SpeaksFor, Trusted};
use crate::clock::Clock;
use crate::refusal::{Kind, Refusal};

/// How long an access token is good for.
pub const LIFE: Duration = Duration::from_secs(5 * 60);

/// The longest token that is looked at, in bytes.
const LONGEST: usize = 4096;

/// Clocks of two machines may differ by this many seconds.
const SKEW_S: i64 = 5;

/// Whoever holds identity's token key.
const ISSUER: &str = "motcua/identity";

/// For whom tokens of people and registered clients are: every service.
const AUDIENCE: &str = "motcua";

/// For whom a token of a service is: the one it is sent to, so that this one cannot use it with another.
fn audience(service: &str) -> String {
    format!("{AUDIENCE}/{service}")
}

/// Whether a caller is a service of the mesh, or the installation itself.
fn is_of_the_mesh(name: &str) -> bool {
    name.starts_with("services/")
}

/// What a token says.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Claims {
    /// Resource name of the caller.
    pub sub: String,
    /// Kind of caller and what it is trusted with.
    #[serde(flatten)]
    pub person: Person,
    /// Who issued it.
    pub iss: String,
    /// Whom it is for.
    pub aud: String,
    /// When it was issued, in seconds since 1970.
    pub iat: i64,
    /// When it ends, in seconds since 1970.
    pub exp: i64,
    /// Its own identity.
    pub jti: Uuid,
}

/// Signs tokens.
#[derive(Clone)]
pub struct Issuer {
    key: Arc<EncodingKey>,
    public: [u8; 32],
    kid: String,
    name: String,
    clock: Clock,
}

impl fmt::Debug for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Issuer {{ kid: {} }}", self.kid)
    }
}

/// An Ed25519 key that signs tokens.
pub use ed25519_dalek::{SigningKey, VerifyingKey};

/// Why a token was not made.
#[derive(Debug, Error)]
#[error("the token could not be signed: {0}")]
pub struct TokenError(String);

impl Issuer {
    /// An issuer in the name of identity, whose tokens may speak for everybody.
    ///
    /// # Errors
    /// The key cannot be encoded.
    pub fn new(key: &SigningKey, clock: Clock) -> Result<Self, TokenError> {
        Self::named(ISSUER.into(), key, clock)
    }

    /// An issuer in the name of a service: its tokens are trusted as far as they speak for that service.
    ///
    /// # Errors
    /// The key cannot be encoded.
    pub fn of_service(service: &str, key: &SigningKey, clock: Clock) -> Result<Self, TokenError> {
        Self::named(issuer_of(service), key, clock)
    }

    fn named(name: String, key: &SigningKey, clock: Clock) -> Result<Self, TokenError> {
        let der = key.to_pkcs8_der().map_err(|error| TokenError(error.to_string()))?;
        let encoding = EncodingKey::from_ed_der(der.as_bytes());
        let public = key.verifying_key().to_bytes();
        Ok(Self { key: Arc::new(encoding), public, kid: kid(&public), name, clock })
    }

    /// The public key that its tokens verify with.
    pub fn public(&self) -> &[u8; 32] {
        &self.public
    }

    /// How its tokens name that key.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// A token for a person or a registered client, good for [`LIFE`].
    ///
    /// # Errors
    /// Signing failed.
    pub fn issue(&self, name: &str, person: Person) -> Result<String, TokenError> {
        self.sign(name, person, AUDIENCE.into())
    }

    /// A token for a service of the mesh, or the installation, that calls `service`; no other takes it. Good for [`LIFE`].
    ///
    /// # Errors
    /// Signing failed.
    pub fn issue_to(&self, service: &str, name: &str) -> Result<String, TokenError> {
        self.sign(name, Person::Service, audience(service))
    }

    fn sign(&self, name: &str, person: Person, aud: String) -> Result<String, TokenError> {
        let now = self.clock.now().as_second();
        let life = i64::try_from(LIFE.as_secs()).unwrap_or(i64::MAX);
        let claims = Claims {
            sub: name.into(),
            person,
            iss: self.name.clone(),
            aud,
            iat: now,
            exp: now + life,
            jti: Uuid::now_v7(),
        };
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(self.kid.clone());
        jsonwebtoken::encode(&header, &claims, &self.key)
            .map_err(|error| TokenError(error.to_string()))
    }
}

/// Who issued what a service signs itself.
fn issuer_of(service: &str) -> String {
    format!("motcua/{service}")
}

/// The RFC 7638 thumbprint of an Ed25519 public key.
fn kid(public: &[u8; 32]) -> String {
    let x = URL_SAFE_NO_PAD.encode(public);
    let canonical = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
    URL_SAFE_NO_PAD.encode(Sha256::digest(canonical))
}

/// Verifies tokens, and remembers verified ones by hash until they end.
#[derive(Clone)]
pub struct Verifier {
    keys: Arc<HashMap<String, Known>>,
    /// Names that only a key of their own may speak for.
    own: Arc<HashSet<String>>,
    known: Cache<[u8; 32], Arc<Verified>>,
    clock: Clock,
}

/// What a token says that was signed by a key which may say so.
struct Verified {
    caller: Caller,
    aud: String,
    exp: i64,
}

/// A key that is trusted.
struct Known {
    key: DecodingKey,
    issuer: String,
    /// Whom alone it may speak for; none: whoever has no key of their own.
    name: Option<String>,
}

impl Known {
    fn of(trusted: &Trusted) -> Result<Self, TokenError> {
        let x = URL_SAFE_NO_PAD.encode(trusted.key.as_bytes());
        let key =
            DecodingKey::from_ed_components(&x).map_err(|error| TokenError(error.to_string()))?;
        let (issuer, name) = match &trusted.speaks_for {
            SpeaksFor::Everybody => (ISSUER.into(), None),
            SpeaksFor::Service(service) => (issuer_of(service), Some(service_name(service))),
        };
        Ok(Self { key, issuer, name })
    }
}

fn service_name(service: &str) -> String {
    format!("services/{service}")
}

impl Verifier {
    /// A verifier that trusts these keys whomever they speak for.
    ///
    /// # Errors
    /// A key cannot be encoded.
    pub fn new(keys: &[VerifyingKey], clock: Clock) -> Result<Self, TokenError> {
        let trusted = |key: &VerifyingKey| Trusted { key: *key, speaks_for: SpeaksFor::Everybody };
        Self::of(&keys.iter().map(trusted).collect::<Vec<_>>(), clock)
    }

    /// A verifier that trusts each of these keys as far as it goes: one of a service speaks for that service, and for it no other key does,
    /// not even identity's.
    ///
    /// # Errors
    /// A key cannot be encoded.
    pub fn of(trusted: &[Trusted], clock: Clock) -> Result<Self, TokenError> {
        let known = |trusted: &Trusted| Ok((kid(trusted.key.as_bytes()), Known::of(trusted)?));
        let keys: HashMap<_, _> = trusted.iter().map(known).collect::<Result<_, TokenError>>()?;
        let own = keys.values().filter_map(|known| known.name.clone()).collect();
        let known = Cache::builder().max_capacity(100_000).time_to_live(LIFE).build();
        Ok(Self { keys: Arc::new(keys), own: Arc::new(own), known, clock })
    }

    /// Who a token speaks for, to `service`.
    ///
    /// # Errors
    /// UNAUTHENTICATED: TOKEN_EXPIRED, or TOKEN_INVALID without a word about why.
    pub fn caller(&self, service: &str, token: &str) -> Result<Caller, Refusal> {
        if token.len() > LONGEST {
            return Err(invalid());
        }
        let hash = Sha256::digest(token).into();
        let now = self.clock.now();
        if let Some(known) = self.known.get(&hash) {
            return known.caller(service, now);
        }
        let known = Arc::new(self.verify(token)?);
        let caller = known.caller(service, now)?;
        self.known.insert(hash, known);
        Ok(caller)
    }

    fn verify(&self, token: &str) -> Result<Verified, Refusal> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| invalid())?;
        let kid = header.kid.ok_or_else(invalid)?;
        let known = self.keys.get(&kid).ok_or_else(invalid)?;
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[&known.issuer]);
        // The library would ask the system's clock, and one audience for all; `Verified` asks ours.
        validation.validate_aud = false;
        validation.validate_exp = false;
        let decoded = jsonwebtoken::decode::<Claims>(token, &known.key, &validation);
        let claims = decoded.map_err(|_| invalid())?.claims;
        if claims.iat > self.clock.now().as_second() + SKEW_S || !self.may_say(known, &claims) {
            return Err(invalid());
        }
        let caller = Caller::Known { name: claims.sub, person: claims.person };
        Ok(Verified { caller, aud: claims.aud, exp: claims.exp })
    }

    /// Whether the key that signed these claims is one to speak so.
    fn may_say(&self, known: &Known, claims: &Claims) -> bool {
        match &known.name {
            Some(name) => claims.sub == *name && claims.person == Person::Service,
            None => !self.own.contains(&claims.sub),
        }
    }
}

impl Verified {
    fn caller(&self, service: &str, now: Timestamp) -> Result<Caller, Refusal> {
        if !self.is_for(service) {
            return Err(invalid());
        }
        if now.as_second() < self.exp { Ok(self.caller.clone()) } else { Err(expired()) }
    }

    fn is_for(&self, service: &str) -> bool {
        let aud = match self.caller.name() {
            Ok(name) if is_of_the_mesh(name) => &*audience(service),
            _ => AUDIENCE,
        };
        self.aud == aud
    }
}

fn invalid() -> Refusal {
    Refusal::new(
        Kind::Unauthenticated,
        "TOKEN_INVALID",
        "Mã truy cập không hợp lệ; hãy đăng nhập lại.",
        "The access token is not valid; sign in again.",
    )
}

fn expired() -> Refusal {
    Refusal::new(
        Kind::Unauthenticated,
        "TOKEN_EXPIRED",
        "Mã truy cập đã hết hạn; hãy lấy mã mới.",
        "The access token has expired; get a new one.",
    )
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    fn pair() -> (Issuer, Verifier, Clock) {
        let clock = Clock::manual(Timestamp::from_second(1_700_000_000).expect("an instant"));
        let key = SigningKey::from_bytes(&[7; 32]);
        let issuer = Issuer::new(&key, clock.clone()).expect("a key");
        let verifier = Verifier::new(&[key.verifying_key()], clock.clone()).expect("a key");
        (issuer, verifier, clock)
    }

    fn reason(verifier: &Verifier, token: &str) -> &'static str {
        verifier.caller("dossier", token).expect_err("refused").reason
    }

    #[test]
    fn a_token_speaks_for_its_caller_until_it_ends() {
        let (issuer, verifier, clock) = pair();
        let token = issuer.issue("clients/partner", Person::Service).expect("signed");
        let caller = verifier.caller("dossier", &token).expect("good");
        assert_eq!(caller.name(), Ok("clients/partner"));
        clock.advance(SignedDuration::from_secs(299));
        assert!(verifier.caller("dossier", &token).is_ok());
        clock.advance(SignedDuration::from_secs(1));
        assert_eq!(reason(&verifier, &token), "TOKEN_EXPIRED");
    }

    #[test]
    fn a_key_speaks_for_its_own_service_and_no_other_key_for_that_one() {
        let clock = Clock::manual(Timestamp::from_second(1_700_000_000).expect("an instant"));
        let [of_identity, of_mailing] =
            [[7; 32], [8; 32]].map(|seed| SigningKey::from_bytes(&seed));
        let trusted = [
            Trusted { key: of_identity.verifying_key(), speaks_for: SpeaksFor::Everybody },
            Trusted {
                key: of_mailing.verifying_key(),
                speaks_for: SpeaksFor::Service("mailing".into()),
            },
        ];
        let verifier = Verifier::of(&trusted, clock.clone()).expect("keys");
        let identity = Issuer::new(&of_identity, clock.clone()).expect("a key");
        let mailing = Issuer::of_service("mailing", &of_mailing, clock.clone()).expect("a key");
        let pretender = Issuer::new(&of_mailing, clock).expect("a key");
        let citizen = || Person::Citizen { assurance: 3 };
        for (issuer, name, person, good) in [
            (&mailing, "services/mailing", Person::Service, true),
            (&mailing, "services/payment", Person::Service, false),
            (&mailing, "services/mailing", citizen(), false),
            (&mailing, "accounts/x", citizen(), false),
            (&pretender, "services/mailing", Person::Service, false),
            (&identity, "services/mailing", Person::Service, false),
            (&identity, "services/ctl", Person::Service, true),
            (&identity, "accounts/x", citizen(), true),
        ] {
            let token = issuer.sign(name, person, audience_of(name)).expect("signed");
            let known = verifier.caller("dossier", &token);
            assert_eq!(known.is_ok(), good, "{name} by {}", issuer.name);
        }
    }

    /// As dossier is asked.
    fn audience_of(name: &str) -> String {
        if is_of_the_mesh(name) { audience("dossier") } else { AUDIENCE.into() }
    }

    #[test]
    fn what_a_service_is_sent_it_cannot_use_with_another() {
        let (issuer, verifier, _) = pair();
        let to_dossier = issuer.issue_to("dossier", "services/ctl").expect("signed");
        let to_all = issuer.issue("services/ctl", Person::Service).expect("signed");
        let citizen = issuer.issue("accounts/x", Person::Citizen { assurance: 2 }).expect("signed");
        let narrow = issuer.issue_to("dossier", "clients/partner").expect("signed");
        // Twice: what was verified for one service is remembered, and asked again for the other.
        for _ in 0..2 {
            for (token, service, good) in [
                (&to_dossier, "dossier", true),
                (&to_dossier, "identity", false),
                (&to_all, "dossier", false),
                (&citizen, "dossier", true),
                (&citizen, "identity", true),
                (&narrow, "dossier", false),
            ] {
                assert_eq!(verifier.caller(service, token).is_ok(), good, "{service}");
            }
        }
    }

    #[test]
    fn the_thumbprint_is_that_of_rfc_8037() {
        let x = URL_SAFE_NO_PAD.decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
        let public = x.expect("base64").try_into().expect("32 bytes");
        assert_eq!(kid(&public), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn forged_mutated_and_foreign_tokens_are_refused() {
        let (issuer, verifier, clock) = pair();
        let token = issuer.issue("accounts/x", Person::Citizen { assurance: 1 }).expect("signed");
        let stranger = Issuer::new(&SigningKey::from_bytes(&[8; 32]), clock).expect("a key");
        let forged =
            stranger.issue("accounts/x", Person::Citizen { assurance: 1 }).expect("signed");
        let parts: Vec<_> = token.split('.').collect();
        let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#);
        let hs256 = URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"HS256","kid":"{}"}}"#, issuer.kid));
        for bad in [
            String::new(),
            "…".into(),
            forged,
            format!("{none}.{}.", parts[1]),
            format!("{hs256}.{}.{}", parts[1], parts[2]),
            format!("{}.{}x.{}", parts[0], parts[1], parts[2]),
            "a".repeat(LONGEST + 1),
        ] {
            assert_eq!(reason(&verifier, &bad), "TOKEN_INVALID");
        }
    }
}
