//! Signed callbacks as they come in (`webhook`): read whole within bounds, believed once the signature is proved, and answered so that whoever
//! calls knows whether a repeat is of use.

use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::clock::Clock;
use crate::refusal::Failure;
use crate::webhook::{Headers, ID_HEADER, SIGNATURE_HEADER, Secret, TIMESTAMP_HEADER, verify};

/// How long a body may take to come.
const PATIENCE: Duration = Duration::from_secs(10);

/// Whom we believe.
pub struct Believed {
    /// Secrets shared with whoever calls.
    pub secrets: Vec<Secret>,
    /// Tells whether a call is fresh.
    pub clock: Clock,
}

impl Believed {
    /// The body of a call of at most `largest` bytes, whose signature holds.
    ///
    /// # Errors
    /// 413 and 408: it is too large or too slow. 401: its signature does not hold.
    pub async fn body(&self, request: Request<Body>, largest: usize) -> Result<Bytes, NotTaken> {
        let (head, body) = request.into_parts();
        let body = match tokio::time::timeout(PATIENCE, to_bytes(body, largest)).await {
            Ok(Ok(body)) => body,
            Ok(Err(_)) => return Err(NotTaken::new(StatusCode::PAYLOAD_TOO_LARGE, "")),
            Err(_) => return Err(NotTaken::new(StatusCode::REQUEST_TIMEOUT, "")),
        };
        verify(&self.secrets, signed(&head.headers), &body, self.clock.now())
            .map_err(|error| NotTaken::new(StatusCode::UNAUTHORIZED, error))?;
        Ok(body)
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
#[derive(Debug)]
pub struct NotTaken {
    status: StatusCode,
    why: String,
}

impl NotTaken {
    /// With this status, for this reason.
    pub fn new(status: StatusCode, why: impl ToString) -> Self {
        Self { status, why: why.to_string() }
    }
}

/// 503 where the same call may do later, 500 where none will.
impl From<Failure> for NotTaken {
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

impl IntoResponse for NotTaken {
    fn into_response(self) -> Response {
        (self.status, self.why).into_response()
    }
}
