//! A carrier of parcels: it takes what is handed to it, carries it to the door, and tells the sender of each scan by a signed callback:
//! those of one day when the day is over, in no order, one of them twice, and again until it is heard.
//!
//! At the house number [`NOBODY_HOME`] nobody ever opens: a parcel to a street that begins with it is tried on two days and brought back.
//!
//! | call | answer |
//! |---|---|
//! | `POST /parcels` with a label, a bearer secret and an idempotency key | 201 with [`Taken`], 200 for a repeat; 503 while 1,000 are on their way |
//! | `GET /parcels` | every [`Parcel`], the newest first |
//! | `GET /` | the same as a page for a person |
//!
//! Parcels are kept in memory alone: one taken is not lost while the sender is away, and is when the carrier ends.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Html;
use axum::routing::{get, post};
use axum::{Json, Router};
use chassis::clock::Clock;
use chassis::webhook::Secret;
use jiff::Timestamp;
use rand::seq::{IndexedRandom, SliceRandom};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::net::TcpListener;
use uuid::Uuid;

use crate::http::{escaped, header, shows};
use crate::teller::Teller;

/// Parcels kept.
const KEPT: usize = 1000;

/// The largest body that is read, in bytes.
const LARGEST: usize = 8 * 1024;

/// The wait after the first try of a callback; it doubles with each, up to [`LONGEST_WAIT`].
const FIRST_WAIT: Duration = Duration::from_millis(50);

/// The longest wait between two tries.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// The house number at which nobody opens.
pub const NOBODY_HOME: &str = "404";

/// What is scanned on one day of a parcel's way, and where.
type Day = &'static [(&'static str, &'static str)];

/// The way to a door that is opened.
const DELIVERED: &[Day] = &[&[
    ("accepted", "700000"),
    ("in_transit", "100000"),
    ("out_for_delivery", "100900"),
    ("delivered", "100900"),
]];

/// The way to a door that stays closed, twice, and back.
const RETURNED: &[Day] = &[
    &[
        ("accepted", "700000"),
        ("in_transit", "100000"),
        ("out_for_delivery", "100900"),
        ("attempted", "100900"),
    ],
    &[("out_for_delivery", "100900"), ("attempted", "100900"), ("returned", "700000")],
];

/// Whom the carrier works for.
pub struct Settings {
    /// What senders show as bearer.
    pub secret: SecretString,
    /// Where its callbacks go.
    pub callback_url: String,
    /// What it signs them with.
    pub callback_secret: Secret,
    /// Its clock.
    pub clock: Clock,
    /// How long a parcel takes from one scan to the next.
    pub pace: Duration,
}

/// What stands on a parcel.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// UPU S10.
    pub item_number: String,
    /// What the bar code says.
    pub barcode: String,
    /// Who sends it.
    pub sender: String,
    /// Who takes it.
    pub recipient: String,
    /// House number and street.
    pub street: String,
    /// Code of the ward.
    pub ward_code: String,
    /// A telephone number.
    pub phone: String,
}

/// That a parcel was taken.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Taken {
    /// When, by the carrier's clock.
    pub post_time: Timestamp,
}

/// A parcel.
#[derive(Clone, Serialize, Deserialize)]
pub struct Parcel {
    /// The sender's key: a parcel comes once under it.
    pub key: String,
    /// Where it goes.
    pub label: Label,
    /// When it was taken.
    pub post_time: Timestamp,
    /// Whether every scan was heard.
    pub done: bool,
}

/// What the sender is told of.
#[derive(Clone, Serialize)]
struct Scan {
    item_number: String,
    scan_id: String,
    kind: &'static str,
    time: Timestamp,
    place_code: &'static str,
}

struct Carrier {
    secret: SecretString,
    pace: Duration,
    teller: Teller,
    parcels: Mutex<VecDeque<Parcel>>,
}

/// Runs the carrier for as long as it is polled.
///
/// # Errors
/// The listener fails.
pub async fn serve(listener: TcpListener, settings: Settings) -> std::io::Result<()> {
    let Settings { secret, callback_url: url, callback_secret, clock, pace } = settings;
    let http = reqwest::Client::new();
    let teller = Teller { url, secret: callback_secret, clock, http };
    let carrier = Carrier { secret, pace, teller, parcels: Mutex::default() };
    let router = Router::new()
        .route("/", get(page))
        .route("/parcels", post(take).get(list))
        .layer(DefaultBodyLimit::max(LARGEST))
        .with_state(Arc::new(carrier));
    axum::serve(listener, router).await
}

