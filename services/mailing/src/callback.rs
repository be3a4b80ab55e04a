//! The carrier's callback: `POST /carrier/scans`, signed by the Standard Webhooks convention.
//!
//! The carrier repeats a call until it is answered 2xx. The scans of one parcel take effect together, each once by its own id; one at
//! fault keeps those of its parcel out and no others, and is told by field with 422: then a repeat of the same call helps nobody.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{Request, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use chassis::callback::{Believed, NotTaken};
use chassis::database::failed;
use chassis::refusal::{FIELDS_INVALID, Failure, Violation};
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

/// Takes what the carrier tells.
pub struct Callback {
    /// The carrier, as its calls prove it.
    pub believed: Believed,
    /// Finds the dossier a parcel belongs to.
    pub store: MailStore,
    /// Records it.
    pub door: Door<MailStore>,
}

impl Callback {
    /// The one route.
    pub fn router(self) -> Router {
        Router::new().route(PATH, post(called)).with_state(Arc::new(self))
    }

    /// Takes what is told, and says of which scans it is wrong.
    async fn take(&self, body: &[u8]) -> Result<Vec<Violation>, NotTaken> {
        let Batch { parcels, mut faults } =
            Batch::parse(body).map_err(|error| NotTaken::new(StatusCode::BAD_REQUEST, error))?;
        faults.extend(self.record(parcels).await?);
        Ok(faults)
    }

    /// Records the scans of each parcel, and says what is at fault.
    async fn record(
        &self,
        parcels: BTreeMap<TrackingNumber, Vec<Numbered>>,
    ) -> Result<Vec<Violation>, Failure> {
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
        failure.map_or(Ok(faults), Err)
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

async fn called(
    State(callback): State<Arc<Callback>>,
    request: Request<Body>,
) -> Result<Response, NotTaken> {
    let body = callback.believed.body(request, LARGEST).await?;
    let faults = callback.take(&body).await?;
    if faults.is_empty() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let told: Vec<_> = faults
        .iter()
        .map(|one| json!({"field": one.field, "reason": one.reason, "text": one.text.en}))
        .collect();
    let body = Json(json!({"violations": told}));
    Ok((StatusCode::UNPROCESSABLE_ENTITY, body).into_response())
}
