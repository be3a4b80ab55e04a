//! A server among callers that are silent, too many, half dead or slow, and its end among them.

mod floods;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ::http::{HeaderName, HeaderValue};
use axum::Router;
use axum::body::Bytes;
use axum::routing::{MethodRouter, get, post};
use chassis::access::{Issuer, Person, Rules, SigningKey, Verifier};
use chassis::clock::Clock;
use chassis::health::{Health, LIVENESS};
use chassis::server::{DRAIN, FIRST_WORDS, Gate, Places, Serving, http};
use chassis::service::BoxError;
use chassis::telemetry::Metrics;
use futures::{FutureExt, stream};
use http_body_util::StreamBody;
use hyper::body::Frame;
use support::eventually;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use tonic::Code;
use tonic::service::Routes;
use tonic::transport::{Channel, Endpoint};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// Connections the server here takes.
const CONNECTIONS: u32 = 3;

/// All of them for one address.
const PLACES: Places = Places { all: CONNECTIONS, of_one: CONNECTIONS };

/// Preface and empty SETTINGS (RFC 9113): what a client says before it asks anything.
const GREETING: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

struct Server {
    address: SocketAddr,
    metrics: Metrics,
    stop: CancellationToken,
    serving: JoinHandle<Result<(), BoxError>>,
    slow: Arc<Slow>,
}

/// A call that is answered when it may be.
#[derive(Default)]
struct Slow {
    runs: Notify,
    may_end: Notify,
}

impl Server {
    async fn start() -> Self {
        Self::with(PLACES).await
    }

    async fn with(places: Places) -> Self {
        Self::leaving(places, Duration::ZERO).await
    }

    async fn leaving(places: Places, leave: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("its address");
        let key = SigningKey::from_bytes(&[7; 32]);
        let (metrics, stop) = (Metrics::new(), CancellationToken::new());
        let slow = Arc::new(Slow::default());
        let called = slow.clone();
        let not_found = [("grpc-status", "5"), ("content-type", "application/grpc")];
        let answer = async move || {
            called.runs.notify_one();
            called.may_end.notified().await;
            not_found
        };
        let stopping = CancellationToken::new();
        let routes = Router::new()
            .route(WAIT, post(answer))
            .route(ANSWER, post(async move || not_found))
            .route(TAKE, post(async move |_: Bytes| not_found))
            .route(SAY, post(said))
            .route(WATCH, watch(stopping.clone()));
        let serving = Serving {
            service: "test",
            routes: Routes::from(routes),
            rules: Arc::new(Rules::of_contract(proto::DESCRIPTORS).expect("a whole contract")),
            verifier: Verifier::new(&[key.verifying_key()], Clock::system()).expect("a key"),
            metrics: metrics.clone(),
            health: Health::of("test").await,
            reflection: false,
            connections: places,
            leave,
            stopping,
            tls: None,
        };
        let serving = tokio::spawn(serving.on(listener, stop.clone()));
        Self { address, metrics, stop, serving, slow }
    }

    async fn silent(&self) -> TcpStream {
        TcpStream::connect(self.address).await.expect("a connection")
    }

    fn channel(&self) -> Channel {
        let address = format!("http://{}", self.address);
        Endpoint::from_shared(address).expect("an address").connect_lazy()
    }

    async fn serves(&self) -> Result<(), tonic::Status> {
        HealthClient::new(self.channel()).check(HealthCheckRequest::default()).await.map(|_| ())
    }

    /// Stops it; how long that took.
    async fn ended(self) -> Duration {
        let began = Instant::now();
        self.stop.cancel();
        timeout(PATIENCE, self.serving)
            .await
            .expect("it ends")
            .expect("no panic")
            .expect("in order");
        began.elapsed()
    }
}

/// Answers NOT_FOUND when it may.
const WAIT: &str = "/motcua.test.v1.Test/Wait";

/// Answers NOT_FOUND at once.
const ANSWER: &str = "/motcua.test.v1.Test/Answer";

/// Answers NOT_FOUND when it has the whole request.
const TAKE: &str = "/motcua.test.v1.Test/Take";

/// Answers with a message of no bytes, and NOT_FOUND behind it.
const SAY: &str = "/motcua.test.v1.Test/Say";

