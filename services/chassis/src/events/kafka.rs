//! Apache Kafka as the carrier: the relay publishes a log, a consumer group brings it to a sink.
//!
//! A record is an event of one stream, its key the stream, so partitions keep the order that matters. Nothing here needs to be exactly
//! once: the heads of the consumer drop repeats.

use std::collections::HashMap;
use std::sync::mpsc;
use std::time::Duration;

use futures::future::{BoxFuture, try_join_all};
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::ClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{
    BaseConsumer, CommitMode, Consumer, ConsumerContext, Rebalance, StreamConsumer,
};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Message, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::{Offset, TopicPartitionList};
use sqlx::postgres::PgConnection;
use sqlx::{Connection, PgPool};
use tokio::time::{sleep, timeout};

use super::carrier::{Carrier, again_and_again, resume};
use super::cloudevent::{headers, parse};
use super::{Event, Log, Sink, cursor};
use crate::database::failed;
use crate::refusal::Failure;
use crate::telemetry::Metrics;

/// The most records taken at once.
const PORTION: usize = 512;

/// Partitions of a topic that the relay makes; an operator may make it beforehand with more, never fewer later.
const PARTITIONS: i32 = 6;

/// How long one request to the broker may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long the broker may take to acknowledge a portion before the relay begins again, and another replica's may take its turn.
const DELIVERED_WITHIN: Duration = Duration::from_secs(60);

/// The advisory lock of the relay that publishes; each service has a database of its own, so that one number is enough.
const PUBLISHES: i64 = 0x6d6f_7463_7561;

/// How often a relay that waits for its turn asks.
const ASK_AGAIN: Duration = Duration::from_secs(1);

/// How long a stopping consumer may hold up its thread to leave its group in order.
const PARTING: Duration = Duration::from_secs(1);

/// Where events travel, and under which names. Meshes that share a broker have prefixes of their own, or they take each other's events.
#[derive(Clone, Debug)]
pub struct Kafka {
    /// The brokers, `host:port,…`.
    pub brokers: String,
    /// What names of topics and groups begin with: letters, digits, dots, hyphens and underlines, `motcua` unless there are several meshes.
    pub prefix: String,
}

impl From<&str> for Kafka {
    /// These brokers, under the usual names.
    fn from(brokers: &str) -> Self {
        Self { brokers: brokers.into(), prefix: "motcua".into() }
    }
}

impl Kafka {
    /// The topic of a service's facts.
    pub fn topic(&self, source: &str) -> String {
        format!("{}.{source}.v1", self.prefix)
    }

    /// The consumer group of a service.
    fn group(&self, service: &str) -> String {
        format!("{}.{service}", self.prefix)
    }
}

/// Publishes the log of one service. Of its replicas' relays one publishes and the others wait for their turn; two at once, after a
/// connection was lost, only duplicate.
#[derive(Clone, Debug)]
pub struct Relay {
    log: Log,
    pool: PgPool,
    kafka: Kafka,
    metrics: Metrics,
}

impl Relay {
    /// Its name as a reader of the log.
    pub const READER: &str = "relay";

    /// The relay of a log that lies in `pool`.
    pub fn new(log: Log, pool: PgPool, kafka: impl Into<Kafka>, metrics: Metrics) -> Self {
        Self { log, pool, kafka: kafka.into(), metrics }
    }

    /// Publishes for as long as it is polled, from its cursor, and from there again after any failure.
    pub async fn run(self) {
        let source = self.log.source;
        again_and_again(Self::READER, source, &self.metrics, || self.publish()).await;
    }

    async fn publish(&self) -> Result<(), Failure> {
        let source = self.log.source;
        let _turn = self.turn().await.map_err(failed)?;
        let topic = self.kafka.topic(source);
        make_topic(&self.kafka.brokers, &topic).await.map_err(broker)?;
        let producer: FutureProducer = self.producer().map_err(broker)?;
        let mut listener = self.log.listener();
        let (position, mut cursor) =
            resume(&self.log, &self.pool, Self::READER, &self.metrics).await?;
        loop {
            let (events, next) = self.log.read(&cursor).await.map_err(failed)?;
            if events.is_empty() {
                cursor = next;
                listener.wait().await;
                continue;
            }
            let sent = timeout(DELIVERED_WITHIN, send(&producer, &topic, &events)).await;
            sent.map_err(|_| Failure::Unavailable("kafka: no acknowledgement".into()))??;
            cursor::save(&self.pool, source, Self::READER, position, &next)
                .await
                .map_err(failed)?;
            cursor = next;
        }
    }

