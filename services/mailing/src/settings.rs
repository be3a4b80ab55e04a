//! What an operator may choose about mailing.

use std::net::SocketAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chassis::config::{self, Declaration, Setting, SettingsError, Value};
use chassis::keys::Keys;
use chassis::service::{BoxError, Process};
use chassis::webhook::Secret;
use secrecy::{ExposeSecret, SecretString};
use tokio::net::TcpListener;
use zeroize::Zeroizing;

/// Where the SMS gateway is.
pub const SMS_URL: Setting<Option<String>> = Setting::new(
    "mailing.sms.url",
    "",
    "The SMS gateway that messages are handed to; with up, unless set, the sandbox's telephone.",
);

/// What the SMS gateway knows us by.
pub const SMS_SECRET: Setting<Option<SecretString>> = Setting::new(
    "mailing.sms.secret",
    "",
    "The bearer secret of the SMS gateway; up makes one for the sandbox's telephone.",
);

/// Where the carrier is.
pub const CARRIER_URL: Setting<Option<String>> = Setting::new(
    "mailing.carrier.url",
    "",
    "The carrier that parcels are handed to; with up, unless set, the sandbox's.",
);

/// What the carrier knows us by.
pub const CARRIER_SECRET: Setting<Option<SecretString>> = Setting::new(
    "mailing.carrier.secret",
    "",
    "The bearer secret of the carrier; up makes one for the sandbox's.",
);

/// Where the carrier's callback lands.
pub const CALLBACK_LISTEN: Setting<SocketAddr> = Setting::new(
    "mailing.carrier.callback.listen",
    "127.0.0.1:4614",
    "Where the carrier's callbacks are heard, plain HTTP: what is told is signed, and TLS ends before it.",
);

const CALLBACK_SECRET: Setting<Option<SecretString>> = Setting::new(
    "mailing.carrier.callback.secret",
    "",
    "Secret shared with the carrier, whsec_…, or two with a space between during a rotation; up makes one for the sandbox's.",
);

const SMTP_HOST: Setting<Option<String>> = Setting::new(
    "mailing.smtp.host",
    "",
    "The mail server that takes messages to those who have an e-mail address; not set: all are told by telephone.",
);

const SMTP_PORT: Setting<u16> = Setting::new("mailing.smtp.port", "587", "Its port.");

const SMTP_TLS: Setting<TlsMode> = Setting::new(
    "mailing.smtp.tls",
    "starttls",
    "How it is spoken to: starttls (port 587), tls from the first byte (465), or none, for a server on this machine.",
);

const SMTP_USER: Setting<Option<String>> =
    Setting::new("mailing.smtp.user", "", "Whom we sign in as; not set: nobody.");

const SMTP_PASSWORD: Setting<Option<SecretString>> =
    Setting::new("mailing.smtp.password", "", "The password we sign in with.");

const SMTP_FROM: Setting<Option<String>> = Setting::new(
    "mailing.smtp.from",
    "",
    "The address that messages come from, as in Một cửa <no-reply@example.vn>.",
);

/// The lines this service adds to the table of settings.
pub const TABLE: [Declaration; 12] = [
    SMS_URL.declaration(),
    SMS_SECRET.declaration(),
    CARRIER_URL.declaration(),
    CARRIER_SECRET.declaration(),
    CALLBACK_LISTEN.declaration(),
    CALLBACK_SECRET.declaration(),
    SMTP_HOST.declaration(),
    SMTP_PORT.declaration(),
    SMTP_TLS.declaration(),
    SMTP_USER.declaration(),
    SMTP_PASSWORD.declaration(),
    SMTP_FROM.declaration(),
];

/// How someone outside is reached over HTTP.
pub struct Access {
    /// The base URL.
    pub url: String,
    /// The bearer secret.
    pub secret: SecretString,
}

/// Whether a mail server is spoken to in the clear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsMode {
    /// In the clear.
    None,
    /// In the clear until both change to TLS, which they must.
    Starttls,
    /// By TLS from the first byte.
    Tls,
}

impl Value for TlsMode {
    const ACCEPTED: &'static str = "starttls, tls or none";

    fn parse(text: &str) -> Option<Self> {
        match text {
            "none" => Some(Self::None),
            "starttls" => Some(Self::Starttls),
            "tls" => Some(Self::Tls),
            _ => None,
        }
    }
}

/// A mail server.
pub struct MailServer {
    /// Its name, which its certificate must bear.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How it is spoken to.
    pub tls: TlsMode,
    /// User and password, if it wants them.
    pub account: Option<(String, SecretString)>,
    /// Whom messages come from.
    pub from: String,
}

/// What the service cannot know by itself.
pub struct Settings {
    /// The SMS gateway.
    pub gateway: Access,
    /// The carrier.
    pub carrier: Access,
    /// Where the carrier's callback lands.
    pub callback: TcpListener,
    /// Secrets shared with the carrier.
    pub callback_secrets: Vec<Secret>,
    /// The mail server, if there is one.
    pub mail_server: Option<MailServer>,
}

impl Settings {
    /// As an operator said.
    ///
    /// # Errors
    /// A secret is not set, a setting cannot be used, or the process bound no port for the callback.
    pub fn of(process: &Process) -> Result<Self, BoxError> {
        let settings = &process.settings;
        Ok(Self {
            gateway: Access {
                url: settings.require(&SMS_URL)?,
                secret: settings.require(&SMS_SECRET)?,
            },
            carrier: Access {
                url: settings.require(&CARRIER_URL)?,
                secret: settings.require(&CARRIER_SECRET)?,
            },
            callback: process.ports.take(&CALLBACK_LISTEN)?,
            callback_secrets: callback_secrets(settings)?,
            mail_server: mail_server(settings)?,
        })
    }
}

fn mail_server(settings: &config::Settings) -> Result<Option<MailServer>, SettingsError> {
    let Some(host) = settings.get(&SMTP_HOST)? else { return Ok(None) };
    let account = match settings.get(&SMTP_USER)? {
        Some(user) => Some((user, settings.require(&SMTP_PASSWORD)?)),
        None => None,
    };
    Ok(Some(MailServer {
        host,
        port: settings.get(&SMTP_PORT)?,
        tls: settings.get(&SMTP_TLS)?,
        account,
        from: settings.require(&SMTP_FROM)?,
    }))
}

/// Secrets shared with the carrier, at least one.
///
/// # Errors
/// None is set, or one is no webhook secret.
pub fn callback_secrets(settings: &config::Settings) -> Result<Vec<Secret>, BoxError> {
    let texts = settings.require(&CALLBACK_SECRET)?;
    let name = CALLBACK_SECRET.declaration().name;
    let secret = |text: &str| text.parse().map_err(|error| format!("{name}: {error}"));
    Ok(texts.expose_secret().split_whitespace().map(secret).collect::<Result<_, _>>()?)
}

/// Secrets for an installation whose world outside is the sandbox: kept in its folder of keys, made on first use. A secret has no
/// default, so whoever raises both sides hands these to both.
///
/// # Errors
/// A key cannot be read or made.
pub fn own_secrets(keys: &Keys) -> Result<[(&'static str, SecretString); 3], BoxError> {
    let bearer = |key: &str| Ok::<_, BoxError>(hex::encode(*keys.secret(key)?).into());
    let signing = Zeroizing::new(STANDARD.encode(*keys.secret("carrier-callback")?));
    Ok([
        (SMS_SECRET.declaration().name, bearer("sms-gateway")?),
        (CARRIER_SECRET.declaration().name, bearer("carrier")?),
        (CALLBACK_SECRET.declaration().name, format!("whsec_{}", *signing).into()),
    ])
}
