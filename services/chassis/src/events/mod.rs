//! Facts on their way from the service that published them to those that react.
//!
//! ```text
//! publisher: log table ─┬─ read by cursor ──────────────▶ sink ▶ door of the consumer     (all in one)
//!                       └─ relay ▶ Kafka ▶ group ───────▶ sink ▶ door of the consumer     (cluster)
//! ```
//!
//! Whoever carries, the sink is the same, and the head of each stream knows what it has seen: an event may come twice,
//! and never takes effect twice.

mod across;
mod carrier;
mod cloudevent;
mod cursor;
mod dead_letters;
mod kafka;
mod lag;
mod letters;
mod log;
mod reactions;
mod recent;
mod sink;

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use uuid::Uuid;

use crate::write::Stream;

pub use across::wake_across;
pub use carrier::{Carrier, LogCarrier};
pub use cloudevent::Malformed;
pub use cursor::{Cursor, Position};
pub use dead_letters::{Cause, DeadLetters};
pub use kafka::{Kafka, KafkaCarrier, Relay};
pub use lag::Watch;
pub(crate) use lag::{Followed, Progress};
pub(crate) use letters::{Discard, Letter, Which, missing};
pub use log::Log;
pub use reactions::{Reactions, known};
pub use sink::Sink;

/// A fact as it travels: the attributes of a CloudEvent and the protobuf message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Its identity (`id`).
    pub id: Uuid,
    /// The service that published it (`source` is `/motcua/{source}`).
    pub source: String,
    /// Full name of its message (`type`).
    pub kind: String,
    /// Resource name of what it is about (`subject`).
    pub subject: String,
    /// When it happened, by its publisher's clock (`time`).
    pub time: Timestamp,
    /// What keeps order (`partitionkey`).
    pub stream: Stream,
    /// Its number on the stream, from 1 without gaps (`sequence`).
    pub sequence: i64,
    /// Agency concerned; empty where none is (`agency`).
    pub agency: String,
    /// Who caused it (`actor`).
    pub actor: String,
    /// The request or event it follows from (`causationid`).
    pub causation: String,
    /// W3C trace context (`traceparent`).
    pub traceparent: Option<String>,
    /// The encoded message.
    #[serde(skip)]
    pub body: Vec<u8>,
}

/// Rung after a commit that published something; wakes the readers of that log within the process.
#[derive(Clone, Debug)]
pub struct Bell(Arc<watch::Sender<u64>>);

impl Bell {
    /// A bell nobody has rung yet.
    pub fn new() -> Self {
        Self(Arc::new(watch::Sender::new(0)))
    }

    /// Wakes everyone who listens.
    pub fn ring(&self) {
        self.0.send_modify(|rung| *rung = rung.wrapping_add(1));
    }

    /// Listens from now on.
    pub fn listen(&self) -> watch::Receiver<u64> {
        self.0.subscribe()
    }
}

impl Default for Bell {
    fn default() -> Self {
        Self::new()
    }
}
