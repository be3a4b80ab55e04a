//! Signed callbacks over HTTP by the Standard Webhooks convention, for the bank and the carrier
//! that call us and the partners we call.
//!
//! The sender signs `{id}.{timestamp}.{body}` with HMAC-SHA256 and sends the id, the time and the
//! signature as headers. An id with a dot is refused on either side: the dot would let someone
//! move the border between id, time and body without changing what was signed. During a rotation
//! either side may hold several secrets, so one header carries several signatures and any of them
//! will do. The id stays the same when a call is repeated; who receives it drops repeats by it.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretBox};
use sha2::Sha256;
use thiserror::Error;
use zeroize::Zeroizing;

/// The header that carries the message's id.
pub const ID_HEADER: &str = "webhook-id";
/// The header that carries the time of sending, in seconds of Unix time.
pub const TIMESTAMP_HEADER: &str = "webhook-timestamp";
/// The header that carries one or more signatures, apart by spaces.
pub const SIGNATURE_HEADER: &str = "webhook-signature";

/// Bytes of the longest header taken.
pub const LONGEST_HEADER: usize = 1024;

/// How far the sender's clock may be from ours, either way: 5 minutes. A recorded call is useless
/// after that, and within it the id betrays it.
pub const TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

/// Marks a signature made with HMAC-SHA256.
const VERSION: &str = "v1,";

/// A secret shared with one partner: 24 to 64 bytes, written as `whsec_` and base64. It is wiped
/// when dropped, and its `Debug` shows nothing of it.
#[derive(Debug)]
pub struct Secret(SecretBox<[u8]>);

impl Secret {
    const PREFIX: &str = "whsec_";
    const SHORTEST: usize = 24;
    const LONGEST: usize = 64;
    /// What base64 may claim to need for the longest secret.
    const ROOM: usize = Self::LONGEST + 2;
}

/// Why a text is no secret. Nothing of it is repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SecretError {
    /// It does not begin with `whsec_`.
    #[error("a webhook secret begins with whsec_")]
    Prefix,
    /// The rest is not base64 with its padding, or holds fewer than 24 or more than 64 bytes.
    #[error("after whsec_ a webhook secret is base64 of 24 to 64 random bytes")]
    Bytes,
}

impl FromStr for Secret {
    type Err = SecretError;

    fn from_str(text: &str) -> Result<Self, SecretError> {
        let encoded = text.strip_prefix(Self::PREFIX).ok_or(SecretError::Prefix)?;
        let mut room = Zeroizing::new([0; Self::ROOM]);
        let length = STANDARD.decode_slice(encoded, &mut *room).map_err(|_| SecretError::Bytes)?;
        if !(Self::SHORTEST..=Self::LONGEST).contains(&length) {
            return Err(SecretError::Bytes);
        }
        Ok(Self(SecretBox::new(room[..length].into())))
    }
}

/// Names a message, the same on every try: 1 to 128 visible ASCII characters, no dot.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MessageId(String);

impl MessageId {
    /// Bytes of the longest id taken.
    pub const LONGEST: usize = 128;

    /// The id as its header carries it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for MessageId {
    type Err = WebhookError;

    fn from_str(text: &str) -> Result<Self, WebhookError> {
        let fits = (1..=Self::LONGEST).contains(&text.len());
        if fits && text.bytes().all(|b| b.is_ascii_graphic() && b != b'.') {
            return Ok(Self(text.to_owned()));
        }
        Err(WebhookError::Id)
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The headers of a call as they came, not yet trusted.
#[derive(Debug, Clone, Copy)]
pub struct Headers<'a> {
    /// [`ID_HEADER`].
    pub id: &'a str,
    /// [`TIMESTAMP_HEADER`].
    pub timestamp: &'a str,
    /// [`SIGNATURE_HEADER`].
    pub signature: &'a str,
}

/// Why a call is not believed. All of them mean the same to the caller: 401, and nothing happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum WebhookError {
    /// The id is not as [`MessageId`] demands.
    #[error("{ID_HEADER} must be 1 to 128 visible ASCII characters without a dot")]
    Id,
    /// The time of sending is not a number of seconds.
    #[error("{TIMESTAMP_HEADER} must be seconds of Unix time")]
    Timestamp,
    /// The time of sending is more than [`TOLERANCE`] from now.
    #[error("{TIMESTAMP_HEADER} is more than 5 minutes from now: check both clocks")]
    OutsideTolerance,
    /// The signatures are longer than [`LONGEST_HEADER`].
    #[error("{SIGNATURE_HEADER} is longer than {LONGEST_HEADER} bytes")]
    SignatureTooLong,
    /// No signature was made with any of our secrets over this id, time and body.
    #[error("no signature fits: check the secret, and that the body is signed as it is sent")]
    Signature,
}

