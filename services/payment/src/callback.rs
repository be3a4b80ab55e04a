//! The bank's callback: `POST /bank/transfers`, signed by the Standard Webhooks convention.
//!
//! The bank repeats a call until it is answered 2xx. What is believed takes effect once, whichever call it came by: the
//! transfer's own reference is its identity, not the call's.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Request, StatusCode};
use axum::routing::post;
use chassis::callback::{Believed, NotTaken};
use chassis::database::failed;
use chassis::refusal::{Failure, Kind};
use chassis::write::Door;

use crate::folio::{Notice, RecordTransfer};
use crate::store::FolioStore;

/// Where it lands.
pub const PATH: &str = "/bank/transfers";

/// The largest body, in bytes.
const LARGEST: usize = 16 * 1024;

/// Takes what the bank tells.
pub struct Callback {
    /// The bank, as its calls prove it.
    pub believed: Believed,
    /// Finds the page a transfer belongs on.
    pub store: FolioStore,
    /// Records it.
    pub door: Door<FolioStore>,
}

impl Callback {
    /// The one route.
    pub fn router(self) -> Router {
        Router::new().route(PATH, post(called)).with_state(Arc::new(self))
    }

    async fn take(&self, body: &[u8]) -> Result<(), NotTaken> {
        let notice = Notice::parse(body, self.believed.clock.now())
            .map_err(|error| NotTaken::new(StatusCode::BAD_REQUEST, error))?;
        let stream = self.store.page_of(&notice).await.map_err(failed)?;
        let recorded = self.door.run(notice.once(), RecordTransfer { stream, notice }).await;
        recorded.map(drop).map_err(not_taken)
    }
}

async fn called(
    State(callback): State<Arc<Callback>>,
    request: Request<Body>,
) -> Result<StatusCode, NotTaken> {
    let body = callback.believed.body(request, LARGEST).await?;
    callback.take(&body).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn not_taken(failure: Failure) -> NotTaken {
    match failure {
        Failure::Refused(refusal) if refusal.kind == Kind::Invalid => NotTaken::new(
            StatusCode::CONFLICT,
            "another transfer was told of under this transfer_id",
        ),
        failure => failure.into(),
    }
}
