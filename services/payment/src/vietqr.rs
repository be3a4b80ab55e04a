//! VietQR: the text inside the code a citizen's bank application scans to fill in a transfer.
//!
//! It is an EMVCo merchant-presented payload with the interbank (NAPAS) template: fields of a
//! two-digit id, a two-digit length and a value, closed by a checksum. There is exactly one text
//! per [`Payload`], and [`parse`] takes that text alone: a field that is unknown, repeated or out
//! of place is refused, since what we do not understand might change who is paid.

#[cfg(test)]
mod tests;

use std::fmt;

use thiserror::Error;

use crate::money::Dong;

/// Bytes of the longest text [`parse`] looks at. The longest we write has 150.
pub const LONGEST: usize = 512;

const FORMAT: Id = Id("00");
const METHOD: Id = Id("01");
const TRANSFER: Id = Id("38");
const CURRENCY: Id = Id("53");
const AMOUNT: Id = Id("54");
const COUNTRY: Id = Id("58");
const ADDITIONAL: Id = Id("62");
const CHECKSUM: Id = Id("63");
/// Within [`TRANSFER`]: whose template it is, who is paid (bank and account), and by which service.
const SCHEME: Id = Id("00");
const PAYEE: Id = Id("01");
const SERVICE: Id = Id("02");
/// Within [`PAYEE`].
const BANK: Id = Id("00");
const ACCOUNT: Id = Id("01");
/// Within [`ADDITIONAL`].
const PURPOSE: Id = Id("08");

const FORMAT_ONE: &str = "01";
/// Shown many times over, for any amount.
const STATIC: &str = "11";
/// Made for one payment.
const DYNAMIC: &str = "12";
const NAPAS: &str = "A000000727";
/// The number of the đồng in ISO 4217.
const VND: &str = "704";
const VIETNAM: &str = "VN";
/// The checksum's field: id, length and four hexadecimal digits.
const CHECKSUM_BYTES: usize = 8;

/// The number of a field, two digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Id(&'static str);

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// What the number of the payee names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PayTo {
    /// A bank account (service `QRIBFTTA`).
    Account,
    /// A card (service `QRIBFTTC`).
    Card,
}

impl PayTo {
    const fn service(self) -> &'static str {
        match self {
            Self::Account => "QRIBFTTA",
            Self::Card => "QRIBFTTC",
        }
    }
}

/// A transfer as the citizen's bank shall propose it. Whoever holds one knows that it can be
/// written: the constructor checks every part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payload {
    bank_bin: String,
    account: String,
    amount: Option<Dong>,
    purpose: Option<String>,
    to: PayTo,
}

/// The parts of a transfer, not yet checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transfer<'a> {
    /// The bank's number in the interbank network, six digits: 970436 is Vietcombank.
    pub bank_bin: &'a str,
    /// The account or card, 1 to 19 ASCII letters and digits.
    pub account: &'a str,
    /// The amount, 1 to 9,999,999,999,999 VND (the field has 13 places); without one the payer
    /// chooses.
    pub amount: Option<Dong>,
    /// What the payee will read, 1 to 25 printable ASCII characters: banks cut or garble the rest.
    pub purpose: Option<&'a str>,
    /// What `account` names.
    pub to: PayTo,
}

/// Why a payload cannot be written or a text is none. No value is repeated, since anyone may have
/// sent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum QrError {
    /// The text is longer than [`LONGEST`].
    #[error("the text is longer than {LONGEST} bytes")]
    TooLong,
    /// The text holds a character outside ASCII.
    #[error("the text holds a character outside ASCII")]
    NotAscii,
    /// The text does not end in its own checksum: it was cut, mistyped or misread.
    #[error("the checksum does not fit: scan the code again")]
    Checksum,
    /// Another field stands where this one belongs, or none.
    #[error("field {0} is missing, repeated or out of place")]
    Misplaced(Id),
    /// The length of this field is no number or reaches past the end.
    #[error("the length of field {0} is wrong")]
    Length(Id),
    /// Something follows this field, which should be the last.
    #[error("something unknown follows field {0}")]
    Trailing(Id),
    /// This field holds what it may not: the wrong constant, or a part out of its bounds.
    #[error("field {0} holds a value that is not allowed there")]
    Value(Id),
}

