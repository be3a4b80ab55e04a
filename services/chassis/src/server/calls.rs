//! The calls that run: how many there may be, and when there are none.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::BoxFuture;
use http::{Request, Response};
use http_body_util::BodyExt;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;
use tonic::Status;
use tonic::body::Body;
use tower::{Layer, Service};

use crate::access::Rules;
use crate::refusal::overloaded;

/// Calls of one server that run at once: with the largest request each, they fill 2 GiB.
const MOST: usize = 2048;

/// How long nothing may run before it is believed that nothing will: a request may have been on its way when the caller heard the goodbye.
const QUIET: Duration = Duration::from_secs(1);

/// Counts calls of the contract, from their head to the last byte of their answer; one whose answer is a stream only until that begins,
/// for it may go on as long as it is read: its method bounds how many there are, and ends them when the server stops. A watch over health,
/// or a reflection held open, is none.
#[derive(Clone)]
pub struct Calls {
    running: TaskTracker,
    rules: Arc<Rules>,
}

impl Calls {
    /// No calls yet of the methods that have these rules.
    pub fn of(rules: Arc<Rules>) -> Self {
        Self { running: TaskTracker::new(), rules }
    }

    /// Returns when none runs and none has run for a second.
    pub async fn over(&self) {
        self.running.close();
        loop {
            self.running.wait().await;
            tokio::time::sleep(QUIET).await;
            if self.running.is_empty() {
                return;
            }
        }
    }
}

impl<S> Layer<S> for Calls {
    type Service = Counted<S>;

    fn layer(&self, inner: S) -> Counted<S> {
        Counted { calls: self.clone(), inner }
    }
}

/// Routes whose calls are counted.
#[derive(Clone)]
pub struct Counted<S> {
    calls: Calls,
    inner: S,
}

impl<S> Service<Request<Body>> for Counted<S>
where
    S: Service<Request<Body>, Response = Response<Body>>,
    S::Future: Send + 'static,
    S::Error: Send,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<Response<Body>, S::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        if !request.uri().path().starts_with("/motcua.") {
            return Box::pin(self.inner.call(request));
        }
        if self.calls.running.len() >= MOST {
            let answer = Status::from(overloaded()).into_http();
            return Box::pin(async move { Ok(answer) });
        }
        let running = self.calls.running.token();
        let streams = self.calls.rules.streams(request.uri().path());
        let answer = self.inner.call(request);
        Box::pin(async move {
            let answer = answer.await?;
            Ok(if streams { answer } else { answer.map(|body| counted(body, running)) })
        })
    }
}

/// The call runs as long as its answer is read.
fn counted(body: Body, running: TaskTrackerToken) -> Body {
    Body::new(body.map_frame(move |frame| {
        let _ = &running;
        frame
    }))
}
