//! What an operator may choose about payment.

use std::net::SocketAddr;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chassis::config::{Declaration, Setting};
use chassis::keys::Keys;
use chassis::service::{BoxError, Process};
use chassis::webhook::Secret;
use jiff::SignedDuration;
use secrecy::{ExposeSecret, SecretString};
use tokio::net::TcpListener;
use zeroize::Zeroizing;

use crate::folio::Questions;
use crate::outside::Bank;
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
    "Secret shared with the bank, whsec_…, or two with a space between during a rotation; not set: the key bank-callback, which the sandbox's bank knows.",
);

const BANK_URL: Setting<String> = Setting::new(
    "payment.bank.url",
    "http://127.0.0.1:4652",
    "Where the bank is asked about transfers it did not tell of; the default is the sandbox's bank.",
);

const BANK_BEARER: Setting<Option<SecretString>> = Setting::new(
    "payment.bank.bearer",
    "",
    "The bearer secret the bank is asked with; not set: the key bank-questions, which the sandbox's bank knows.",
);

const ASK_AFTER: Setting<Duration> = Setting::new(
    "payment.bank.ask_after",
    "5m",
    "How long after an invoice was issued the bank is first asked about it, 1s to 1d; then at twice the time each.",
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

/// The key that stands for the bank's secret where none is set.
const BANK_KEY: &str = "bank-callback";

/// The key that stands for the bearer secret where none is set.
const QUESTIONS_KEY: &str = "bank-questions";

/// The bounds of [`ASK_AFTER`].
const SOONEST: Duration = Duration::from_secs(1);
const LATEST: Duration = Duration::from_secs(24 * 3600);

/// The lines this service adds to the table of settings.
pub const TABLE: [Declaration; 7] = [
    CALLBACK_LISTEN.declaration(),
    BANK_SECRET.declaration(),
    BANK_URL.declaration(),
    BANK_BEARER.declaration(),
    ASK_AFTER.declaration(),
    PAYEE_BANK.declaration(),
    PAYEE_ACCOUNT.declaration(),
];

/// What the service cannot know by itself.
pub struct Settings {
    /// Where the bank's callback lands.
    pub callback: TcpListener,
    /// Secrets shared with the bank.
    pub bank_secrets: Vec<Secret>,
    /// The bank, to be asked.
    pub(crate) bank: Bank,
    /// When it is asked.
    pub questions: Questions,
    /// Whom citizens pay.
    pub payee: Payee,
}

impl Settings {
    /// As settings and keys say.
    ///
    /// # Errors
    /// A setting or the key cannot be read, or the process bound no port for the callback.
    pub fn of(process: &Process) -> Result<Self, BoxError> {
        let settings = &process.settings;
        let bank_secrets = match settings.get(&BANK_SECRET)? {
            Some(texts) => secrets(&texts)?,
            None => vec![sandbox_secret(&process.keys)?],
        };
        let payee = Payee::new(&settings.get(&PAYEE_BANK)?, &settings.get(&PAYEE_ACCOUNT)?)
            .map_err(|error| format!("payment.payee.bank_bin and .account: {error}"))?;
        let bearer = match settings.get(&BANK_BEARER)? {
            Some(secret) => secret,
            None => sandbox_bearer(&process.keys)?,
        };
        Ok(Self {
            callback: process.ports.take(&CALLBACK_LISTEN)?,
            bank_secrets,
            bank: Bank::new(&settings.get(&BANK_URL)?, bearer)?,
            questions: questions(settings.get(&ASK_AFTER)?)?,
            payee,
        })
    }
}

fn questions(first: Duration) -> Result<Questions, BoxError> {
    if !(SOONEST..=LATEST).contains(&first) {
        return Err("payment.bank.ask_after must be 1s to 1d".into());
    }
    Ok(Questions { first: SignedDuration::try_from(first)? })
}

fn secrets(texts: &SecretString) -> Result<Vec<Secret>, BoxError> {
    let secret = |text: &str| {
        text.parse().map_err(|error| BoxError::from(format!("payment.bank.secret: {error}")))
    };
    texts.expose_secret().split_whitespace().map(secret).collect()
}

/// The secret of the sandbox's bank in this installation.
///
/// # Errors
/// The key cannot be read or made.
pub fn sandbox_secret(keys: &Keys) -> Result<Secret, BoxError> {
    let text = Zeroizing::new(format!("whsec_{}", STANDARD.encode(*keys.secret(BANK_KEY)?)));
    Ok(text.parse()?)
}

/// The bearer secret that the sandbox's bank of this installation is asked with.
///
/// # Errors
/// The key cannot be read or made.
pub fn sandbox_bearer(keys: &Keys) -> Result<SecretString, BoxError> {
    Ok(STANDARD.encode(*keys.secret(QUESTIONS_KEY)?).into())
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
