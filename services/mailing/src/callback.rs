//! The carrier's callback: `POST /carrier/scans`, signed by the Standard Webhooks convention.
//!
//! The carrier repeats a call until it is answered 2xx. The scans of one parcel take effect together, each once by its own id; one at
//! fault keeps those of its parcel out and no others, and is told by field with 422: then a repeat of the same call helps nobody.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Request, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use chassis::clock::Clock;
use chassis::database::failed;
use chassis::refusal::{FIELDS_INVALID, Failure, Violation};
use chassis::webhook::{Headers, ID_HEADER, SIGNATURE_HEADER, Secret, TIMESTAMP_HEADER, verify};
use chassis::write::{Door, Fingerprint, Once};
use serde_json::json;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::s10::TrackingNumber;
use crate::shipment::{Batch, Numbered, RecordScans};
use crate::store::MailStore;

/// Where it lands.
pub const PATH: &str = "/carrier/scans";

/// In whose name a callback acts.
const CALLER: &str = "services/carrier-callback";

/// The largest body, in bytes.
const LARGEST: usize = 64 * 1024;

/// How long a body may take to come.
const PATIENCE: Duration = Duration::from_secs(10);

/// Takes what the carrier tells.
pub struct Callback {
    /// Secrets shared with the carrier.
    pub secrets: Vec<Secret>,
    /// Finds the dossier a parcel belongs to.
    pub store: MailStore,
    /// Records it.
    pub door: Door<MailStore>,
    /// Tells whether a call is fresh.
    pub clock: Clock,
}

impl Callback {
    /// The one route.
    pub fn router(self) -> Router {
        Router::new().route(PATH, post(called)).with_state(Arc::new(self))
    }

    async fn take(&self, headers: &HeaderMap, body: &[u8]) -> Result<(), Refused> {
        verify(&self.secrets, signed(headers), body, self.clock.now())
            .map_err(|error| Refused::new(StatusCode::UNAUTHORIZED, error))?;
        let Batch { parcels, mut faults } =
            Batch::parse(body).map_err(|error| Refused::new(StatusCode::BAD_REQUEST, error))?;
        faults.extend(self.record(parcels).await?);
        if faults.is_empty() { Ok(()) } else { Err(Refused::Fields(faults)) }
    }

    /// Records the scans of each parcel, and says what is at fault.
    async fn record(
        &self,
        parcels: BTreeMap<TrackingNumber, Vec<Numbered>>,
    ) -> Result<Vec<Violation>, Refused> {
        let numbers: Vec<TrackingNumber> = parcels.keys().copied().collect();
        let known = self.store.dossiers_of(&numbers).await.map_err(failed)?;
        let (mut faults, mut failure) = (Vec::new(), None);
        for (number, scans) in parcels {
            let Some(dossier) = known.get(&number).copied() else {
                faults.extend(scans.iter().map(unknown));
                continue;
            };
            let once = once(number, &scans);
            match self.door.run(once, RecordScans { dossier, scans }).await {
                Ok(()) => {}
                Err(Failure::Refused(refusal)) if refusal.reason == FIELDS_INVALID => {
                    faults.extend(refusal.violations);
                }
                // No parcel keeps out those behind it: the carrier repeats the call for its sake.
                Err(one) => failure = Some(one),
            }
        }
        failure.map_or(Ok(faults), |failure| Err(failure.into()))
    }
}

/// The identity of what is told of one parcel: it follows from what is told, whichever call it came by.
fn once(number: TrackingNumber, scans: &[Numbered]) -> Once {
    let told = Sha256::new().chain_update(number.to_string());
    let told = scans.iter().fold(told, |told, Numbered { scan, .. }| {
        told.chain_update(&scan.id)
            .chain_update([0])
            .chain_update(i32::from(scan.kind).to_be_bytes())
            .chain_update(scan.at.as_microsecond().to_be_bytes())
            .chain_update(&scan.place)
            .chain_update([0])
    });
    let fingerprint = first_half(&told.finalize());
    Once::Call { caller: CALLER.into(), request_id: Uuid::new_v8(fingerprint), fingerprint }
}

fn first_half(digest: &[u8]) -> Fingerprint {
    let mut half = Fingerprint::default();
    half.copy_from_slice(&digest[..16]);
    half
}

fn unknown(Numbered { index, .. }: &Numbered) -> Violation {
    Violation::new(
        format!("scans[{index}].item_number"),
        "ITEM_UNKNOWN",
        "Không có bưu gửi mang số hiệu này; hãy kiểm tra số hiệu.",
        "No parcel of ours has this number; check it.",
    )
}

async fn called(State(callback): State<Arc<Callback>>, request: Request<Body>) -> Response {
    let (head, body) = request.into_parts();
    match whole(body).await {
        Ok(body) => match callback.take(&head.headers, &body).await {
            Ok(()) => StatusCode::NO_CONTENT.into_response(),
            Err(refused) => refused.into_response(),
        },
        Err(status) => status.into_response(),
    }
}

async fn whole(body: Body) -> Result<Bytes, StatusCode> {
    match tokio::time::timeout(PATIENCE, to_bytes(body, LARGEST)).await {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(_)) => Err(StatusCode::PAYLOAD_TOO_LARGE),
        Err(_) => Err(StatusCode::REQUEST_TIMEOUT),
    }
}

/// A header that is missing or no text is as wrong as an empty one.
fn signed(headers: &HeaderMap) -> Headers<'_> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    Headers {
        id: text(ID_HEADER),
        timestamp: text(TIMESTAMP_HEADER),
        signature: text(SIGNATURE_HEADER),
    }
}

/// Why a call was not taken, told to whoever runs the other side.
enum Refused {
    /// As a whole.
    Call { status: StatusCode, why: String },
    /// Some scans, by field; the parcels of the others have theirs.
    Fields(Vec<Violation>),
}

impl Refused {
    fn new(status: StatusCode, why: impl ToString) -> Self {
        Self::Call { status, why: why.to_string() }
    }
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(_) | Failure::Unavailable(_) => {
                tracing::warn!(%failure, "a callback could not be taken now");
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "repeat the same call later")
            }
            Failure::Broken(_) => {
                tracing::error!(%failure, "a callback could not be taken");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "the operators have been told")
            }
        }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        match self {
            Self::Call { status, why } => (status, why).into_response(),
            Self::Fields(violations) => {
                let told: Vec<_> = violations
                    .iter()
                    .map(|one| json!({"field": one.field, "reason": one.reason, "text": one.text.en}))
                    .collect();
                let body = Json(json!({"violations": told}));
                (StatusCode::UNPROCESSABLE_ENTITY, body).into_response()
            }
        }
    }
}
