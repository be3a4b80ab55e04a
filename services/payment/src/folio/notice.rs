//! The notice: what a bank tells of one transfer.

use chassis::write::{Fingerprint, Once};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use thiserror::Error;
use uuid::Uuid;

use super::{Purpose, microseconds};
use crate::money::Dong;

/// In whose name a callback acts.
const CALLER: &str = "services/bank-callback";

/// The longest reference, in bytes.
const LONGEST_REFERENCE: usize = 64;

/// How far the bank's clock may be ahead of ours.
const AHEAD: SignedDuration = SignedDuration::from_mins(5);

/// A transfer as the bank tells of it, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Follows from the reference.
    pub id: Uuid,
    /// The bank's id for the transfer, 1 to 64 visible ASCII characters.
    pub reference: String,
    /// How much came, above zero.
    pub amount: Dong,
    /// The purpose found in what the payer wrote. The rest of that is not kept: it may hold personal data.
    pub purpose: Option<Purpose>,
    /// The instant of payment, by the bank's clock, in whole microseconds.
    pub paid_at: Timestamp,
}

/// Why a body is no notice. Nothing of it is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NoticeError {
    /// It is not the JSON object it must be.
    #[error(
        "the body must be a JSON object with transfer_id, amount, currency, purpose and pay_time"
    )]
    Shape,
    /// The bank's id is none.
    #[error("transfer_id must be 1 to {LONGEST_REFERENCE} visible ASCII characters")]
    Reference,
    /// The amount is none.
    #[error("amount must be whole VND, 1 to 1,000,000,000,000,000, and currency VND")]
    Amount,
    /// It was paid in the future, or before anybody could.
    #[error("pay_time must lie after 1970 and at most 5 minutes ahead of our clock: check both")]
    Time,
}

/// A transfer as the bank tells of it, in a callback or when asked; not yet checked.
#[derive(Deserialize)]
pub struct Told {
    transfer_id: String,
    amount: i64,
    currency: String,
    purpose: String,
    pay_time: Timestamp,
}

impl Notice {
    /// Reads the body of a callback whose signature was believed. Fields it does not know are passed over: banks add some.
    ///
    /// # Errors
    /// [`NoticeError`] names the first field at fault.
    pub fn parse(body: &[u8], now: Timestamp) -> Result<Self, NoticeError> {
        Self::of(serde_json::from_slice(body).map_err(|_| NoticeError::Shape)?, now)
    }

    /// Checks what the bank told.
    ///
    /// # Errors
    /// [`NoticeError`] names the first field at fault.
    pub fn of(told: Told, now: Timestamp) -> Result<Self, NoticeError> {
        let reference = told.transfer_id;
        if !is_reference(&reference) {
            return Err(NoticeError::Reference);
        }
        let amount = Dong::new(told.amount).ok().filter(|amount| !amount.is_zero());
        let amount = amount.filter(|_| told.currency == "VND").ok_or(NoticeError::Amount)?;
        let paid_at = microseconds(told.pay_time);
        if paid_at < Timestamp::UNIX_EPOCH || paid_at.duration_since(now) > AHEAD {
            return Err(NoticeError::Time);
        }
        Ok(Self {
            id: id(&reference),
            reference,
            amount,
            purpose: Purpose::found_in(&told.purpose),
            paid_at,
        })
    }

    /// Why it takes effect once, however often the bank tells of it.
    pub fn once(&self) -> Once {
        Once::Call { caller: CALLER.into(), request_id: self.id, fingerprint: self.fingerprint() }
    }

    /// Tells a repeat from another transfer under the same reference.
    fn fingerprint(&self) -> Fingerprint {
        let purpose = self.purpose.as_ref().map(Purpose::as_str).unwrap_or_default();
        let digest = Sha256::new()
            .chain_update(self.amount.units().to_be_bytes())
            .chain_update(self.paid_at.as_nanosecond().to_be_bytes())
            .chain_update(purpose)
            .finalize();
        first_half(&digest)
    }
}

/// Whether a text can be a bank's id of a transfer: 1 to 64 visible ASCII characters.
pub fn is_reference(text: &str) -> bool {
    (1..=LONGEST_REFERENCE).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// A version 8 UUID (RFC 9562, section 5.8) from the bank's reference.
fn id(reference: &str) -> Uuid {
    Uuid::new_v8(first_half(
        &Sha256::new_with_prefix(b"transfer\0").chain_update(reference).finalize(),
    ))
}

fn first_half(digest: &[u8]) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(&digest[..16]);
    half
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn parse(id: &str, amount: &str, currency: &str, time: &str) -> Result<Notice, NoticeError> {
        let body = format!(
            r#"{{"transfer_id":{id:?},"amount":{amount},"currency":{currency:?},
                "purpose":"NGUYEN VAN A mc20260000001","pay_time":{time:?},"branch":"more"}}"#
        );
        Notice::parse(body.as_bytes(), NOW)
    }

    #[test]
    fn a_notice_keeps_nothing_that_the_payer_wrote_but_the_purpose() {
        let notice = parse("FT1", "150000", "VND", "1970-01-01T07:04:59.1234567+07:00").unwrap();
        assert_eq!(notice.amount.units(), 150_000);
        assert_eq!(notice.purpose, Purpose::parse("MC20260000001"));
        assert_eq!(notice.paid_at.as_nanosecond(), 299_123_456_000);
        assert!(!format!("{notice:?}").contains("NGUYEN"));
    }

    #[test]
    fn what_is_no_notice_is_refused() {
        let time = "1970-01-01T00:00:00Z";
        let long = "x".repeat(65);
        for (id, amount, currency, time, error) in [
            ("", "1", "VND", time, NoticeError::Reference),
            ("a b", "1", "VND", time, NoticeError::Reference),
            (&long, "1", "VND", time, NoticeError::Reference),
            ("a", "0", "VND", time, NoticeError::Amount),
            ("a", "-1", "VND", time, NoticeError::Amount),
            ("a", "1000000000000001", "VND", time, NoticeError::Amount),
            ("a", "1", "USD", time, NoticeError::Amount),
            ("a", "1.5", "VND", time, NoticeError::Shape),
            ("a", "1", "VND", "yesterday", NoticeError::Shape),
            ("a", "1", "VND", "1970-01-01T00:05:01Z", NoticeError::Time),
            ("a", "1", "VND", "1969-12-31T23:59:59Z", NoticeError::Time),
        ] {
            assert_eq!(parse(id, amount, currency, time), Err(error));
        }
        assert_eq!(Notice::parse(b"[]", NOW), Err(NoticeError::Shape));
    }

    #[test]
    fn another_transfer_under_the_same_reference_is_told_apart() {
        let time = "1970-01-01T00:00:00Z";
        let one = parse("FT1", "1", "VND", time).unwrap();
        assert_eq!(one.once(), parse("FT1", "1", "VND", time).unwrap().once());
        let two = parse("FT1", "2", "VND", time).unwrap();
        assert_eq!(one.id, two.id);
        assert_ne!(one.once(), two.once());
    }
}