    /// Waits for this relay's turn, which lasts as long as the connection.
    async fn turn(&self) -> sqlx::Result<PgConnection> {
        let mut connection = PgConnection::connect_with(&self.pool.connect_options()).await?;
        while !sqlx::query_scalar!(r#"select pg_try_advisory_lock($1) as "ours!""#, PUBLISHES)
            .fetch_one(&mut connection)
            .await?
        {
            sleep(ASK_AGAIN).await;
        }
        Ok(connection)
    }

    /// Idempotent, so that retries neither duplicate nor reorder; no message lapses: the log is the queue.
    fn producer(&self) -> Result<FutureProducer, KafkaError> {
        ClientConfig::new()
            .set("bootstrap.servers", &self.kafka.brokers)
            .set("client.id", format!("motcua-{}", self.log.source))
            .set("enable.idempotence", "true")
            .set("message.timeout.ms", "0")
            .set("compression.type", "zstd")
            .set("linger.ms", "2")
            .create()
    }
}

/// Enqueues in order, then waits for every acknowledgement.
async fn send(producer: &FutureProducer, topic: &str, events: &[Event]) -> Result<(), Failure> {
    let mut deliveries = Vec::with_capacity(events.len());
    for event in events {
        let key = event.stream.0.to_string();
        let record = FutureRecord::<str, [u8]>::to(topic)
            .key(&key)
            .payload(&event.body)
            .headers(headers(event));
        deliveries.push(producer.send_result(record).map_err(|(error, _)| broker(error))?);
    }
    let acknowledged = try_join_all(deliveries)
        .await
        .map_err(|_| Failure::Unavailable("the producer was closed".into()))?;
    for delivery in acknowledged {
        delivery.map_err(|(error, _)| broker(error))?;
    }
    Ok(())
}

async fn make_topic(brokers: &str, name: &str) -> Result<(), KafkaError> {
    let admin: AdminClient<_> = ClientConfig::new().set("bootstrap.servers", brokers).create()?;
    // Replication -1: as the cluster's default says.
    let topic = NewTopic::new(name, PARTITIONS, TopicReplication::Fixed(-1));
    let options = AdminOptions::new().operation_timeout(Some(PATIENCE));
    for result in admin.create_topics(&[topic], &options).await? {
        match result {
            Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((_, code)) => return Err(KafkaError::AdminOp(code)),
        }
    }
    Ok(())
}

/// Reads topics as a consumer group: for services in processes of their own.
#[derive(Clone, Debug)]
pub struct KafkaCarrier(Kafka);

impl KafkaCarrier {
    /// A carrier from these brokers.
    pub fn new(kafka: impl Into<Kafka>) -> Self {
        Self(kafka.into())
    }
}

impl Carrier for KafkaCarrier {
    fn carry(&self, sink: Sink, _: PgPool) -> BoxFuture<'static, ()> {
        let kafka = self.0.clone();
        Box::pin(async move {
            let work = || consume(kafka.clone(), sink.clone());
            again_and_again(sink.service(), sink.source(), sink.metrics(), work).await;
        })
    }

    fn log(&self, _: &str) -> Option<Log> {
        None
    }
}

/// Consumes until something fails. Offsets are committed behind what the sink has taken, so a failure only repeats.
async fn consume(kafka: Kafka, sink: Sink) -> Result<(), Failure> {
    make_topic(&kafka.brokers, &kafka.topic(sink.source())).await.map_err(broker)?;
    let member = Member::join(&kafka, &sink).map_err(broker)?;
    loop {
        let records = member.portion().await.map_err(broker)?;
        let events: Vec<_> = records.iter().filter_map(event).collect();
        sink.take(&events).await?;
        let taken = behind(&records).map_err(broker)?;
        match member.consumer().commit(&taken, CommitMode::Async) {
            // After a rebalance the new owner takes them again: repeats.
            Ok(()) | Err(KafkaError::ConsumerCommit(_)) => {}
            Err(error) => return Err(broker(error)),
        }
    }
}

