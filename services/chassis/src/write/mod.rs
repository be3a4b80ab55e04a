//! The write path: every change of state goes through one [`Door`].
//!
//! A service says what it decides ([`Command::decide`], pure) and how its rows are read and written
//! ([`Store`], set-based); the door does the rest once for all: lanes, batches, locks, repeats, numbering, the
//! log, retries, and an answer to each caller.
//!
//! ```text
//! command ▶ lane by stream ▶ batch ▶ lock heads · load · decide · save · commit ▶ answers
//! ```

mod at;
mod batch;
mod door;
mod fold;
mod lane;
mod once;
mod tables;

use std::collections::HashMap;
use std::future::Future;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

pub use crate::refusal::{Failure, Kind, Refusal, Text, Violation};
pub use at::{At, Numbers, Series};
pub use door::{Around, Door, Pending, Settings, Taken};
pub(crate) use fold::LEASE_LOST;
pub use fold::request_id_reused;
pub use once::{Fingerprint, FingerprintKey, Once, request_id};

/// What keeps order: a dossier in most services, an account in identity. The unit of locking, and the Kafka key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Stream(pub Uuid);

/// A noun of the field whose state commands change: one value per stream.
pub trait Root: Clone + Send + Sync + 'static {
    /// What decisions consult and nobody changes meanwhile: calendars, definitions, tariffs.
    type Rules: Send + Sync + 'static;
    /// Rows that a command needs besides its root.
    type Wants: Default + Send + Sync;
    /// What can be published about it.
    type Fact: Send + Sync;

    /// Whether a decision ended it, so that its rows are deleted: [`Store::save`] is given it once more as such, and later commands
    /// find no root. The stream's head, log and kept answers stay.
    fn is_gone(&self) -> bool {
        false
    }
}

/// A wish to change one root.
pub trait Command: Send + Sync + 'static {
    /// Transaction, span and metric are named so.
    const NAME: &'static str;
    /// What it changes.
    type Root: Root;
    /// What the caller is told, and a repeat of the call again.
    type Answer: Kept;

    /// The one stream it belongs to.
    fn stream(&self) -> Stream;

    /// Rows it needs besides the root.
    fn wants(&self) -> <Self::Root as Root>::Wants {
        Default::default()
    }

    /// The rules of the field: what follows from the wish, or why not.
    ///
    /// Pure and quick, for it runs under the lock of its stream, and may run more than once.
    ///
    /// # Errors
    /// The refusal concerns this command alone and leaves no trace.
    fn decide(
        &self,
        before: Option<&Self::Root>,
        rules: &<Self::Root as Root>::Rules,
        at: &mut At<'_>,
    ) -> Result<Decided<Self::Root, Self::Answer>, Refusal>;
}

/// What follows from a command.
#[derive(Debug)]
pub struct Decided<R: Root, A> {
    /// The root as it is from now on.
    pub after: R,
    /// What to publish, in order.
    pub facts: Vec<R::Fact>,
    /// What to tell the caller.
    pub answer: A,
}

impl<R: Root, A> Decided<R, A> {
    /// A decision with nothing to publish.
    pub fn quiet(after: R, answer: A) -> Self {
        Self { after, facts: Vec::new(), answer }
    }
}

/// An answer that may be kept for a repeat: names and numbers only, at most 256 bytes as JSON. No personal data, no secret.
pub trait Kept: Serialize + DeserializeOwned + Send + 'static {}

impl Kept for () {}

/// A stream whose root is asked for, with what its commands want besides.
#[derive(Debug)]
pub struct Asked<R: Root> {
    /// The stream.
    pub stream: Stream,
    /// One entry for each command of the batch on this stream.
    pub wants: Vec<R::Wants>,
}

/// A root to be written.
#[derive(Debug)]
pub struct Changed<R: Root> {
    /// The stream.
    pub stream: Stream,
    /// As it was loaded; none for a new one.
    pub before: Option<R>,
    /// As it is now.
    pub after: R,
}

/// The SQL of one root, set-based: one statement for many streams. It never begins or commits.
pub trait Store: Clone + Send + Sync + 'static {
    /// What it stores.
    type Root: Root;

    /// Reads the roots of all streams asked for; a stream without one is absent from the answer. Their heads are locked.
    fn load(
        &self,
        db: &mut PgConnection,
        asked: &[Asked<Self::Root>],
    ) -> impl Future<Output = sqlx::Result<HashMap<Stream, Self::Root>>> + Send;

    /// Writes the roots that changed, as they are after the whole batch: a constraint does not see the states between, so what must
    /// hold for each command is a rule of [`Command::decide`].
    fn save(
        &self,
        db: &mut PgConnection,
        changed: &[Changed<Self::Root>],
    ) -> impl Future<Output = sqlx::Result<()>> + Send;

    /// A fact as the message to publish.
    fn message(fact: &<Self::Root as Root>::Fact) -> Outgoing;
}

/// A fact on its way into the log.
#[derive(Clone, Debug, PartialEq)]
pub struct Outgoing {
    /// Full name of the protobuf message.
    pub kind: String,
    /// Resource name of what it is about.
    pub subject: String,
    /// Agency concerned, by resource name; empty where none is.
    pub agency: String,
    /// The encoded message. No personal data.
    pub body: Vec<u8>,
}

impl Outgoing {
    /// A message to publish about `subject`.
    pub fn of<M: prost::Message + prost::Name>(message: &M, subject: &str, agency: &str) -> Self {
        Self {
            kind: M::full_name(),
            subject: subject.into(),
            agency: agency.into(),
            body: message.encode_to_vec(),
        }
    }
}
