//! What an operator may choose about payment.

use std::net::SocketAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chassis::config::{self, Declaration, Setting};
use chassis::keys::Keys;
use chassis::service::BoxError;
use chassis::webhook::Secret;
use secrecy::{ExposeSecret, SecretString};
use tokio::net::TcpListener;
use zeroize::Zeroizing;

use crate::vietqr::{PayTo, Payload, QrError, Transfer};

/// Where the bank's callback lands.
pub const CALLBACK_LISTEN: Setting<SocketAddr> = Setting::new(
    "payment.callback.listen",
    "127.0.0.1:4615",
    "Where the bank's callbacks are heard, plain HTTP: what is told is signed, and TLS ends before it.",
);

const BANK_SECRET: Setting<Option<SecretString>> = Setting::new(
    "payment.bank.secret",
    "",
    "Secret shared with the bank, whsec_…, or two with a space between during a rotation; up makes one for the sandbox's bank.",
);

const PAYEE_BANK: Setting<String> = Setting::new(
    "payment.payee.bank_bin",
    "970436",
    "The bank that citizens pay to: its six digits in the interbank network.",
);

const PAYEE_ACCOUNT: Setting<String> = Setting::new(
    "payment.payee.account",
    "0011001234567",
    "The account that citizens pay to; the default is one at the sandbox's bank.",
);

/// The lines this service adds to the table of settings.
pub const TABLE: [Declaration; 4] = [
    CALLBACK_LISTEN.declaration(),
    BANK_SECRET.declaration(),
    PAYEE_BANK.declaration(),
    PAYEE_ACCOUNT.declaration(),
];

/// What the service cannot know by itself.
#[derive(Debug)]
pub struct Settings {
    /// Where the bank's callback lands.
    pub callback: TcpListener,
    /// Secrets shared with the bank.
    pub bank_secrets: Vec<Secret>,
    /// Whom citizens pay.
    pub payee: Payee,
}

impl Settings {
    /// As settings and keys say; the port is taken at once.
    ///
    /// # Errors
    /// The bank's secret is not set, a setting cannot be used, or the port is taken.
    pub fn of(settings: &config::Settings) -> Result<Self, BoxError> {
        let bank_secrets = bank_secrets(settings)?;
        let payee = Payee::new(&settings.get(&PAYEE_BANK)?, &settings.get(&PAYEE_ACCOUNT)?)
            .map_err(|error| format!("payment.payee.bank_bin and .account: {error}"))?;
        Ok(Self { callback: listen(settings.get(&CALLBACK_LISTEN)?)?, bank_secrets, payee })
    }
}

/// Secrets shared with the bank, at least one.
///
/// # Errors
/// None is set, or one is no webhook secret.
pub fn bank_secrets(settings: &config::Settings) -> Result<Vec<Secret>, BoxError> {
    let texts = settings.require(&BANK_SECRET)?;
    let name = BANK_SECRET.declaration().name;
    let secret = |text: &str| text.parse().map_err(|error| format!("{name}: {error}"));
    Ok(texts.expose_secret().split_whitespace().map(secret).collect::<Result<_, _>>()?)
}

fn listen(address: SocketAddr) -> Result<TcpListener, BoxError> {
    let taken = |error| {
        format!("cannot listen on {address} ({error}); choose another with payment.callback.listen")
    };
    let listener = std::net::TcpListener::bind(address).map_err(taken)?;
    listener.set_nonblocking(true)?;
    Ok(TcpListener::from_std(listener)?)
}

/// The secret of an installation whose bank is the sandbox's: kept in its folder of keys, made on first use. A secret has no default, so
/// whoever raises both sides hands this to both.
///
/// # Errors
/// The key cannot be read or made.
pub fn own_secrets(keys: &Keys) -> Result<[(&'static str, SecretString); 1], BoxError> {
    let encoded = Zeroizing::new(STANDARD.encode(*keys.secret("bank-callback")?));
    Ok([(BANK_SECRET.declaration().name, format!("whsec_{}", *encoded).into())])
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
