//! The calls that run: how many there may be, of whom, how long a request may take to come, and when there are none.

use std::net::{IpAddr, Ipv4Addr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::BoxFuture;
use http::{Request, Response};
use http_body_util::BodyExt;
use hyper::body::{Bytes, Frame, SizeHint};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;
use tonic::Status;
use tonic::body::Body;
use tower::{Layer, Service};

use super::frames::blamed_on_the_sender;
use super::gate::Peer;
use super::shares::{Share, Shares, network};
use crate::access::{Caller, Rules};
use crate::refusal::{late, overloaded};

/// Calls of one server that run at once: with the largest request each, they fill 2 GiB.
const MOST: usize = 2048;

/// Those of them that are kept for services of the mesh: they call for everybody, and no crowd of people stands in their way.
const OF_THE_MESH: usize = 256;

/// Those of them whose callers nobody knows: however many strangers call, the others have their places.
const OF_STRANGERS: usize = 256;

/// Those of them from one address, so that one machine does not keep all other strangers from signing in.
const OF_ONE_STRANGER: u32 = 64;

/// Calls of one person or client that run at once. Services of the mesh have no share of their own: they call for everybody.
const OF_ONE_CALLER: u32 = 64;

/// How long a request may take from its head to its last byte: 1 MiB over a poor mobile network. It holds its place meanwhile.
pub const REQUEST_WITHIN: Duration = Duration::from_secs(10);

/// How long an answer may take from its head to its last byte, for the caller to read it. It holds its place meanwhile; who has not read it
/// then is hung up on, for nothing else ends a call that HTTP/2 does not let go on.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(20);

/// Calls beside the contract, health and reflection, that run at once: they ask for little, and must be answered when all else is full.
const BESIDE: usize = 256;

/// Those of them from one address.
const BESIDE_OF_ONE: u32 = 32;

/// How long nothing may run before it is believed that nothing will: a request may have been on its way when the caller heard the goodbye.
const QUIET: Duration = Duration::from_secs(1);

/// Counts calls of the contract, from their head to the last byte of their answer; one whose answer is a stream only until that begins,
/// for it may go on as long as it is read: its method bounds how many there are, and ends them when the server stops. Health and reflection
/// have places of their own, and the end of the server does not wait for them.
#[derive(Clone)]
pub struct Calls {
    running: TaskTracker,
    strangers: Arc<Semaphore>,
    addresses: Shares<IpAddr>,
    callers: Shares<String>,
    beside: Arc<Semaphore>,
    beside_of: Shares<IpAddr>,
    rules: Arc<Rules>,
}

/// The place of a call among those that run.
struct Running {
    _one: Option<TaskTrackerToken>,
    _share: Part,
}

/// The part of the places that a call's place belongs to; held, not read.
#[expect(dead_code, reason = "places are held for as long as the call runs")]
enum Part {
    Mesh,
    Caller(Share<String>),
    Strangers(OwnedSemaphorePermit, Share<IpAddr>),
}

impl Calls {
    /// No calls yet of the methods that have these rules.
    pub fn of(rules: Arc<Rules>) -> Self {
        let strangers = Arc::new(Semaphore::new(OF_STRANGERS));
        let (addresses, callers) = (Shares::with(OF_ONE_STRANGER), Shares::with(OF_ONE_CALLER));
        let (beside, beside_of) = (Arc::new(Semaphore::new(BESIDE)), Shares::with(BESIDE_OF_ONE));
        let running = TaskTracker::new();
        Self { running, strangers, addresses, callers, beside, beside_of, rules }
    }

    /// A place for a call, if there is one.
    fn place(&self, request: &Request<Body>) -> Option<Running> {
        if !is_of_contract(request) {
            let share = place_among(&self.beside, &self.beside_of, address(request))?;
            return Some(Running { _one: None, _share: share });
        }
        let share = match request.extensions().get::<Caller>() {
            Some(caller) if caller.is_of_the_mesh() => Part::Mesh,
            _ if self.running.len() >= MOST - OF_THE_MESH => return None,
            Some(Caller::Known { name, .. }) => Part::Caller(self.callers.place(name.clone())?),
            Some(Caller::Anyone) | None => {
                place_among(&self.strangers, &self.addresses, address(request))?
            }
        };
        let is_full = self.running.len() >= MOST;
        (!is_full).then(|| Running { _one: Some(self.running.token()), _share: share })
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

fn place_among(all: &Arc<Semaphore>, of_one: &Shares<IpAddr>, from: IpAddr) -> Option<Part> {
    let one = all.clone().try_acquire_owned().ok()?;
    Some(Part::Strangers(one, of_one.place(network(from))?))
}

/// Whether it calls a method of the contract, and not health or reflection.
fn is_of_contract(request: &Request<Body>) -> bool {
    request.uri().path().starts_with("/motcua.")
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
        let Some(running) = self.calls.place(&request) else {
            let answer = Status::from(overloaded()).into_http();
            return Box::pin(async move { Ok(answer) });
        };
        let streams = self.calls.rules.streams(request.uri().path());
        let peer = peer(&request).filter(|_| is_of_contract(&request)).cloned();
        let answer = self.inner.call(request.map(|body| Body::new(Arriving::now(body))));
        Box::pin(async move {
            let answer = blamed_on_the_sender(answer.await?);
            Ok(if streams { answer } else { answer.map(|body| counted(body, running, peer)) })
        })
    }
}

/// Where a request comes from; all from nowhere count as one.
fn address(request: &Request<Body>) -> IpAddr {
    peer(request).and_then(|peer| peer.address).unwrap_or(Ipv4Addr::UNSPECIFIED.into())
}

fn peer(request: &Request<Body>) -> Option<&Peer> {
    request.extensions().get::<Peer>()
}

/// The call runs as long as its answer is read, and that may take [`ANSWER_WITHIN`] where it is known whom to hang up on.
fn counted(body: Body, running: Running, peer: Option<Peer>) -> Body {
    let read = CancellationToken::new();
    if let Some(peer) = peer {
        tokio::spawn(hang_up_unless(read.clone(), peer));
    }
    let held = (running, read.drop_guard());
    Body::new(body.map_frame(move |frame| {
        let _ = &held;
        frame
    }))
}

async fn hang_up_unless(read: CancellationToken, peer: Peer) {
    if timeout(ANSWER_WITHIN, read.cancelled()).await.is_err() {
        peer.hang_up();
    }
}

/// A request that comes, and until when it may.
struct Arriving {
    body: Body,
    until: Pin<Box<Sleep>>,
}

impl Arriving {
    fn now(body: Body) -> Self {
        Self { body, until: Box::pin(tokio::time::sleep(REQUEST_WITHIN)) }
    }
}

impl hyper::body::Body for Arriving {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Status>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) {
            return Poll::Ready(frame);
        }
        self.until.as_mut().poll(context).map(|()| Some(Err(late().into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
