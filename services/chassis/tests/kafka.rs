//! From the door of one service to the door of another over a real Apache Kafka: the one at `MOTCUA_TEST_KAFKA` (host:port), else the
//! one that `tests/kafka/kafka` starts.

#![expect(clippy::unwrap_used, reason = "a test that fails by panicking says enough, helpers too")]

#[path = "events/toy.rs"]
mod toy;

use std::collections::BTreeMap;
use std::env;
use std::process::{Command, Stdio};
use std::time::Duration;

use chassis::events::{Carrier, Cursor, Kafka, KafkaCarrier, Relay};
use chassis::telemetry::Metrics;
use chassis::write::Stream;
use futures::future::join_all;
use rdkafka::ClientConfig;
use rdkafka::consumer::{Consumer, StreamConsumer};
use rdkafka::message::{BorrowedMessage, Header, Headers, Message, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord};
use support::eventually;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::sync::{OnceCell, RwLock};
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;
use toy::{Fact, Listener, Teller};
use uuid::Uuid;

/// Longer than anything here takes, the return of a killed broker included.
const LIMIT: Duration = Duration::from_secs(180);

/// What a member that is to be killed must know: broker, group and topic.
const MEMBER: &str = "MOTCUA_TEST_KAFKA_MEMBER";

/// Who uses the broker reads; who kills it writes.
static BROKER: RwLock<()> = RwLock::const_new(());

/// Does one thing with the broker of `tests/kafka/kafka` and returns what the script says.
fn kafka(command: &str) -> String {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/kafka/kafka");
    let output = Command::new(script).arg(command).stdin(Stdio::null()).output().expect(script);
    let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{script} {command}: {said}\n{complaint}");
    said
}

/// The address of the broker, which answers when this returns.
async fn address() -> &'static str {
    static ADDRESS: OnceCell<String> = OnceCell::const_new();
    let find = || match env::var("MOTCUA_TEST_KAFKA") {
        Ok(address) => address,
        Err(_) => {
            kafka("start");
            kafka("address")
        }
    };
    let found = async || tokio::task::spawn_blocking(find).await.expect("a Kafka broker");
    ADDRESS.get_or_init(found).await
}

/// A name that no other test of any process has.
fn unique(name: &str) -> &'static str {
    Box::leak(format!("{name}-{}", Uuid::now_v7().simple()).into_boxed_str())
}

/// A process; it dies when this is dropped.
type Running = AbortOnDropHandle<()>;

/// Two services with a broker between them, of which nothing runs yet.
struct Pair {
    teller: Teller,
    listener: Listener,
    broker: &'static str,
}

impl Pair {
    async fn new() -> Self {
        let broker = address().await;
        let teller = Teller::new(unique("teller")).await;
        Self { teller, listener: Listener::new(unique("listener")).await, broker }
    }

    fn topic(&self) -> String {
        Kafka::from(self.broker).topic(self.teller.log.source)
    }

    fn start_relay(&self) -> Running {
        let (log, pool) = (self.teller.log.clone(), self.teller.database.pool());
        Running::new(tokio::spawn(Relay::new(log, pool, self.broker, Metrics::new()).run()))
    }

    /// A replica of the listener.
    fn start_listener(&self) -> Running {
        let sink = self.listener.sink(self.teller.log.source);
        let carrying = KafkaCarrier::new(self.broker).carry(sink, self.listener.pool());
        Running::new(tokio::spawn(carrying))
    }

    fn start(&self) -> [Running; 2] {
        [self.start_relay(), self.start_listener()]
    }

    /// Tells the numbers up to `last` on each of the streams, on all at once.
    async fn tell(&self, streams: &[Stream], numbers: std::ops::RangeInclusive<i64>) {
        let telling = |stream: &Stream| self.teller.tell_numbers(*stream, numbers.clone());
        join_all(streams.iter().map(telling)).await;
    }

    /// Returns when the listener has noted exactly the numbers from 1 to `last` on each of the streams.
    async fn until_noted(&self, streams: &[Stream], last: i64) {
        for stream in streams {
            eventually(LIMIT, async || {
                let noted = self.listener.noted(*stream).await;
                if noted.iter().copied().eq(1..=last) { Ok(()) } else { Err(noted) }
            })
            .await;
        }
    }

    /// A group of its own that reads the topic from its beginning.
    fn bystander(&self) -> StreamConsumer {
        consumer(self.broker, unique("bystander"), &self.topic())
    }
}

