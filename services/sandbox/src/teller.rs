//! Whoever tells something by a signed callback.

use std::time::Duration;

use axum::http::StatusCode;
use chassis::clock::Clock;
use chassis::webhook::{ID_HEADER, MessageId, SIGNATURE_HEADER, Secret, TIMESTAMP_HEADER, sign};
use serde::Serialize;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Calls one address.
pub struct Teller {
    /// Where its callbacks go.
    pub url: String,
    /// What it signs them with.
    pub secret: Secret,
    /// Its clock.
    pub clock: Clock,
    /// Its connections.
    pub http: reqwest::Client,
}

impl Teller {
    /// One call: the same id for each repeat, signed at the time of this one.
    pub async fn call(&self, id: &str, told: &impl Serialize) -> reqwest::Result<StatusCode> {
        let body = serde_json::to_vec(told).expect("plain fields can be written");
        let id: MessageId = id.parse().expect("letters and digits make an id");
        let now = self.clock.now();
        let answer = self
            .http
            .post(&self.url)
            .timeout(PATIENCE)
            .header("content-type", "application/json")
            .header(ID_HEADER, id.as_str())
            .header(TIMESTAMP_HEADER, now.as_second())
            .header(SIGNATURE_HEADER, sign(&self.secret, &id, now, &body))
            .body(body)
            .send()
            .await?;
        Ok(answer.status())
    }
}
