//! The layer around every handler: it knows the caller, asks the rules, measures, and catches what escapes.

use std::sync::Arc;
use std::task::{Context, Poll};

use futures::future::BoxFuture;
use http::{HeaderValue, Request, Response, header};
use tonic::body::Body;
use tonic::{Code, Status};
use tower::{Layer, Service};
use tracing::{Instrument, info_span};

use super::{Caller, Rules, Verifier};
use crate::refusal::Refusal;
use crate::telemetry::{Metrics, set_parent};

/// Wraps a service's routes.
#[derive(Clone)]
pub struct AccessLayer {
    service: &'static str,
    rules: Arc<Rules>,
    verifier: Verifier,
    metrics: Metrics,
}

impl AccessLayer {
    /// A layer for `service` that enforces `rules` on callers whose tokens `verifier` trusts.
    pub fn new(
        service: &'static str,
        rules: Arc<Rules>,
        verifier: Verifier,
        metrics: Metrics,
    ) -> Self {
        Self { service, rules, verifier, metrics }
    }

    fn admit(&self, request: &Request<Body>) -> Result<Caller, Refusal> {
        let path = request.uri().path();
        // Health and reflection are no methods of the contract: the server decides whether it serves them.
        if !path.starts_with("/motcua.") {
            return Ok(Caller::Anyone);
        }
        let caller = match request.headers().get(header::AUTHORIZATION) {
            None => Caller::Anyone,
            Some(value) => self.verifier.caller(self.service, bearer(value).unwrap_or_default())?,
        };
        if self.rules.knows(path) {
            self.rules.admit(path, &caller)?;
        }
        Ok(caller)
    }
}

/// What follows the scheme `Bearer`, which may be written in either case (RFC 9110, 11.1).
fn bearer(value: &HeaderValue) -> Option<&str> {
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}

impl<S> Layer<S> for AccessLayer {
    type Service = Access<S>;

    fn layer(&self, inner: S) -> Access<S> {
        Access { layer: self.clone(), inner }
    }
}

/// Routes behind the layer.
#[derive(Clone)]
pub struct Access<S> {
    layer: AccessLayer,
    inner: S,
}

impl<S> Service<Request<Body>> for Access<S>
where
    S: Service<Request<Body>, Response = Response<Body>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Send,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<Response<Body>, S::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let layer = self.layer.clone();
        let path = request.uri().path().to_owned();
        let span = span(layer.service, &path, &request);
        match layer.admit(&request) {
            Ok(caller) => request.extensions_mut().insert(caller),
            Err(refusal) => {
                layer.metrics.rpc_answered(
                    layer.service,
                    &known(&layer.rules, &path),
                    refusal.kind.into(),
                    std::time::Duration::ZERO,
                );
                let answer = Status::from(refusal).into_http();
                return Box::pin(async move { Ok(answer) });
            }
        };
        // The clone that was polled ready is the one to call.
        let ready = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, ready);
        let answer = async move {
            let began = tokio::time::Instant::now();
            let answer = inner.call(request).await;
            if let Ok(answer) = &answer {
                let code = code(answer);
                let method = known(&layer.rules, &path);
                layer.metrics.rpc_answered(layer.service, &method, code, began.elapsed());
            }
            answer
        };
        Box::pin(answer.instrument(span))
    }
}

/// Labels come from the contract alone: a stranger's paths must not fill the metrics.
fn known(rules: &Rules, path: &str) -> String {
    if rules.knows(path) { path.trim_start_matches('/').into() } else { "other".into() }
}

fn span(service: &'static str, path: &str, request: &Request<Body>) -> tracing::Span {
    let span = info_span!(
        "rpc",
        service,
        rpc = path,
        dossier = tracing::field::Empty,
        otel.name = path.trim_start_matches('/'),
        otel.kind = "server",
        rpc.system.name = "grpc",
    );
    let traceparent = request.headers().get("traceparent").and_then(|value| value.to_str().ok());
    if let Some(traceparent) = traceparent {
        set_parent(&span, traceparent);
    }
    span
}

/// The code of an answer that is already decided; a stream that still runs counts as OK.
fn code(answer: &Response<Body>) -> Code {
    Status::from_header_map(answer.headers()).map_or(Code::Ok, |status| status.code())
}

/// Who sent a request.
pub fn caller<T>(request: &tonic::Request<T>) -> Caller {
    request.extensions().get::<Caller>().cloned().unwrap_or(Caller::Anyone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bearer_is_known_in_either_case() {
        for (header, token) in [
            ("Bearer a.b.c", Some("a.b.c")),
            ("bearer a.b.c", Some("a.b.c")),
            ("BEARER a.b.c", Some("a.b.c")),
            ("Basic a.b.c", None),
            ("Bearera.b.c", None),
            ("Bearer", None),
            ("", None),
        ] {
            assert_eq!(bearer(&HeaderValue::from_static(header)), token, "{header}");
        }
    }
}
