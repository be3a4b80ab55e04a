//! Calls, each to the next replica in turn.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use futures::FutureExt;
use futures::future::BoxFuture;
use http::{Request, Response};
use tokio::sync::watch::{self, error::RecvError};
use tonic::body::Body;
use tonic::transport::Channel;
use tower::{Service, ServiceExt};

use crate::service::BoxError;

/// A channel over all replicas of a service. A clone shares its connections and the turn.
///
/// Each replica has a channel of its own, which goes on connecting by itself. In a set that tonic balances only calls do that: what was half
/// made when another replica took the call stood there until the next one, closed by its server meanwhile.
#[derive(Clone, Debug)]
pub struct Replicas {
    serving: watch::Receiver<Vec<Channel>>,
    turn: Arc<AtomicUsize>,
}

impl Replicas {
    /// Those that are told, and nobody until the first are.
    pub(super) fn told(serving: watch::Receiver<Vec<Channel>>) -> Self {
        Self { serving, turn: Arc::default() }
    }

    async fn next(mut self) -> Result<Channel, RecvError> {
        let serving = self.serving.wait_for(|serving| !serving.is_empty()).await?;
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        Ok(serving[turn % serving.len()].clone())
    }
}

/// One, which never changes.
impl From<Channel> for Replicas {
    fn from(channel: Channel) -> Self {
        Self::told(watch::channel(vec![channel]).1)
    }
}

impl Service<Request<Body>> for Replicas {
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Response<Body>, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let next = self.clone().next();
        async move { Ok(next.await?.oneshot(request).await?) }.boxed()
    }
}