fn consumer(broker: &str, group: &str, topic: &str) -> StreamConsumer {
    let consumer: StreamConsumer = ClientConfig::new()
        .set("bootstrap.servers", broker)
        .set("group.id", group)
        .set("session.timeout.ms", "6000")
        .set("enable.auto.commit", "false")
        .set("auto.offset.reset", "earliest")
        .set("partition.assignment.strategy", "cooperative-sticky")
        .create()
        .unwrap();
    consumer.subscribe(&[topic]).unwrap();
    consumer
}

fn streams<const N: usize>() -> [Stream; N] {
    [(); N].map(|()| toy::stream())
}

#[tokio::test]
async fn every_fact_takes_effect_once_and_in_order() {
    let _broker = BROKER.read().await;
    let (pair, well, ill) = (Pair::new().await, streams::<5>(), toy::stream());
    pair.tell(&well, 1..=20).await;
    let _running = pair.start();
    let spoilt = [Fact::Number(1), Fact::Garbage, Fact::Number(3)];
    pair.teller.tell(ill, spoilt).await;
    pair.teller.tell(well[0], [Fact::Unheard]).await;
    pair.tell(&well, 21..=40).await;
    pair.until_noted(&well, 40).await;
    eventually(LIMIT, async || pair.listener.letters(ill).await.len() == 2).await;
    let letters = pair.listener.letters(ill).await;
    assert_eq!(letters, [(2, "poison".to_owned()), (3, "waiting".to_owned())]);
    assert_eq!(pair.listener.noted(ill).await, [1]);
}

fn headers_of(record: &BorrowedMessage<'_>) -> BTreeMap<String, String> {
    let headers = record.headers().unwrap().iter();
    let text = |header: Header<&[u8]>| String::from_utf8(header.value.unwrap().to_vec()).unwrap();
    headers.map(|header| (header.key.to_owned(), text(header))).collect()
}

#[tokio::test]
async fn a_record_is_a_cloudevent_in_binary_mode() {
    let _broker = BROKER.read().await;
    let (pair, stream) = (Pair::new().await, toy::stream());
    pair.tell(&[stream], 7..=7).await;
    let _relay = pair.start_relay();
    let bystander = pair.bystander();
    let record = eventually(LIMIT, async || bystander.recv().await.ok()).await;

    let (events, _) = pair.teller.log.read(&Cursor::beginning()).await.unwrap();
    let [event] = &*events else { panic!("{events:?}") };
    let expected = [
        ("ce_specversion", "1.0"),
        ("ce_id", &event.id.to_string()),
        ("ce_source", &format!("/motcua/{}", pair.teller.log.source)),
        ("ce_type", "google.protobuf.Int64Value"),
        ("ce_subject", "numbers"),
        ("ce_time", "2026-01-05T02:00:00Z"),
        ("ce_partitionkey", &stream.0.to_string()),
        ("ce_sequence", "1"),
        ("ce_agency", "agencies/toy"),
        ("ce_actor", "accounts/an"),
        ("ce_causationid", &event.causation),
        ("content-type", "application/protobuf"),
    ];
    let expected = expected.map(|(key, value)| (key.to_owned(), value.to_owned()));
    assert_eq!(headers_of(&record), BTreeMap::from(expected));
    assert_eq!(record.key(), Some(stream.0.to_string().as_bytes()));
    assert_eq!(record.payload(), Some(&[0x08, 7][..]));
}

#[tokio::test]
async fn a_broker_that_is_killed_in_mid_stream_loses_and_doubles_nothing() {
    let (pair, streams) = (Pair::new().await, streams::<3>());
    let _broker = BROKER.write().await;
    assert_eq!(kafka("address"), pair.broker, "only the broker of tests/kafka/kafka can be killed");
    let _running = pair.start();
    let replica = pair.start_listener();
    pair.tell(&streams, 1..=30).await;
    pair.until_noted(&streams[..1], 30).await;
    let killing = tokio::task::spawn_blocking(|| kafka("kill"));
    let ((), killed) = tokio::join!(pair.tell(&streams, 31..=230), killing);
    killed.unwrap();
    let parting = Instant::now();
    replica.abort();
    assert!(replica.await.is_err_and(|ended| ended.is_cancelled()));
    assert!(parting.elapsed() < LIMIT / 6, "whoever stops does not wait for the broker");
    pair.tell(&streams, 231..=240).await;
    let starting = tokio::task::spawn_blocking(|| kafka("start"));
    pair.tell(&streams, 241..=260).await;
    starting.await.unwrap();
    assert_eq!(kafka("address"), pair.broker);
    pair.until_noted(&streams, 260).await;
    for stream in streams {
        assert_eq!(pair.listener.letters(stream).await, []);
    }
}

