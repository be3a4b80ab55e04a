//! The bank's callback: `POST /bank/transfers`, signed by the Standard Webhooks convention.
//!
//! The bank repeats a call until it is answered 2xx. What is believed takes effect once, whichever call it came by: the
//! transfer's own reference is its identity, not the call's.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Request, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use chassis::clock::Clock;
use chassis::database::failed;
use chassis::refusal::{Failure, Kind};
use chassis::webhook::{Headers, ID_HEADER, SIGNATURE_HEADER, Secret, TIMESTAMP_HEADER, verify};
use chassis::write::Door;

use crate::folio::{Notice, RecordTransfer};
use crate::store::FolioStore;

/// Where it lands.
pub const PATH: &str = "/bank/transfers";

/// The largest body, in bytes.
const LARGEST: usize = 16 * 1024;

/// How long a body may take to come.
const PATIENCE: Duration = Duration::from_secs(10);

/// Takes what the bank tells.
pub struct Callback {
    /// Secrets shared with the bank.
    pub secrets: Vec<Secret>,
    /// Finds the page a transfer belongs on.
    pub store: FolioStore,
    /// Records it.
    pub door: Door<FolioStore>,
    /// Tells whether a call is fresh.
    pub clock: Clock,
}

impl Callback {
    /// The one route.
    pub fn router(self) -> Router {
        Router::new().route(PATH, post(called)).with_state(Arc::new(self))
    }

    async fn take(&self, headers: &HeaderMap, body: &[u8]) -> Result<(), Refused> {
        let now = self.clock.now();
        verify(&self.secrets, signed(headers), body, now)
            .map_err(|error| Refused::new(StatusCode::UNAUTHORIZED, error))?;
        let notice = Notice::parse(body, now)
            .map_err(|error| Refused::new(StatusCode::BAD_REQUEST, error))?;
        let stream = self.store.page_of(&notice).await.map_err(failed)?;
        self.door.run(notice.once(), RecordTransfer { stream, notice }).await?;
        Ok(())
    }
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
struct Refused {
    status: StatusCode,
    why: String,
}

impl Refused {
    fn new(status: StatusCode, why: impl ToString) -> Self {
        Self { status, why: why.to_string() }
    }
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(refusal) if refusal.kind == Kind::Invalid => Self::new(
                StatusCode::CONFLICT,
                "another transfer was told of under this transfer_id",
            ),
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
        (self.status, self.why).into_response()
    }
}