async fn take(
    State(carrier): State<Arc<Carrier>>,
    headers: HeaderMap,
    Json(label): Json<Label>,
) -> Result<(StatusCode, Json<Taken>), StatusCode> {
    if !shows(&headers, &carrier.secret) {
        return Err(StatusCode::UNAUTHORIZED);
    }
    let key = header(&headers, "idempotency-key").ok_or(StatusCode::BAD_REQUEST)?;
    let (parcel, new) = carrier.take(key, label)?;
    let taken = Taken { post_time: parcel.post_time };
    if !new {
        return Ok((StatusCode::OK, Json(taken)));
    }
    tokio::spawn(async move { carrier.deliver(parcel).await });
    Ok((StatusCode::CREATED, Json(taken)))
}

async fn list(State(carrier): State<Arc<Carrier>>) -> Json<Vec<Parcel>> {
    Json(carrier.parcels().iter().rev().cloned().collect())
}

/// Every parcel at a glance, newest first, for a person.
async fn page(State(carrier): State<Arc<Carrier>>) -> Html<String> {
    let rows: String = carrier.parcels().iter().rev().map(row).collect();
    Html(format!(
        "<!doctype html><html lang=vi><meta charset=utf-8><meta http-equiv=refresh content=5>\
         <title>Bưu cục thử</title><h1>Bưu cục thử</h1><table>{rows}</table></html>"
    ))
}

fn row(parcel: &Parcel) -> String {
    let Label { item_number, sender, recipient, street, ward_code, .. } = &parcel.label;
    let to = escaped(&format!("{recipient}, {street}, {ward_code}"));
    let (number, from) = (escaped(item_number), escaped(sender));
    let state = match (parcel.done, parcel.label.is_to_nobody()) {
        (false, _) => "đang chuyển",
        (true, false) => "đã phát",
        (true, true) => "đã hoàn",
    };
    format!("<tr><th scope=row>{number}</th><td>{from}</td><td>{to}</td><td>{state}</td></tr>")
}

impl Label {
    fn is_to_nobody(&self) -> bool {
        self.street.split_whitespace().next() == Some(NOBODY_HOME)
    }

    fn way(&self) -> &'static [Day] {
        if self.is_to_nobody() { RETURNED } else { DELIVERED }
    }
}

impl Carrier {
    fn parcels(&self) -> MutexGuard<'_, VecDeque<Parcel>> {
        self.parcels.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The parcel under a key, and whether it is new. Another parcel under a known key is refused.
    fn take(&self, key: &str, label: Label) -> Result<(Parcel, bool), StatusCode> {
        let mut parcels = self.parcels();
        if let Some(known) = parcels.iter().find(|parcel| parcel.key == key) {
            let same = known.label.item_number == label.item_number;
            return if same { Ok((known.clone(), false)) } else { Err(StatusCode::CONFLICT) };
        }
        if parcels.len() >= KEPT {
            let done = parcels.iter().position(|parcel| parcel.done);
            parcels.remove(done.ok_or(StatusCode::SERVICE_UNAVAILABLE)?);
        }
        let post_time = self.teller.clock.now();
        let parcel = Parcel { key: key.into(), label, post_time, done: false };
        parcels.push_back(parcel.clone());
        Ok((parcel, true))
    }

    /// Carries a parcel to its door, and tells of every scan on the way at the end of its day.
    async fn deliver(&self, parcel: Parcel) {
        for day in parcel.label.way() {
            for scan in shuffled(self.scans(&parcel.label.item_number, day).await) {
                self.tell(&scan).await;
            }
        }
        if let Some(done) = self.parcels().iter_mut().find(|known| known.key == parcel.key) {
            done.done = true;
        }
    }

    async fn scans(&self, item_number: &str, day: Day) -> Vec<Scan> {
        let mut scans = Vec::new();
        for &(kind, place_code) in day {
            let scan_id = Uuid::now_v7().simple().to_string();
            let time = self.teller.clock.now();
            scans.push(Scan { item_number: item_number.into(), scan_id, kind, time, place_code });
            tokio::time::sleep(self.pace).await;
        }
        scans
    }

    /// Calls until the sender takes it, with longer and longer waits.
    async fn tell(&self, scan: &Scan) {
        let mut wait = FIRST_WAIT;
        loop {
            match self.teller.call(&scan.scan_id, &json!({"scans": [scan]})).await {
                Ok(status) if status.is_success() => return,
                outcome => tracing::warn!(scan = scan.scan_id, ?outcome, "not taken yet"),
            }
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }
}

/// In no order, and one of them twice.
fn shuffled(mut scans: Vec<Scan>) -> Vec<Scan> {
    let mut luck = rand::rng();
    scans.extend(scans.choose(&mut luck).cloned());
    scans.shuffle(&mut luck);
    scans
}
