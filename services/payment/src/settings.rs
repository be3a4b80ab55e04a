//! What an operator tells the service.

use chassis::webhook::Secret;
use tokio::net::TcpListener;

use crate::vietqr::{PayTo, Payload, QrError, Transfer};

/// What the service cannot know by itself.
#[derive(Debug)]
pub struct Settings {
    /// Where the bank's callback lands. Plain HTTP: what is told is signed, and TLS is the ingress's.
    pub callback: TcpListener,
    /// Secrets shared with the bank: one, or two during a rotation. Without one, no callback is believed.
    pub bank_secrets: Vec<Secret>,
    /// Whom citizens pay.
    pub payee: Payee,
}

/// The account that citizens pay to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payee {
    bank_bin: String,
    account: String,
}

impl Payee {
    /// An account at a bank: six digits, and 1 to 19 ASCII letters and digits.
    ///
    /// # Errors
    /// Names the field of the VietQR that could not be written.
    pub fn new(bank_bin: &str, account: &str) -> Result<Self, QrError> {
        let to = PayTo::Account;
        Payload::new(Transfer { bank_bin, account, amount: None, purpose: None, to })?;
        Ok(Self { bank_bin: bank_bin.into(), account: account.into() })
    }

    /// The bank's number in the interbank network.
    pub fn bank_bin(&self) -> &str {
        &self.bank_bin
    }

    /// The account.
    pub fn account(&self) -> &str {
        &self.account
    }
}
