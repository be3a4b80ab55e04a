//! Why a command takes effect once, whoever repeats it.

use std::sync::Arc;

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use prost::{Message, Name};
use sha2::{Digest, Sha256};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::at::uuid_of;
use super::{Refusal, Stream};

/// The identity of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Once {
    /// A call: its answer is kept for the stated days.
    Call {
        /// Resource name of the caller.
        caller: String,
        /// The caller's id for the wish.
        request_id: Uuid,
        /// Tells a repeat from another request under the same id; the door keys it before it is kept.
        fingerprint: Fingerprint,
    },
    /// Another service's fact: the stream's head remembers the last one, for ever.
    Event {
        /// The service that published it.
        source: String,
        /// Its number on the stream there.
        sequence: i64,
        /// Its id, for the record of causes.
        id: Uuid,
        /// Who caused it.
        actor: String,
        /// Whether it comes from the dead letters: it passes though its stream is parked.
        replayed: bool,
    },
    /// A timer that is due: it is gone with the commit.
    Timer {
        /// The stream that set it.
        stream: Stream,
        /// Which of the stream's timers.
        kind: &'static str,
        /// For when it was set.
        due: Timestamp,
        /// Who decides: the service.
        actor: String,
    },
    /// The end of a job: it is gone with the commit, and only the last lease given may end it.
    Job {
        /// The job.
        id: Uuid,
        /// By which lease.
        token: i64,
        /// Who did it.
        actor: String,
    },
}

/// Keys the fingerprints of calls before they are kept. A request may hold what is easily guessed (a name, a date), and with its plain hash
/// whoever read a dump could tell a right guess from a wrong one.
#[derive(Clone)]
pub struct FingerprintKey(Arc<Zeroizing<[u8; 32]>>);

impl FingerprintKey {
    /// Keys with this secret, which every process of the service shares.
    pub fn new(secret: Zeroizing<[u8; 32]>) -> Self {
        Self(Arc::new(secret))
    }

    /// The identity with its fingerprint keyed, if it is a call's.
    pub(super) fn keyed(&self, once: Once) -> Once {
        let Once::Call { caller, request_id, fingerprint } = once else { return once };
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.as_slice())
            .expect("HMAC takes a key of any length");
        mac.update(request_id.as_bytes());
        mac.update(&fingerprint);
        mac.update(caller.as_bytes());
        let mut fingerprint = Fingerprint::default();
        fingerprint.copy_from_slice(&mac.finalize().into_bytes()[..16]);
        Once::Call { caller, request_id, fingerprint }
    }
}

/// A hash of a method and its request.
pub type Fingerprint = [u8; 16];

impl Once {
    /// The identity of a call.
    ///
    /// # Errors
    /// `request_id` is not a UUID, or is the nil one.
    pub fn call<M: Message + Name>(
        caller: &str,
        request_id: &str,
        request: &M,
    ) -> Result<Self, Refusal> {
        let digest = Sha256::new()
            .chain_update(M::full_name())
            .chain_update([0])
            .chain_update(request.encode_to_vec())
            .finalize();
        let mut fingerprint = Fingerprint::default();
        fingerprint.copy_from_slice(&digest[..16]);
        let request_id = self::request_id(request_id)?;
        Ok(Self::Call { caller: caller.into(), request_id, fingerprint })
    }

    /// An id that follows from this identity: for a resource whose creator chose none, so that a repeat meets the same stream.
    pub fn derived_id(&self) -> Uuid {
        uuid_of(&self.seed())
    }

    pub(super) fn seed(&self) -> [u8; 32] {
        let hash = Sha256::new();
        let hash = match self {
            Self::Call { caller, request_id, .. } => {
                hash.chain_update(b"call\0").chain_update(caller).chain_update(request_id)
            }
            Self::Event { id, .. } => hash.chain_update(b"event\0").chain_update(id),
            Self::Timer { stream, kind, due, .. } => hash
                .chain_update(b"timer\0")
                .chain_update(stream.0)
                .chain_update(due.as_microsecond().to_be_bytes())
                .chain_update(kind),
            Self::Job { id, .. } => hash.chain_update(b"job\0").chain_update(id),
        };
        hash.finalize().into()
    }

    pub(super) fn actor(&self) -> &str {
        match self {
            Self::Call { caller, .. } => caller,
            Self::Event { actor, .. } | Self::Timer { actor, .. } | Self::Job { actor, .. } => {
                actor
            }
        }
    }

    pub(super) fn causation(&self) -> String {
        match self {
            Self::Call { request_id, .. } => format!("requests/{request_id}"),
            Self::Event { source, id, .. } => format!("{source}/events/{id}"),
            Self::Timer { kind, due, .. } => format!("timers/{kind}/{due}"),
            Self::Job { id, .. } => format!("jobs/{id}"),
        }
    }
}

/// A request id as the UUID it must be.
///
/// # Errors
/// Names the field `request_id`.
pub fn request_id(text: &str) -> Result<Uuid, Refusal> {
    match Uuid::try_parse(text) {
        Ok(id) if !id.is_nil() => Ok(id),
        _ => Err(Refusal::field(
            "request_id",
            "UUID_REQUIRED",
            "Hãy gửi một UUID mới cho mỗi yêu cầu và giữ nguyên khi gửi lại.",
            "Send a UUID, new for each wish and the same for each repeat of it.",
        )),
    }
}
