//! Callers who do all that HTTP/2 allows and nobody needs: the others are served as before.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use chassis::server::ANSWER_WITHIN;
use support::eventually;
use tokio::io::{AsyncRead, AsyncWriteExt, copy, sink};
use tokio::net::TcpStream;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::Instant;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request};
use tonic_health::pb::HealthCheckRequest;

use crate::{
    ANSWER, GREETING, OF_ONE_STRANGER, PATIENCE, Places, SAY, Server, TAKE, asking, in_name_of_an,
};

/// Connections that flood at once.
const FLOODS: usize = 2;

/// Calls of someone who means well, during each flood.
const CALLS: u32 = 40;

/// How long one of them may wait on a busy machine.
const LATENCY: Duration = Duration::from_secs(5);

/// Kinds of frames (RFC 9113, 6).
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const PRIORITY: u8 = 2;
const RESET: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const CONTINUATION: u8 = 9;

/// The flag of a head that is whole.
const END_HEADERS: u8 = 4;

/// What a flood says next; its number counts from 0.
type Wave = fn(u32) -> Vec<u8>;

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_frames_leaves_the_others_served() {
    let server = Server::with(Places { all: 16, of_one: 16 }).await;
    let channel = server.channel();
    let waves: [(&str, Wave); 6] = [
        ("pings", |_| frame(PING, 0, 0, &[0; 8]).repeat(100)),
        ("settings", |_| frame(SETTINGS, 0, 0, &[]).repeat(100)),
        ("priorities", |_| frame(PRIORITY, 0, 1, &[0, 0, 0, 0, 1]).repeat(100)),
        ("calls that are taken back", |number| {
            (0..100).flat_map(|one| taken_back(100 * number + one)).collect()
        }),
        ("a head without end", |number| match number {
            0 => frame(HEADERS, 0, 1, &head(ANSWER)),
            _ => frame(CONTINUATION, 0, 1, &b"\x00\x01x\x01y".repeat(1000)),
        }),
        ("requests of no bytes", |number| match number {
            0 => frame(HEADERS, END_HEADERS, 1, &head(TAKE)),
            _ => frame(DATA, 0, 1, &[]).repeat(100),
        }),
    ];
    for (what, wave) in waves {
        let flooding: Vec<_> = (0..FLOODS).map(|_| flood(&server, wave)).collect();
        let mut longest = Duration::ZERO;
        for _ in 0..CALLS {
            let began = Instant::now();
            let asked = in_name_of_an(Request::new(HealthCheckRequest::default()));
            assert_eq!(asking(channel.clone(), ANSWER, asked).await, Code::NotFound, "{what}");
            longest = longest.max(began.elapsed());
        }
        println!("{what}: {longest:?}");
        assert!(longest < LATENCY, "{what}: {longest:?}");
        flooding.iter().for_each(AbortHandle::abort);
    }
}

#[tokio::test]
async fn who_does_not_read_an_answer_is_hung_up_on() {
    let server = Server::start().await;
    let deaf = Endpoint::from_shared(format!("http://{}", server.address)).expect("an address");
    let deaf = deaf.initial_stream_window_size(0).connect_lazy();
    let began = Instant::now();
    let mut unread = JoinSet::new();
    for _ in 0..OF_ONE_STRANGER {
        unread.spawn(asking(deaf.clone(), SAY, Request::new(HealthCheckRequest::default())));
    }
    let other = server.channel();
    until_told(&other, Code::ResourceExhausted).await;
    until_told(&other, Code::NotFound).await;
    assert!(began.elapsed() >= ANSWER_WITHIN, "not at once: {:?}", began.elapsed());
    assert!(unread.join_all().await.iter().all(|code| *code != Code::NotFound), "none was read");
}

/// Asks as a stranger until this is the answer.
async fn until_told(channel: &Channel, code: Code) {
    let asked = || Request::new(HealthCheckRequest::default());
    let told = async || (asking(channel.clone(), ANSWER, asked()).await == code).then_some(());
    eventually(PATIENCE, told).await;
}

/// Connections that say their waves, one after the other as the server closes them.
fn flood(server: &Server, wave: Wave) -> AbortHandle {
    let address = server.address;
    let flooding = tokio::spawn(async move {
        loop {
            // It ends when the server closes it.
            let _ = say(address, wave).await;
        }
    });
    flooding.abort_handle()
}

/// Says waves as fast as it can, and hears what it is told.
async fn say(address: SocketAddr, wave: Wave) -> io::Result<()> {
    let (heard, mut said) = TcpStream::connect(address).await?.into_split();
    let saying = async {
        said.write_all(GREETING).await?;
        for number in 0.. {
            said.write_all(&wave(number)).await?;
        }
        Ok(())
    };
    tokio::select! {
        said = saying => said,
        () = hear(heard) => Ok(()),
    }
}

async fn hear(mut heard: impl AsyncRead + Unpin) {
    // Nothing of it matters.
    let _ = copy(&mut heard, &mut sink()).await;
}

/// A call and its reset.
fn taken_back(number: u32) -> Vec<u8> {
    let id = 2 * number + 1;
    let call = frame(HEADERS, END_HEADERS, id, &head(ANSWER));
    [call, frame(RESET, 0, id, &[0, 0, 0, 8])].concat()
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("it fits").to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// The head of a gRPC request, its names by their numbers (RFC 7541, A): `:method`, `:scheme`, `:path`, `:authority`, `content-type`.
fn head(path: &str) -> Vec<u8> {
    let text = |index: &[u8], value: &str| {
        let length = u8::try_from(value.len()).expect("a short text");
        [index, &[length], value.as_bytes()].concat()
    };
    let mut head = vec![0x83, 0x86];
    head.extend(text(&[0x04], path));
    head.extend(text(&[0x01], "test"));
    head.extend(text(&[0x0f, 0x10], "application/grpc"));
    head
}
