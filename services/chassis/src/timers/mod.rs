//! Timers: what a decision wants to be reminded of, and when.
//!
//! ```text
//! decision: at.wake(kind, when) ▶ commit with the timer … due ▶ sweep ▶ command, decided ▶ commit without the timer
//! ```
//!
//! A timer is a command. Any number of processes may sweep: what one has locked the others skip, and what is gone with a commit
//! cannot come twice. A sweep waits for no lock, so it holds up no call; a stream that is being changed has its turn at the next look.

mod late;
mod queue;
mod sweeper;

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::write::Stream;

pub(crate) use late::{Late, late, retry};
pub(crate) use queue::{lock_due, settle};
pub use sweeper::Sweeper;

/// A timer that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// The stream that set it.
    pub stream: Stream,
    /// For when it was set: the legal instant of what follows, however late it is decided.
    pub at: Timestamp,
}

/// Which timer: a stream has one of a kind at most.
pub(crate) type TimerKey = (Stream, &'static str);

/// Timers after a batch: set for an instant, or removed.
pub(crate) type Timers = BTreeMap<TimerKey, Option<Timestamp>>;