impl Payload {
    /// Checks the parts of a transfer.
    ///
    /// # Errors
    /// [`QrError::Value`] names the field whose part is out of the bounds [`Transfer`] states.
    pub fn new(transfer: Transfer<'_>) -> Result<Self, QrError> {
        let Transfer { bank_bin, account, amount, purpose, to } = transfer;
        allow(BANK, bank_bin.len() == 6 && bank_bin.bytes().all(|b| b.is_ascii_digit()))?;
        let fits = (1..=19).contains(&account.len());
        allow(ACCOUNT, fits && account.bytes().all(|b| b.is_ascii_alphanumeric()))?;
        allow(AMOUNT, amount.is_none_or(|it| (1..=9_999_999_999_999).contains(&it.units())))?;
        allow(PURPOSE, purpose.is_none_or(is_purpose))?;
        Ok(Self {
            bank_bin: bank_bin.to_owned(),
            account: account.to_owned(),
            amount,
            purpose: purpose.map(str::to_owned),
            to,
        })
    }

    /// The transfer it proposes.
    pub fn transfer(&self) -> Transfer<'_> {
        Transfer {
            bank_bin: &self.bank_bin,
            account: &self.account,
            amount: self.amount,
            purpose: self.purpose.as_deref(),
            to: self.to,
        }
    }

    /// The text to draw as a QR code, at most 150 ASCII characters.
    pub fn encode(&self) -> String {
        let payee = [field(BANK, &self.bank_bin), field(ACCOUNT, &self.account)].concat();
        let transfer =
            [field(SCHEME, NAPAS), field(PAYEE, &payee), field(SERVICE, self.to.service())];
        let amount = self.amount.map(|amount| field(AMOUNT, &amount.units().to_string()));
        let purpose = self.purpose.as_deref();
        let purpose = purpose.map(|purpose| field(ADDITIONAL, &field(PURPOSE, purpose)));
        sealed(
            &[
                field(FORMAT, FORMAT_ONE),
                field(METHOD, method(self.amount)),
                field(TRANSFER, &transfer.concat()),
                field(CURRENCY, VND),
                amount.unwrap_or_default(),
                field(COUNTRY, VIETNAM),
                purpose.unwrap_or_default(),
            ]
            .concat(),
        )
    }
}

/// Reads the text of a scanned code, the exact inverse of [`Payload::encode`].
///
/// # Errors
/// [`QrError`] names the first thing wrong. A change of any one character is always among them:
/// the checksum sees every error that spans at most 16 bits.
pub fn parse(text: &str) -> Result<Payload, QrError> {
    if text.len() > LONGEST {
        return Err(QrError::TooLong);
    }
    if !text.is_ascii() {
        return Err(QrError::NotAscii);
    }
    let mut fields = Fields { rest: unsealed(text)?, last: FORMAT };
    fields.constant(FORMAT, FORMAT_ONE)?;
    let initiation = fields.required(METHOD)?;
    let transfer = fields.required(TRANSFER)?;
    fields.constant(CURRENCY, VND)?;
    let amount = fields.optional(AMOUNT)?.map(parse_amount).transpose()?;
    fields.constant(COUNTRY, VIETNAM)?;
    let purpose = fields.optional(ADDITIONAL)?.map(parse_purpose).transpose()?;
    fields.end()?;
    allow(METHOD, initiation == method(amount))?;
    let (bank_bin, account, to) = parse_transfer(transfer)?;
    Payload::new(Transfer { bank_bin, account, amount, purpose, to })
}

