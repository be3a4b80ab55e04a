//! A bank: it takes what a citizen's banking application scanned and tells the payee by a signed callback, once, twice or never.
//!
//! | call | answer |
//! |---|---|
//! | `POST /payments` with [`Payment`] | 201 with [`Told`]; 422 for a QR that is none |
//! | `GET /transfers?purpose={purpose}&since={instant}`, bearer secret | [`Transfers`]; 401 for another secret |
//! | `POST /transfers/{transfer_id}/callback` | 204 once the payee was told of it again and took it; 404 for one it does not know; 502 if the payee did not take it |

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use chassis::clock::Clock;
use chassis::webhook::Secret;
use jiff::Timestamp;
use payment::vietqr;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use tokio::net::TcpListener;
use uuid::Uuid;

use crate::teller::Teller;

/// Times a callback is tried before the bank gives up.
const TRIES: u32 = 10;

/// The wait after the first try; it doubles with each.
const FIRST_WAIT: Duration = Duration::from_millis(50);

/// Whom the bank tells, and how it is believed.
pub struct Settings {
    /// Where its callbacks go.
    pub callback_url: String,
    /// What it signs them with.
    pub secret: Secret,
    /// What whoever asks for transfers must show as bearer.
    pub bearer: SecretString,
    /// Its clock.
    pub clock: Clock,
}

/// What a banking application sends.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Payment {
    /// The text of the scanned VietQR.
    pub qr: String,
    /// How often the payee is told.
    #[serde(default)]
    pub behaviour: Behaviour,
    /// Another amount than the QR says, in đồng: the payer typed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<i64>,
}

/// How often the payee is told of a payment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Behaviour {
    /// Until the payee takes it.
    #[default]
    Once,
    /// Again after that.
    Twice,
    /// Not at all: the payee must ask.
    Never,
}

/// A transfer as the bank tells of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// The bank's id for it.
    pub transfer_id: String,
    /// How much, in đồng.
    pub amount: i64,
    /// Always `VND`.
    pub currency: String,
    /// What the payer wrote.
    pub purpose: String,
    /// When, by the bank's clock.
    pub pay_time: Timestamp,
}

/// A question to the bank.
#[derive(Deserialize)]
struct Question {
    /// What the payers wrote.
    purpose: String,
    /// Those paid before this instant are left out.
    since: Timestamp,
}

/// What the bank answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transfers {
    /// Up to which instant these are all, by the bank's clock.
    pub as_of: Timestamp,
    /// The transfers asked for, oldest first.
    pub transfers: Vec<Told>,
}

struct Bank {
    bearer: SecretString,
    teller: Teller,
    /// The transfers of each purpose, oldest first.
    transfers: Mutex<HashMap<String, Vec<Told>>>,
}

/// Runs the bank for as long as it is polled.
///
/// # Errors
/// The listener fails.
pub async fn serve(listener: TcpListener, settings: Settings) -> std::io::Result<()> {
    axum::serve(listener, router(settings)).await
}

/// What a bank answers; clones are doors to the same one.
pub fn router(settings: Settings) -> Router {
    let Settings { callback_url: url, secret, bearer, clock } = settings;
    let teller = Teller { url, secret, clock, http: reqwest::Client::new() };
    let bank = Bank { bearer, teller, transfers: Mutex::default() };
    Router::new()
        .route("/payments", post(pay))
        .route("/transfers", get(transfers))
        .route("/transfers/{transfer_id}/callback", post(call_again))
        .with_state(Arc::new(bank))
}

async fn pay(
    State(bank): State<Arc<Bank>>,
    Json(payment): Json<Payment>,
) -> Result<(StatusCode, Json<Told>), (StatusCode, String)> {
    let told = bank.transfer(&payment).map_err(|why| (StatusCode::UNPROCESSABLE_ENTITY, why))?;
    let times = match payment.behaviour {
        Behaviour::Once => 1,
        Behaviour::Twice => 2,
        Behaviour::Never => 0,
    };
    let telling = told.clone();
    tokio::spawn(async move {
        for _ in 0..times {
            bank.tell(&telling).await;
        }
    });
    Ok((StatusCode::CREATED, Json(told)))
}

async fn transfers(
    State(bank): State<Arc<Bank>>,
    headers: HeaderMap,
    Query(question): Query<Question>,
) -> Result<Json<Transfers>, StatusCode> {
    if !bank.knows(&headers) {
        return Err(StatusCode::UNAUTHORIZED);
    }
    let transfers = bank.transfers.lock().unwrap_or_else(PoisonError::into_inner);
    let named = transfers.get(&question.purpose).into_iter().flatten();
    let transfers = named.filter(|told| told.pay_time >= question.since).cloned().collect();
    Ok(Json(Transfers { as_of: bank.teller.clock.now(), transfers }))
}

async fn call_again(
    State(bank): State<Arc<Bank>>,
    Path(transfer_id): Path<String>,
) -> Result<StatusCode, StatusCode> {
    let told = bank.known(&transfer_id).ok_or(StatusCode::NOT_FOUND)?;
    match bank.teller.call(&told.transfer_id, &told).await {
        Ok(status) if status.is_success() => Ok(StatusCode::NO_CONTENT),
        _ => Err(StatusCode::BAD_GATEWAY),
    }
}

impl Bank {
    fn known(&self, transfer_id: &str) -> Option<Told> {
        let transfers = self.transfers.lock().unwrap_or_else(PoisonError::into_inner);
        transfers.values().flatten().find(|told| told.transfer_id == transfer_id).cloned()
    }

    fn transfer(&self, payment: &Payment) -> Result<Told, String> {
        let scanned = vietqr::parse(&payment.qr).map_err(|error| error.to_string())?;
        let proposed = scanned.transfer();
        let amount = payment.amount.or(proposed.amount.map(|amount| amount.units()));
        let amount = amount.filter(|amount| *amount > 0);
        let amount = amount.ok_or("neither the QR nor the payer says an amount above zero")?;
        // The clock is read under the lock: an answer as of an instant holds all that was paid until then.
        let mut transfers = self.transfers.lock().unwrap_or_else(PoisonError::into_inner);
        let told = Told {
            transfer_id: format!("FT{}", Uuid::now_v7().simple()),
            amount,
            currency: "VND".into(),
            purpose: proposed.purpose.unwrap_or_default().into(),
            pay_time: self.teller.clock.now(),
        };
        transfers.entry(told.purpose.clone()).or_default().push(told.clone());
        Ok(told)
    }

    fn knows(&self, headers: &HeaderMap) -> bool {
        let shown = headers.get("authorization").and_then(|value| value.to_str().ok());
        let shown = shown.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
        shown.as_bytes().ct_eq(self.bearer.expose_secret().as_bytes()).into()
    }

    /// Calls until the payee takes it, with longer and longer waits.
    async fn tell(&self, told: &Told) {
        let mut wait = FIRST_WAIT;
        for _ in 0..TRIES {
            match self.teller.call(&told.transfer_id, told).await {
                Ok(status) if status.is_success() => return,
                outcome => tracing::warn!(transfer = told.transfer_id, ?outcome, "not taken yet"),
            }
            tokio::time::sleep(wait).await;
            wait *= 2;
        }
        tracing::error!(transfer = told.transfer_id, "the payee could not be told");
    }
}