/// The signature of a message, as [`SIGNATURE_HEADER`] carries it. To sign with two secrets, join
/// two signatures by a space. The time counts in whole seconds.
pub fn sign(secret: &Secret, id: &MessageId, timestamp: Timestamp, body: &[u8]) -> String {
    let tag = mac(secret, id, timestamp, body).finalize().into_bytes();
    format!("{VERSION}{}", STANDARD.encode(tag))
}

/// Believes a call if any signature was made with any of `secrets`, at most 5 minutes from `now`.
/// The bound on `body` is the caller's, and the body must be the bytes that came, not a text made
/// of them again. Signatures of other versions than `v1` are passed over.
///
/// # Errors
/// [`WebhookError`] names the header at fault.
pub fn verify(
    secrets: &[Secret],
    headers: Headers<'_>,
    body: &[u8],
    now: Timestamp,
) -> Result<(), WebhookError> {
    let id = headers.id.parse()?;
    let timestamp = parse_timestamp(headers.timestamp)?;
    if timestamp.duration_since(now).abs() > TOLERANCE {
        return Err(WebhookError::OutsideTolerance);
    }
    if headers.signature.len() > LONGEST_HEADER {
        return Err(WebhookError::SignatureTooLong);
    }
    let tags: Vec<_> = headers.signature.split(' ').filter_map(parse_signature).collect();
    let fits = |secret| {
        let mac = mac(secret, &id, timestamp, body);
        // Compares in constant time, so that nobody can guess a signature byte by byte.
        tags.iter().any(|tag| mac.clone().verify_slice(tag).is_ok())
    };
    if secrets.iter().any(fits) { Ok(()) } else { Err(WebhookError::Signature) }
}

/// Seconds as the sender must have signed them: digits, no sign, no leading zero.
fn parse_timestamp(text: &str) -> Result<Timestamp, WebhookError> {
    let seconds = text.parse().ok().filter(|seconds: &u32| seconds.to_string() == text);
    let seconds = seconds.ok_or(WebhookError::Timestamp)?;
    Timestamp::from_second(seconds.into()).map_err(|_| WebhookError::Timestamp)
}

/// The bytes of a signature, if its version is ours.
fn parse_signature(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text.strip_prefix(VERSION)?).ok()
}