async fn said() -> impl axum::response::IntoResponse {
    let status = [(HeaderName::from_static("grpc-status"), HeaderValue::from_static("5"))];
    let frames = [
        Ok::<_, Infallible>(Frame::data(Bytes::from_static(&[0; 5]))),
        Ok(Frame::trailers(status.into_iter().collect())),
    ];
    let body = axum::body::Body::new(StreamBody::new(stream::iter(frames)));
    ([("content-type", "application/grpc")], body)
}

/// A method of the contract that answers with a stream.
const WATCH: &str = "/motcua.dossier.v1.TimelineService/WatchTimeline";

/// Streams nothing until the server begins to stop, and says then that it is not available.
fn watch(stopping: CancellationToken) -> MethodRouter {
    post(async move || {
        let end = stopping.cancelled_owned().map(|()| {
            let status = [(HeaderName::from_static("grpc-status"), HeaderValue::from_static("14"))];
            Ok::<_, Infallible>(Frame::<Bytes>::trailers(status.into_iter().collect()))
        });
        let body = axum::body::Body::new(StreamBody::new(stream::once(end)));
        ([("content-type", "application/grpc")], body)
    })
}

/// Whether the other side has closed the connection, or does.
async fn closed(connection: &mut TcpStream) -> bool {
    let mut bytes = Vec::new();
    // Whether it ends with FIN or with RST, it ends.
    timeout(PATIENCE, connection.read_to_end(&mut bytes)).await.is_ok()
}

async fn waiting(channel: Channel) -> Code {
    asking(channel, WAIT, tonic::Request::new(HealthCheckRequest::default())).await
}

/// What a method answers.
async fn asking(
    channel: Channel,
    method: &'static str,
    asked: tonic::Request<HealthCheckRequest>,
) -> Code {
    let mut client = tonic::client::Grpc::new(channel);
    client.ready().await.expect("connected");
    let codec = proto::codec::Codec::<HealthCheckRequest, HealthCheckRequest>::default();
    client.unary(asked, http_path(method), codec).await.expect_err("it answers NOT_FOUND").code()
}

/// The same request with the token of a citizen.
fn in_name_of_an(asked: tonic::Request<HealthCheckRequest>) -> tonic::Request<HealthCheckRequest> {
    in_name_of("accounts/an", asked)
}

fn in_name_of(
    citizen: &str,
    mut asked: tonic::Request<HealthCheckRequest>,
) -> tonic::Request<HealthCheckRequest> {
    let issuer = Issuer::new(&SigningKey::from_bytes(&[7; 32]), Clock::system()).expect("a key");
    let token = issuer.issue(citizen, Person::Citizen { assurance: 2 }).expect("a token");
    let bearer = format!("Bearer {token}").parse().expect("a header");
    asked.metadata_mut().insert("authorization", bearer);
    asked
}

fn http_path(path: &'static str) -> tonic::codegen::http::uri::PathAndQuery {
    tonic::codegen::http::uri::PathAndQuery::from_static(path)
}

#[tokio::test]
async fn who_says_nothing_is_closed_in_a_few_seconds() {
    let server = Server::start().await;
    let began = Instant::now();
    let (mut silent, mut half) = (server.silent().await, server.silent().await);
    half.write_all(&GREETING[..20]).await.expect("written");
    assert!(closed(&mut silent).await && closed(&mut half).await);
    assert!(began.elapsed() >= FIRST_WORDS, "not at once: {:?}", began.elapsed());
    server.serves().await.expect("others are served");
}

