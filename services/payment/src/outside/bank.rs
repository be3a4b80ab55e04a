//! The bank, asked what it did not tell of by itself: `GET {url}/transfers?purpose={purpose}&since={instant}`, with a bearer secret.
//!
//! The answer is JSON: `transfers`, all that carry the purpose and were paid at `since` or after it, each as a callback would tell of
//! it, and `as_of`, the instant by the bank's clock up to which that is so.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::{Client, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use thiserror::Error;

use crate::folio::{Purpose, Told};

/// How long the bank may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// The longest answer that is read, in bytes: some hundreds of transfers.
const LONGEST: usize = 256 * 1024;

/// The bank as it is asked.
#[derive(Clone)]
pub struct Bank {
    client: Client,
    transfers: Url,
    secret: SecretString,
}

/// What the bank answered.
#[derive(Deserialize)]
pub struct Answer {
    /// Until when it told of everything, by its clock.
    pub as_of: Timestamp,
    /// Every transfer for the purpose.
    pub transfers: Vec<Told>,
}

/// No answer. Whatever it is, the question is put again: what the bank or our settings lack today they may have tomorrow.
#[derive(Debug, Error)]
pub enum BankError {
    /// It is away.
    #[error("the bank is away ({0})")]
    Away(String),
    /// It does not want to answer: perhaps our secret is wrong.
    #[error("the bank did not answer (HTTP {0})")]
    Refused(u16),
    /// It said something else than it should.
    #[error("the bank's answer does not read")]
    Unreadable,
}

impl Bank {
    /// The bank at this address.
    ///
    /// # Errors
    /// The address is no URL.
    pub fn new(
        url: &str,
        secret: SecretString,
    ) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let client = Client::builder().timeout(PATIENCE).build()?;
        let transfers = Url::parse(&format!("{}/transfers", url.trim_end_matches('/')))
            .map_err(|error| format!("payment.bank.url is no URL: {error}"))?;
        Ok(Self { client, transfers, secret })
    }

    /// Asks which transfers came for a purpose.
    ///
    /// # Errors
    /// [`BankError`] tells why there is no answer, and nothing of its content.
    pub async fn transfers(
        &self,
        purpose: &Purpose,
        since: Timestamp,
    ) -> Result<Answer, BankError> {
        let mut url = self.transfers.clone();
        url.query_pairs_mut()
            .append_pair("purpose", purpose.as_str())
            .append_pair("since", &since.to_string());
        let asked = self.client.get(url).bearer_auth(self.secret.expose_secret()).send().await;
        let answer = asked.map_err(away)?;
        if !answer.status().is_success() {
            return Err(BankError::Refused(answer.status().as_u16()));
        }
        serde_json::from_slice(&whole(answer).await?).map_err(|_| BankError::Unreadable)
    }
}

/// The body, if it is not too long.
async fn whole(mut answer: reqwest::Response) -> Result<Vec<u8>, BankError> {
    let mut body = Vec::new();
    while let Some(part) = answer.chunk().await.map_err(away)? {
        if body.len() + part.len() > LONGEST {
            return Err(BankError::Unreadable);
        }
        body.extend_from_slice(&part);
    }
    Ok(body)
}

fn away(error: reqwest::Error) -> BankError {
    BankError::Away(error.without_url().to_string())
}
