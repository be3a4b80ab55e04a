//! An SMS gateway over HTTP: `POST {url}/messages`, a bearer secret, and our id as its idempotency key.

use std::time::Duration;

use reqwest::{Client, Url};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use thiserror::Error;
use uuid::Uuid;

use crate::settings::Access;

/// How long the gateway may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// A message the gateway did not take.
#[derive(Debug, Error)]
pub enum GatewayError {
    /// It is away or asks to come back: repeat.
    #[error("the SMS gateway is away ({0})")]
    Away(String),
    /// It refuses the message as it is, or our secret.
    #[error("the SMS gateway refused the message (HTTP {0})")]
    Refused(u16),
}

/// The gateway.
#[derive(Clone)]
pub struct Gateway {
    client: Client,
    messages: Url,
    secret: SecretString,
}

impl Gateway {
    /// The gateway at the address of the settings.
    pub fn new(access: Access) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let client = Client::builder().timeout(PATIENCE).build()?;
        let base = access.url.trim_end_matches('/');
        let messages = Url::parse(&format!("{base}/messages"))
            .map_err(|error| format!("mailing.sms.url is no URL: {error}"))?;
        Ok(Self { client, messages, secret: access.secret })
    }

    /// Hands a message over. The gateway shows it once, however often it comes under the same id.
    pub async fn send(&self, id: Uuid, telephone: &str, text: &str) -> Result<(), GatewayError> {
        let answer = self
            .client
            .post(self.messages.clone())
            .bearer_auth(self.secret.expose_secret())
            .header("idempotency-key", id.to_string())
            .json(&json!({"to": telephone, "text": text}))
            .send()
            .await
            // The error's own words would repeat the URL alone, never the body.
            .map_err(|error| GatewayError::Away(error.without_url().to_string()))?;
        match answer.status() {
            taken if taken.is_success() => Ok(()),
            later if later.is_server_error() || later.as_u16() == 429 => {
                Err(GatewayError::Away(later.to_string()))
            }
            refused => Err(GatewayError::Refused(refused.as_u16())),
        }
    }
}