/// The authenticator over everything that is signed.
fn mac(secret: &Secret, id: &MessageId, timestamp: Timestamp, body: &[u8]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.0.expose_secret())
        .expect("HMAC takes a key of any length");
    mac.update(format!("{id}.{}.", timestamp.as_second()).as_bytes());
    mac.update(body);
    mac
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A secret, message and signature that the convention's authors publish.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const PUBLISHED: Headers<'static> = Headers {
        id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp: "1614265330",
        signature: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    };

    fn secret(text: &str) -> Secret {
        text.parse().unwrap()
    }

    fn other_secret() -> Secret {
        secret("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn verify_at(headers: Headers<'_>, seconds: i64) -> Result<(), WebhookError> {
        verify(&[secret(SECRET)], headers, BODY, at(seconds))
    }

    #[test]
    fn the_published_message_is_signed_and_believed() {
        let id = PUBLISHED.id.parse().unwrap();
        assert_eq!(sign(&secret(SECRET), &id, at(1_614_265_330), BODY), PUBLISHED.signature);
        assert_eq!(verify_at(PUBLISHED, 1_614_265_330), Ok(()));
    }

    #[test]
    fn a_call_is_believed_for_five_minutes_either_way() {
        for (now, outcome) in [
            (1_614_265_330 + 300, Ok(())),
            (1_614_265_330 - 300, Ok(())),
            (1_614_265_330 + 301, Err(WebhookError::OutsideTolerance)),
            (1_614_265_330 - 301, Err(WebhookError::OutsideTolerance)),
            (0, Err(WebhookError::OutsideTolerance)),
        ] {
            assert_eq!(verify_at(PUBLISHED, now), outcome);
        }
    }

    #[test]
    fn the_header_at_fault_is_named() {
        let long = format!("{} {}", PUBLISHED.signature, "x".repeat(LONGEST_HEADER));
        let long_id = "i".repeat(MessageId::LONGEST + 1);
        for (headers, error) in [
            (Headers { id: "", ..PUBLISHED }, WebhookError::Id),
            (Headers { id: &long_id, ..PUBLISHED }, WebhookError::Id),
            (Headers { id: "msg 1", ..PUBLISHED }, WebhookError::Id),
            (Headers { id: "msg_1.1614265330", ..PUBLISHED }, WebhookError::Id),
            (Headers { id: "msg_other", ..PUBLISHED }, WebhookError::Signature),
            (Headers { timestamp: "", ..PUBLISHED }, WebhookError::Timestamp),
            (Headers { timestamp: "+1614265330", ..PUBLISHED }, WebhookError::Timestamp),
            (Headers { timestamp: "01614265330", ..PUBLISHED }, WebhookError::Timestamp),
            (Headers { timestamp: "99999999999", ..PUBLISHED }, WebhookError::Timestamp),
            (Headers { timestamp: "1614265331", ..PUBLISHED }, WebhookError::Signature),
            (Headers { signature: &long, ..PUBLISHED }, WebhookError::SignatureTooLong),
            (Headers { signature: "", ..PUBLISHED }, WebhookError::Signature),
            (Headers { signature: "v1,", ..PUBLISHED }, WebhookError::Signature),
            (Headers { signature: "v1,!", ..PUBLISHED }, WebhookError::Signature),
            (
                Headers { signature: &PUBLISHED.signature[3..], ..PUBLISHED },
                WebhookError::Signature,
            ),
        ] {
            assert_eq!(verify_at(headers, 1_614_265_330), Err(error));
        }
    }

    #[test]
    fn during_a_rotation_one_of_several_is_enough() {
        let now = at(1_614_265_330);
        let several = format!("v1a,abcd v1,AAAA {}", PUBLISHED.signature);
        let several = Headers { signature: &several, ..PUBLISHED };
        let both = [other_secret(), secret(SECRET)];
        assert_eq!(verify(&both, several, BODY, now), Ok(()));
        assert_eq!(verify(&both[..1], several, BODY, now), Err(WebhookError::Signature));
        assert_eq!(verify(&[], several, BODY, now), Err(WebhookError::Signature));
    }

    #[test]
    fn a_secret_is_24_to_64_bytes_and_never_shown() {
        let of = |length| format!("whsec_{}", STANDARD.encode(vec![7; length]));
        for (text, error) in [
            (&SECRET[6..], SecretError::Prefix),
            ("whsec_", SecretError::Bytes),
            ("whsec_ no base64", SecretError::Bytes),
            (&of(23), SecretError::Bytes),
            (&of(65), SecretError::Bytes),
            (&of(5000), SecretError::Bytes),
        ] {
            assert_eq!(text.parse::<Secret>().err(), Some(error));
        }
        for length in 24..=64 {
            assert!(of(length).parse::<Secret>().is_ok(), "{length} bytes");
        }
        assert_eq!(format!("{:?}", secret(SECRET)), "Secret(SecretBox<[u8]>([REDACTED]))");
    }

    proptest! {
        #[test]
        fn what_is_signed_is_believed(
            id in "[!-\\-/-~]{1,128}", seconds in any::<u32>(), body in any::<Vec<u8>>(),
        ) {
            let id: MessageId = id.parse().unwrap();
            let signature = sign(&secret(SECRET), &id, at(seconds.into()), &body);
            let timestamp = seconds.to_string();
            let headers = Headers { id: id.as_str(), timestamp: &timestamp, signature: &signature };
            let verify = |secret, body| verify(&[secret], headers, body, at(seconds.into()));
            prop_assert_eq!(verify(secret(SECRET), &body), Ok(()));
            prop_assert_eq!(verify(other_secret(), &body), Err(WebhookError::Signature));
            let longer = [&body[..], b" "].concat();
            prop_assert_eq!(verify(secret(SECRET), &longer), Err(WebhookError::Signature));
        }

        #[test]
        fn no_header_makes_it_panic(
            id in any::<String>(), timestamp in any::<String>(), signature in any::<String>(),
        ) {
            let headers = Headers { id: &id, timestamp: &timestamp, signature: &signature };
            prop_assert!(verify_at(headers, 1_614_265_330).is_err());
        }
    }
}