/// The offsets behind these records.
fn behind(records: &[BorrowedMessage<'_>]) -> Result<TopicPartitionList, KafkaError> {
    let mut offsets = TopicPartitionList::new();
    let last: HashMap<_, _> = records
        .iter()
        .map(|record| ((record.topic(), record.partition()), record.offset()))
        .collect();
    for ((topic, partition), offset) in last {
        offsets.add_partition_offset(topic, partition, Offset::Offset(offset + 1))?;
    }
    Ok(offsets)
}

/// Tells the sink that its group has given this member its share of the topic, which may be none.
struct Joining(Sink);

impl ClientContext for Joining {}

impl ConsumerContext for Joining {
    fn post_rebalance(&self, _: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        if matches!(rebalance, Rebalance::Assign(_)) {
            self.0.join();
        }
    }
}

/// A member of the consumer group; it leaves when it is dropped.
struct Member(Option<StreamConsumer<Joining>>);

impl Member {
    fn join(kafka: &Kafka, sink: &Sink) -> Result<Self, KafkaError> {
        let consumer: StreamConsumer<_> = ClientConfig::new()
            .set("bootstrap.servers", &kafka.brokers)
            .set("group.id", kafka.group(sink.service()))
            .set("client.id", format!("motcua-{}", sink.service()))
            .set("enable.auto.commit", "false")
            .set("auto.offset.reset", "earliest")
            .set("partition.assignment.strategy", "cooperative-sticky")
            .create_with_context(Joining(sink.clone()))?;
        consumer.subscribe(&[&kafka.topic(sink.source())])?;
        Ok(Self(Some(consumer)))
    }

    fn consumer(&self) -> &StreamConsumer<Joining> {
        self.0.as_ref().expect("it is taken out only when the member is dropped")
    }

    /// One record, and those that are here already.
    async fn portion(&self) -> Result<Vec<BorrowedMessage<'_>>, KafkaError> {
        let mut records = vec![self.record().await?];
        while records.len() < PORTION {
            let Ok(next) = timeout(Duration::from_millis(1), self.record()).await else {
                break;
            };
            records.push(next?);
        }
        Ok(records)
    }

    async fn record(&self) -> Result<BorrowedMessage<'_>, KafkaError> {
        loop {
            match self.consumer().recv().await {
                // The client comes back from these by itself, a broker that is away among them, and sooner than a new member would.
                Err(KafkaError::MessageConsumption(code)) => {
                    tracing::warn!(%code, "no records for now; waiting for the broker");
                }
                outcome => return outcome,
            }
        }
    }
}

impl Drop for Member {
    /// The consumer waits for the broker's answer to its leaving, for ever if the broker is away: not on a thread of the runtime. We
    /// wait for it just long enough that a process that stops has left, if all is well.
    fn drop(&mut self) {
        let consumer = self.0.take();
        let (left, leaving) = mpsc::channel::<()>();
        std::thread::spawn(move || {
            drop(consumer);
            drop(left);
        });
        let _ = leaving.recv_timeout(PARTING);
    }
}

/// A record that is no event of ours is logged and passed by: whoever may write to the topic is trusted, and it has no stream to park.
fn event(record: &BorrowedMessage<'_>) -> Option<Event> {
    let none = OwnedHeaders::new();
    let parsed = match record.headers() {
        Some(headers) => parse(headers, record.payload().unwrap_or_default()),
        None => parse(&none, &[]),
    };
    parsed
        .inspect_err(|malformed| {
            let (partition, offset) = (record.partition(), record.offset());
            tracing::error!(topic = record.topic(), partition, offset, %malformed, "not an event");
        })
        .ok()
}

fn broker(error: KafkaError) -> Failure {
    Failure::Unavailable(format!("kafka: {error}"))
}