#[tokio::test]
async fn one_too_many_is_closed_and_the_next_is_served_when_one_leaves() {
    let server = Server::start().await;
    let mut there = Vec::new();
    for _ in 0..CONNECTIONS {
        let mut connection = server.silent().await;
        connection.write_all(GREETING).await.expect("written");
        connection.read_u8().await.expect("it has a place");
        there.push(connection);
    }
    assert!(closed(&mut server.silent().await).await);
    server.serves().await.expect_err("no place");
    let told = server.metrics.render();
    assert!(told.contains(r#"motcua_connections_turned_away_total{server="test"}"#), "{told}");
    there.pop();
    eventually(PATIENCE, async || server.serves().await).await;
}

#[tokio::test]
async fn one_address_does_not_take_all_places() {
    let server = Server::with(Places { all: CONNECTIONS, of_one: CONNECTIONS - 1 }).await;
    let mut there = Vec::new();
    for _ in 1..CONNECTIONS {
        let mut connection = server.silent().await;
        connection.write_all(GREETING).await.expect("written");
        connection.read_u8().await.expect("it has a place");
        there.push(connection);
    }
    assert!(closed(&mut server.silent().await).await, "one more of the same address");
    let elsewhere = TcpSocket::new_v4().expect("a socket");
    elsewhere.bind(([127, 0, 0, 2], 0).into()).expect("another address of this machine");
    let mut another = elsewhere.connect(server.address).await.expect("a connection");
    another.write_all(GREETING).await.expect("written");
    another.read_u8().await.expect("another address has its place");
    drop(there);
    eventually(PATIENCE, async || server.serves().await).await;
}

/// Calls that one person may have running.
const OF_ONE_CALLER: usize = 64;

/// Calls that strangers of one address may have running.
const OF_ONE_STRANGER: usize = 64;

#[tokio::test]
async fn a_flood_of_one_stranger_leaves_the_others_their_places() {
    let server = Server::start().await;
    let channel = server.channel();
    let flood: Vec<_> =
        (0..OF_ONE_STRANGER).map(|_| tokio::spawn(waiting(channel.clone()))).collect();
    let asked = || tonic::Request::new(HealthCheckRequest::default());
    let stranger = async || asking(channel.clone(), ANSWER, asked()).await;
    let refused = async || (stranger().await == Code::ResourceExhausted).then_some(());
    eventually(PATIENCE, refused).await;
    assert_eq!(asking(channel.clone(), ANSWER, in_name_of_an(asked())).await, Code::NotFound);
    assert_eq!(from_elsewhere(&server).await, Code::NotFound, "a stranger of another address");
    flood.iter().for_each(JoinHandle::abort);
    eventually(PATIENCE, async || (stranger().await == Code::NotFound).then_some(())).await;
}

#[tokio::test]
async fn a_flood_of_one_citizen_leaves_the_others_their_places() {
    let server = Server::start().await;
    let channel = server.channel();
    let asked = || tonic::Request::new(HealthCheckRequest::default());
    let waits = || tokio::spawn(asking(channel.clone(), WAIT, in_name_of_an(asked())));
    let flood: Vec<_> = (0..OF_ONE_CALLER).map(|_| waits()).collect();
    let an = async || asking(channel.clone(), ANSWER, in_name_of_an(asked())).await;
    eventually(PATIENCE, async || (an().await == Code::ResourceExhausted).then_some(())).await;
    let binh = asking(channel.clone(), ANSWER, in_name_of("accounts/binh", asked())).await;
    assert_eq!(binh, Code::NotFound, "another citizen is served");
    assert_eq!(asking(channel.clone(), ANSWER, asked()).await, Code::NotFound, "so is a stranger");
    flood.iter().for_each(JoinHandle::abort);
    eventually(PATIENCE, async || (an().await == Code::NotFound).then_some(())).await;
}

/// What a stranger hears who calls from another address of this machine.
async fn from_elsewhere(server: &Server) -> Code {
    let endpoint = Endpoint::from_shared(format!("http://{}", server.address)).expect("an address");
    let from = "127.0.0.2".parse().expect("an address");
    let channel = endpoint.local_address(Some(from)).connect_lazy();
    asking(channel, ANSWER, tonic::Request::new(HealthCheckRequest::default())).await
}

#[tokio::test]
async fn a_connection_on_which_nothing_runs_does_not_hold_the_end() {
    let server = Server::start().await;
    let silent = server.silent().await;
    let mut deaf = server.silent().await;
    deaf.write_all(GREETING).await.expect("written");
    deaf.read_u8().await.expect("it is served");
    let took = server.ended().await;
    assert!(took < DRAIN / 3, "{took:?}");
    drop((silent, deaf));
}

#[tokio::test]
async fn probes_hear_of_health_and_of_nothing_else() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = format!("http://{}", listener.local_addr().expect("its address"));
    let gate = Gate::new("probes", listener, PLACES, Metrics::new());
    tokio::spawn(Health::of("test").await.serve(gate));
    let channel = Endpoint::from_shared(address).expect("an address").connect_lazy();
    let told = async |name: &str| {
        let asked = HealthCheckRequest { service: name.into() };
        let answer = HealthClient::new(channel.clone()).check(asked).await;
        answer.map(|it| it.get_ref().status()).map_err(|status| status.code())
    };
    assert_eq!(told("").await, Ok(ServingStatus::NotServing));
    assert_eq!(told("test").await, Ok(ServingStatus::NotServing));
    assert_eq!(told(LIVENESS).await, Ok(ServingStatus::Serving));
    assert_eq!(told("other").await, Err(Code::NotFound));
    let asked = tonic::Request::new(HealthCheckRequest::default());
    assert_eq!(asking(channel, ANSWER, asked).await, Code::Unimplemented);
}

#[tokio::test]
async fn a_watch_over_health_sees_the_end_and_does_not_hold_it() {
    let server = Server::start().await;
    let mut health = HealthClient::new(server.channel());
    let watch = health.watch(HealthCheckRequest::default()).await.expect("a watch");
    let mut watch = watch.into_inner();
    let first = watch.message().await.expect("a status").expect("not the end");
    assert_eq!(first.status(), ServingStatus::Serving);
    let ending = tokio::spawn(server.ended());
    let next = watch.message().await.expect("a status").expect("not the end");
    assert_eq!(next.status(), ServingStatus::NotServing);
    let took = ending.await.expect("no panic");
    assert!(took < DRAIN / 3, "{took:?}");
}

/// Callers look at health every second: whoever has not looked yet is still answered, on connections that are there and on new ones.
#[tokio::test]
async fn who_takes_leave_says_so_and_still_answers() {
    let server = Server::leaving(PLACES, Duration::from_secs(600)).await;
    let mut health = HealthClient::new(server.channel());
    let watch = health.watch(HealthCheckRequest::default()).await.expect("a watch");
    let mut watch = watch.into_inner();
    watch.message().await.expect("a status").expect("not the end");
    server.stop.cancel();
    let next = watch.message().await.expect("a status").expect("not the end");
    assert_eq!(next.status(), ServingStatus::NotServing);
    server.serves().await.expect("an answer");
    health.check(HealthCheckRequest::default()).await.expect("an answer");
    server.serving.abort();
}

#[tokio::test]
async fn a_stream_is_told_of_the_end_and_does_not_hold_it() {
    let server = Server::start().await;
    let asked = in_name_of_an(tonic::Request::new(HealthCheckRequest::default()));
    let mut client = tonic::client::Grpc::new(server.channel());
    client.ready().await.expect("connected");
    let codec = proto::codec::Codec::<HealthCheckRequest, HealthCheckRequest>::default();
    let watch = client.server_streaming(asked, http_path(WATCH), codec).await.expect("a watch");
    let ending = tokio::spawn(server.ended());
    let ended = watch.into_inner().message().await.expect_err("the end");
    assert_eq!(ended.code(), Code::Unavailable);
    let took = ending.await.expect("no panic");
    assert!(took < DRAIN / 3, "{took:?}");
}

#[tokio::test]
async fn a_call_that_runs_is_answered_however_quiet_the_rest_is() {
    let server = Server::start().await;
    let (slow, stop) = (server.slow.clone(), server.stop.clone());
    let call = tokio::spawn(waiting(server.channel()));
    slow.runs.notified().await;
    stop.cancel();
    // Longer than a server waits for one that says nothing: the port is shut at once, the call lives on.
    eventually(PATIENCE, async || TcpStream::connect(server.address).await.is_err()).await;
    let mut ending = tokio::spawn(server.ended());
    timeout(2 * Duration::from_secs(1), &mut ending).await.expect_err("the call still runs");
    slow.may_end.notify_one();
    assert_eq!(call.await.expect("no panic"), Code::NotFound);
    ending.await.expect("it ended");
}

#[tokio::test]
async fn a_request_of_http_has_a_time_and_a_size() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("its address");
    let gate = Gate::new("test", listener, PLACES, Metrics::new());
    tokio::spawn(http::serve(gate, Router::new().route("/", get(async || "here"))));
    let mut slow = TcpStream::connect(address).await.expect("a connection");
    slow.write_all(b"GET / HTTP/1.1\r\nHost: ").await.expect("written");
    let mut large = TcpStream::connect(address).await.expect("a connection");
    let head = format!("GET / HTTP/1.1\r\nHost: here\r\nx: {}\r\n\r\n", "x".repeat(17_000));
    large.write_all(head.as_bytes()).await.expect("written");
    let mut status = [0; 12];
    large.read_exact(&mut status).await.expect("an answer");
    assert_eq!(&status, b"HTTP/1.1 431");
    assert!(closed(&mut slow).await);
    let mut right = TcpStream::connect(address).await.expect("a connection");
    right.write_all(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n").await.expect("written");
    right.read_exact(&mut status).await.expect("an answer");
    assert_eq!(&status, b"HTTP/1.1 200");
}