/// Bank, account and service of the interbank template.
fn parse_transfer(text: &str) -> Result<(&str, &str, PayTo), QrError> {
    let mut fields = Fields { rest: text, last: TRANSFER };
    fields.constant(SCHEME, NAPAS)?;
    let mut payee = Fields { rest: fields.required(PAYEE)?, last: PAYEE };
    let service = fields.required(SERVICE)?;
    fields.end()?;
    let bank_bin = payee.required(BANK)?;
    let account = payee.required(ACCOUNT)?;
    payee.end()?;
    let to = [PayTo::Account, PayTo::Card].into_iter().find(|to| to.service() == service);
    Ok((bank_bin, account, to.ok_or(QrError::Value(SERVICE))?))
}

/// Digits alone, without a sign, a fraction or a leading zero: there is one way to write an amount.
fn parse_amount(text: &str) -> Result<Dong, QrError> {
    allow(AMOUNT, !text.starts_with('0') && text.bytes().all(|b| b.is_ascii_digit()))?;
    let units = text.parse().map_err(|_| QrError::Value(AMOUNT))?;
    Dong::new(units).map_err(|_| QrError::Value(AMOUNT))
}

fn parse_purpose(text: &str) -> Result<&str, QrError> {
    let mut fields = Fields { rest: text, last: ADDITIONAL };
    let purpose = fields.required(PURPOSE)?;
    fields.end()?;
    Ok(purpose)
}

/// How the code is meant: for one payment exactly if it says the amount.
const fn method(amount: Option<Dong>) -> &'static str {
    if amount.is_some() { DYNAMIC } else { STATIC }
}

fn is_purpose(text: &str) -> bool {
    (1..=25).contains(&text.len()) && text.bytes().all(|b| b == b' ' || b.is_ascii_graphic())
}

const fn allow(field: Id, holds: bool) -> Result<(), QrError> {
    if holds { Ok(()) } else { Err(QrError::Value(field)) }
}

fn field(Id(id): Id, value: &str) -> String {
    format!("{id}{:02}{value}", value.len())
}

/// The text with the checksum behind it. The checksum covers its own id and length too.
fn sealed(text: &str) -> String {
    let open = format!("{text}{CHECKSUM}04");
    let checksum = crc16(open.as_bytes());
    format!("{open}{checksum:04X}")
}

/// The text before its checksum, if that fits.
fn unsealed(text: &str) -> Result<&str, QrError> {
    let body = text.len().checked_sub(CHECKSUM_BYTES).and_then(|length| text.get(..length));
    body.filter(|body| sealed(body) == text).ok_or(QrError::Checksum)
}

/// CRC-16/CCITT-FALSE: polynomial 0x1021 from 0xFFFF, neither reflected nor inverted.
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0xFFFF, |crc, byte| {
        (0..8).fold(crc ^ (u16::from(*byte) << 8), |crc, _| {
            let shifted = crc << 1;
            if crc & 0x8000 == 0 { shifted } else { shifted ^ 0x1021 }
        })
    })
}

/// The fields still to be read, and the last one that was (the outer one at first).
struct Fields<'a> {
    rest: &'a str,
    last: Id,
}

impl<'a> Fields<'a> {
    fn constant(&mut self, id: Id, wanted: &str) -> Result<(), QrError> {
        allow(id, self.required(id)? == wanted)
    }

    fn required(&mut self, id: Id) -> Result<&'a str, QrError> {
        self.optional(id)?.ok_or(QrError::Misplaced(id))
    }

    fn optional(&mut self, id: Id) -> Result<Option<&'a str>, QrError> {
        let Some(rest) = self.rest.strip_prefix(id.0) else { return Ok(None) };
        let (value, rest) = split_value(rest).ok_or(QrError::Length(id))?;
        (self.rest, self.last) = (rest, id);
        Ok(Some(value))
    }

    fn end(&self) -> Result<(), QrError> {
        if self.rest.is_empty() { Ok(()) } else { Err(QrError::Trailing(self.last)) }
    }
}

/// The value that the two digits in front measure, and what follows it.
fn split_value(text: &str) -> Option<(&str, &str)> {
    let (length, rest) = text.split_at_checked(2)?;
    let digits = length.bytes().all(|b| b.is_ascii_digit());
    rest.split_at_checked(digits.then(|| length.parse().ok())??)
}
