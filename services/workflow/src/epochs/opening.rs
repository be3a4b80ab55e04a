//! Opening an epoch: what is decided under the lock of the pool's stream.

use std::sync::Arc;

use chassis::clock::timestamp;
use chassis::refusal::Refusal;
use chassis::write::{At, Command, Decided, Outgoing, Root, Stream};
use jiff::Timestamp;
use proto::motcua::workflow::v1::EpochOpened;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::case::EpochName;
use crate::draw::{Epoch, EpochSummary, PoolName};
use crate::events;

/// An epoch as it was published, with its list.
#[derive(Clone, Debug, PartialEq)]
pub struct Logged {
    /// What was published.
    pub summary: EpochSummary,
    /// When.
    pub opened_at: Timestamp,
    /// The numbers, ascending, a line each.
    pub free: Arc<str>,
}

impl Root for Logged {
    type Rules = ();
    type Wants = Option<PoolName>;
    type Fact = Logged;
}

/// Publishes an epoch, if it is its pool's next.
pub struct OpenEpoch {
    summary: EpochSummary,
    free: Arc<str>,
}

impl OpenEpoch {
    /// Of an epoch that was fixed.
    pub fn of(epoch: &Epoch) -> Self {
        let lines: Vec<String> = epoch.free().iter().map(ToString::to_string).collect();
        Self { summary: epoch.summary().clone(), free: lines.join("\n").into() }
    }
}

impl Command for OpenEpoch {
    const NAME: &'static str = "OpenEpoch";
    type Root = Logged;
    type Answer = ();

    fn stream(&self) -> Stream {
        stream(&self.summary.pool)
    }

    fn wants(&self) -> Option<PoolName> {
        Some(self.summary.pool.clone())
    }

    fn decide(
        &self,
        before: Option<&Logged>,
        (): &(),
        at: &mut At<'_>,
    ) -> Result<Decided<Logged, ()>, Refusal> {
        if let Some(newest) = before.filter(|newest| newest.summary.id >= self.summary.id) {
            return Ok(Decided::quiet(newest.clone(), ()));
        }
        let summary = self.summary.clone();
        let opened = Logged { summary, opened_at: at.now, free: self.free.clone() };
        Ok(Decided { after: opened.clone(), facts: vec![opened], answer: () })
    }
}

/// A pool's own stream: an id that follows from its name.
fn stream(pool: &PoolName) -> Stream {
    let digest = Sha256::new_with_prefix(b"motcua number pool\0").chain_update(pool.as_str());
    let mut id = [0; 16];
    id.copy_from_slice(&digest.finalize()[..16]);
    Stream(Uuid::new_v8(id))
}

/// The fact as the message to publish.
pub fn message(opened: &Logged) -> Outgoing {
    let EpochSummary { id, pool, size, root, public_key } = &opened.summary;
    let epoch = events::epoch_name(&EpochName { pool: pool.clone(), id: *id });
    let message = EpochOpened {
        epoch: epoch.clone(),
        size: size.get(),
        root: hex::encode(root),
        public_key: hex::encode(public_key.as_bytes()),
        open_time: Some(timestamp(opened.opened_at)),
    };
    Outgoing::of(&message, &epoch, "")
}