#[tokio::test]
async fn of_two_relays_one_publishes_and_the_other_takes_its_turn() {
    let _broker = BROKER.read().await;
    let (pair, streams) = (Pair::new().await, streams::<4>());
    let first = pair.start_relay();
    let _listener = pair.start_listener();
    pair.tell(&streams, 1..=20).await;
    pair.until_noted(&streams, 20).await;
    let _second = pair.start_relay();
    pair.tell(&streams, 21..=40).await;
    pair.until_noted(&streams, 40).await;
    assert_eq!(pair.listener.handled("repeat"), 0, "none was published twice");
    drop(first);
    pair.tell(&streams, 41..=60).await;
    pair.until_noted(&streams, 60).await;
}

#[tokio::test]
async fn a_log_published_again_from_its_beginning_only_duplicates() {
    let _broker = BROKER.read().await;
    let (pair, streams) = (Pair::new().await, streams::<4>());
    let relay = pair.start_relay();
    let _listener = pair.start_listener();
    pair.tell(&streams, 1..=40).await;
    pair.until_noted(&streams, 40).await;
    drop(relay);

    let forgotten = "delete from chassis.cursor where reader = 'relay'";
    sqlx::query(forgotten).execute(&pair.teller.database.pool()).await.unwrap();
    let _again = pair.start_relay();
    eventually(LIMIT, async || pair.listener.handled("repeat") >= 160).await;
    pair.tell(&streams, 41..=50).await;
    pair.until_noted(&streams, 50).await;
    for stream in streams {
        assert_eq!(pair.listener.letters(stream).await, []);
    }
}

#[tokio::test]
async fn a_replica_that_leaves_in_mid_stream_is_replaced() {
    let _broker = BROKER.read().await;
    let (pair, streams) = (Pair::new().await, streams::<8>());
    let _relay = pair.start_relay();
    let mut replica = pair.start_listener();
    for round in 0..4 {
        pair.tell(&streams, round * 20 + 1..=round * 20 + 10).await;
        let next = pair.start_listener();
        pair.tell(&streams, round * 20 + 11..=round * 20 + 20).await;
        drop(std::mem::replace(&mut replica, next));
    }
    pair.until_noted(&streams, 80).await;
}

#[tokio::test]
async fn a_replica_that_is_killed_is_replaced() {
    let _broker = BROKER.read().await;
    let (pair, streams) = (Pair::new().await, streams::<8>());
    let _relay = pair.start_relay();
    pair.tell(&streams, 1..=10).await;
    let group = format!("motcua.{}", pair.listener.name);
    let mut doomed = tokio::process::Command::new(env::current_exe().unwrap())
        .args(["--exact", "a_member_to_be_killed", "--ignored", "--nocapture"])
        .env(MEMBER, [pair.broker, &group, &pair.topic()].join(" "))
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut said = BufReader::new(doomed.stdout.take().unwrap()).lines();
    while !said.next_line().await.unwrap().expect("it holds a record").ends_with("holds a record") {
    }
    doomed.kill().await.unwrap();
    let _listener = pair.start_listener();
    pair.tell(&streams, 11..=20).await;
    pair.until_noted(&streams, 20).await;
}

#[tokio::test]
#[ignore = "a part of the test above, in a process of its own"]
async fn a_member_to_be_killed() {
    let Ok(member) = env::var(MEMBER) else { return };
    let member: Vec<_> = member.split(' ').collect();
    let [broker, group, topic] = member[..] else { panic!("{member:?}") };
    let consumer = consumer(broker, group, topic);
    loop {
        if consumer.recv().await.is_ok() {
            println!("the member holds a record");
        }
    }
}

#[tokio::test]
async fn a_record_that_is_no_event_is_passed_by() {
    let _broker = BROKER.read().await;
    let (pair, stream) = (Pair::new().await, toy::stream());
    let _running = pair.start();
    pair.tell(&[stream], 1..=3).await;
    pair.until_noted(&[stream], 3).await;
    let producer: FutureProducer =
        ClientConfig::new().set("bootstrap.servers", pair.broker).create().unwrap();
    // Of the same key, so that they lie between the facts.
    let (topic, key) = (pair.topic(), stream.0.to_string());
    let bare = FutureRecord::to(&topic).key(&key).payload("garbage");
    let empty = FutureRecord::<_, str>::to(&topic).key(&key);
    let id = Header { key: "ce_id", value: Some("not a UUID") };
    let alien =
        FutureRecord::to(&topic).key(&key).payload("").headers(OwnedHeaders::new().insert(id));
    for record in [bare, empty, alien] {
        producer.send(record, LIMIT).await.unwrap();
    }
    pair.tell(&[stream], 4..=6).await;
    pair.until_noted(&[stream], 6).await;
    assert_eq!(pair.listener.letters(stream).await, []);
}
