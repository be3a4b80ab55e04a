//! Apache Kafka as the carrier: the relay publishes a log, a consumer group brings it to a sink.
//!
//! A record is an event of one stream, its key the stream, so partitions keep the order that matters. Nothing here needs to be exactly
//! once: the heads of the consumer drop repeats.

use std::collections::HashMap;
use std::sync::mpsc;
use std::time::Duration;

use futures::future::{BoxFuture, try_join_all};
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{CommitMode, Consumer, StreamConsumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Message, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::{Offset, TopicPartitionList};
use sqlx::PgPool;

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

/// How long a stopping consumer may hold up its thread to leave its group in order.
const PARTING: Duration = Duration::from_secs(1);

/// The topic of a service's facts.
pub fn topic(source: &str) -> String {
    format!("motcua.{source}.v1")
}

/// Publishes the log of one service. Two at once only duplicate.
#[derive(Clone, Debug)]
pub struct Relay {
    log: Log,
    pool: PgPool,
    brokers: String,
    metrics: Metrics,
}

impl Relay {
    /// Its name as a reader of the log.
    pub const READER: &str = "relay";

    /// The relay of a log that lies in `pool` to the brokers `host:port,…`.
    pub fn new(log: Log, pool: PgPool, brokers: &str, metrics: Metrics) -> Self {
        Self { log, pool, brokers: brokers.into(), metrics }
    }

    /// Publishes for as long as it is polled, from its cursor, and from there again after any failure.
    pub async fn run(self) {
        let source = self.log.source;
        again_and_again(Self::READER, source, &self.metrics, || self.publish()).await;
    }

    async fn publish(&self) -> Result<(), Failure> {
        let source = self.log.source;
        make_topic(&self.brokers, &topic(source)).await.map_err(broker)?;
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
            send(&producer, &topic(source), &events).await?;
            cursor::save(&self.pool, source, Self::READER, position, &next)
                .await
                .map_err(failed)?;
            cursor = next;
        }
    }

    /// Idempotent, so that retries neither duplicate nor reorder; no message lapses: the log is the queue.
    fn producer(&self) -> Result<FutureProducer, KafkaError> {
        ClientConfig::new()
            .set("bootstrap.servers", &self.brokers)
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
pub struct KafkaCarrier {
    brokers: String,
}

impl KafkaCarrier {
    /// A carrier from the brokers `host:port,…`.
    pub fn new(brokers: &str) -> Self {
        Self { brokers: brokers.into() }
    }
}

impl Carrier for KafkaCarrier {
    fn carry(&self, sink: Sink, _: PgPool) -> BoxFuture<'static, ()> {
        let brokers = self.brokers.clone();
        Box::pin(async move {
            let work = || consume(brokers.clone(), sink.clone());
            again_and_again(sink.service(), sink.source(), sink.metrics(), work).await;
        })
    }

    fn log(&self, _: &str) -> Option<Log> {
        None
    }
}

/// Consumes until something fails. Offsets are committed behind what the sink has taken, so a failure only repeats.
async fn consume(brokers: String, sink: Sink) -> Result<(), Failure> {
    make_topic(&brokers, &topic(sink.source())).await.map_err(broker)?;
    let member = Member::join(&brokers, &sink).map_err(broker)?;
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

/// A member of the consumer group; it leaves when it is dropped.
struct Member(Option<StreamConsumer>);

impl Member {
    fn join(brokers: &str, sink: &Sink) -> Result<Self, KafkaError> {
        let consumer: StreamConsumer = ClientConfig::new()
            .set("bootstrap.servers", brokers)
            .set("group.id", format!("motcua.{}", sink.service()))
            .set("client.id", format!("motcua-{}", sink.service()))
            .set("enable.auto.commit", "false")
            .set("auto.offset.reset", "earliest")
            .set("partition.assignment.strategy", "cooperative-sticky")
            .create()?;
        consumer.subscribe(&[&topic(sink.source())])?;
        Ok(Self(Some(consumer)))
    }

    fn consumer(&self) -> &StreamConsumer {
        self.0.as_ref().expect("it is taken out only when the member is dropped")
    }

    /// One record, and those that are here already.
    async fn portion(&self) -> Result<Vec<BorrowedMessage<'_>>, KafkaError> {
        let mut records = vec![self.record().await?];
        while records.len() < PORTION {
            let Ok(next) = tokio::time::timeout(Duration::from_millis(1), self.record()).await
            else {
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
