//! What an operator may choose about mailing.

use chassis::config::{Declaration, Setting};
use chassis::service::{BoxError, Process};
use secrecy::SecretString;

const SMS_URL: Setting<String> = Setting::new(
    "mailing.sms.url",
    "http://127.0.0.1:4651",
    "The SMS gateway that messages are handed to; the default is the sandbox's telephone.",
);

const SMS_SECRET: Setting<Option<SecretString>> = Setting::new(
    "mailing.sms.secret",
    "",
    "The bearer secret of the SMS gateway; not set: the key sms-gateway, which the sandbox's telephone knows.",
);

/// The key that stands for the gateway's secret where none is set.
const SMS_KEY: &str = "sms-gateway";

/// The lines this service adds to the table of settings.
pub const TABLE: [Declaration; 2] = [SMS_URL.declaration(), SMS_SECRET.declaration()];

/// How the gateway is reached.
pub struct GatewaySettings {
    /// Its base URL.
    pub url: String,
    /// Its bearer secret.
    pub secret: SecretString,
}

/// How the gateway is reached, as settings and keys say.
///
/// # Errors
/// A setting or the key cannot be read.
pub fn gateway(process: &Process) -> Result<GatewaySettings, BoxError> {
    let url = process.settings.get(&SMS_URL)?;
    let secret = match process.settings.get(&SMS_SECRET)? {
        Some(secret) => secret,
        None => sandbox_secret(&process.keys)?,
    };
    Ok(GatewaySettings { url, secret })
}

/// The secret of the sandbox's telephone in this installation.
///
/// # Errors
/// The key cannot be read or made.
pub fn sandbox_secret(keys: &chassis::keys::Keys) -> Result<SecretString, BoxError> {
    Ok(hex::encode(*keys.secret(SMS_KEY)?).into())
}
