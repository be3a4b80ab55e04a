//! Assertions: what a client signs to get a token (RFC 7523, section 3).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;
use uuid::Uuid;

use crate::client::{Client, ClientId};

/// The longest assertion that is looked at, in bytes.
const LONGEST: usize = 4096;

/// Whom an assertion must be for.
const AUDIENCE: &str = "motcua/identity";

/// Seconds from now to the end of an assertion, at most; and as many more as two clocks may differ by.
const LONGEST_LIFE_S: i64 = 300 + 5;

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    exp: i64,
    jti: Uuid,
}

/// The client an assertion claims to be of. Nothing is proved by it.
pub fn claimed_by(assertion: &str) -> Option<ClientId> {
    let assertion = Some(assertion).filter(|assertion| assertion.len() <= LONGEST)?;
    let claims = URL_SAFE_NO_PAD.decode(assertion.split('.').nth(1)?).ok()?;
    let claims: Claims = serde_json::from_slice(&claims).ok()?;
    ClientId::in_name(&claims.iss)
}

/// The id of a client's assertion, if the client signed it, for us, and it is good now.
pub fn verified(assertion: &str, client: &Client, now: Timestamp) -> Option<Uuid> {
    let name = client.id.name();
    let key = URL_SAFE_NO_PAD.encode(client.public_key);
    let key = DecodingKey::from_ed_components(&key).ok()?;
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_audience(&[AUDIENCE]);
    validation.set_issuer(&[&name]);
    validation.set_required_spec_claims(&["iss", "sub", "aud", "exp"]);
    // The library would ask the system's clock.
    validation.validate_exp = false;
    let claims = jsonwebtoken::decode::<Claims>(assertion, &key, &validation).ok()?.claims;
    let left = claims.exp.saturating_sub(now.as_second());
    (claims.sub == name && (1..=LONGEST_LIFE_S).contains(&left)).then_some(claims.jti)
}
