//! What an operator may choose about payment.

use std::net::SocketAddr;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chassis::config::{self, Declaration, Setting};
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
    "Secret shared with the bank, whsec_…, or two with a space between during a rotation; up makes one for the sandbox's bank.",
);

/// Where the bank is asked.
pub const BANK_URL: Setting<Option<String>> = Setting::new(
    "payment.bank.url",
    "",
    "Where the bank is asked about transfers it did not tell of; with up, unless set, the sandbox's bank.",
);

/// What the bank knows us by when it is asked.
pub const BANK_BEARER: Setting<Option<SecretString>> = Setting::new(
    "payment.bank.bearer",
    "",
    "The bearer secret the bank is asked with; up makes one for the sandbox's bank.",
);

const ASK_AFTER: Setting<Duration> = Setting::new(
    "payment.bank.ask_after",
    "5m",
    "How long after an invoice was issued the bank is first asked about it, 1s to 1d; then at twice the time each.",
);

/// The bank that citizens pay to. There is no default: money paid to a wrong account comes back late, if at all.
pub const PAYEE_BANK: Setting<Option<String>> = Setting::new(
    "payment.payee.bank_bin",
    "",
    "The bank that citizens pay to: its six digits in the interbank network; up pays to the sandbox's.",
);

/// The account that citizens pay to.
pub const PAYEE_ACCOUNT: Setting<Option<String>> = Setting::new(
    "payment.payee.account",
    "",
    "The account that citizens pay to, 1 to 19 ASCII letters and digits; up pays to one at the sandbox's bank.",
);

/// An account at the sandbox's bank, by bank and number, for whoever raises both sides.
pub const SANDBOX_ACCOUNT: [(&str, &str); 2] = [
    (PAYEE_BANK.declaration().name, "970436"),
    (PAYEE_ACCOUNT.declaration().name, "0011001234567"),
];

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
    /// A secret is not set, a setting cannot be used, or the process bound no port for the callback.
    pub fn of(process: &Process) -> Result<Self, BoxError> {
        let settings = &process.settings;
        let bank_secrets = bank_secrets(settings)?;
        let payee = Payee::new(&settings.require(&PAYEE_BANK)?, &settings.require(&PAYEE_ACCOUNT)?)
            .map_err(|error| format!("payment.payee.bank_bin and .account: {error}"))?;
        let bearer = settings.require(&BANK_BEARER)?;
        Ok(Self {
            callback: process.ports.take(&CALLBACK_LISTEN)?,
            bank_secrets,
            bank: Bank::new(&settings.require(&BANK_URL)?, bearer)?,
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

/// The secrets of an installation whose bank is the sandbox's: kept in its folder of keys, made on first use. A secret has no default, so
/// whoever raises both sides hands these to both.
///
/// # Errors
/// The key cannot be read or made.
pub fn own_secrets(keys: &Keys) -> Result<[(&'static str, SecretString); 2], BoxError> {
    let signing = Zeroizing::new(STANDARD.encode(*keys.secret("bank-callback")?));
    let bearer = STANDARD.encode(*keys.secret("bank-questions")?);
    Ok([
        (BANK_SECRET.declaration().name, format!("whsec_{}", *signing).into()),
        (BANK_BEARER.declaration().name, bearer.into()),
    ])
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
