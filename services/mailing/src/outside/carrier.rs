//! A carrier of parcels over HTTP: `POST {url}/parcels`, a bearer secret, and our id as its idempotency key. Its scans come by
//! [`crate::callback`].

use std::time::Duration;

use jiff::Timestamp;
use proto::motcua::dossier::v1::DeliveryAddress;
use reqwest::{Client, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};
use thiserror::Error;
use uuid::Uuid;

use crate::settings::Access;

/// How long the carrier may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// What stands on a parcel. It has no `Debug`: it names a person.
pub struct Label<'a> {
    /// Its item number: printed, and as bar code (Code 128).
    pub item_number: &'a str,
    /// The agency that sends it, `agencies/{unit code}`.
    pub sender: &'a str,
    /// To whom and where.
    pub to: &'a DeliveryAddress,
}

/// A parcel the carrier did not take.
#[derive(Debug, Error)]
pub enum CarrierError {
    /// It is away or asks to come back.
    #[error("the carrier is away ({0})")]
    Away(String),
    /// It refuses the parcel as it is, or our secret.
    #[error("the carrier refused the parcel (HTTP {0})")]
    Refused(u16),
    /// It took the parcel and did not say when.
    #[error("the carrier's answer has no post_time")]
    Untimed,
}

#[derive(Deserialize)]
struct Taken {
    post_time: Timestamp,
}

/// The carrier.
#[derive(Clone)]
pub struct Carrier {
    client: Client,
    parcels: Url,
    secret: SecretString,
}

impl Carrier {
    /// The carrier at the address of the settings.
    pub fn new(access: Access) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let client = Client::builder().timeout(PATIENCE).build()?;
        let base = access.url.trim_end_matches('/');
        let parcels = Url::parse(&format!("{base}/parcels"))
            .map_err(|error| format!("mailing.carrier.url is no URL: {error}"))?;
        Ok(Self { client, parcels, secret: access.secret })
    }

    /// Hands a parcel over, and says when the carrier took it, by its clock. It is one parcel, however often it comes under the same id.
    pub async fn post(&self, id: Uuid, label: &Label<'_>) -> Result<Timestamp, CarrierError> {
        let answer = self
            .client
            .post(self.parcels.clone())
            .bearer_auth(self.secret.expose_secret())
            .header("idempotency-key", id.to_string())
            .json(&body(label))
            .send()
            .await
            // The error's own words would repeat the URL alone, never the body.
            .map_err(|error| CarrierError::Away(error.without_url().to_string()))?;
        match answer.status() {
            taken if taken.is_success() => {
                let told: Taken = answer.json().await.map_err(|_| CarrierError::Untimed)?;
                Ok(told.post_time)
            }
            later if later.is_server_error() || later.as_u16() == 429 => {
                Err(CarrierError::Away(later.to_string()))
            }
            refused => Err(CarrierError::Refused(refused.as_u16())),
        }
    }
}

fn body(label: &Label<'_>) -> Value {
    json!({
        "item_number": label.item_number,
        "barcode": label.item_number,
        "sender": label.sender,
        "recipient": label.to.recipient,
        "street": label.to.street,
        "ward_code": label.to.ward_code,
        "phone": label.to.phone,
    })
}
