//! What carriers and sinks promise, on a real PostgreSQL: nothing is skipped, nothing takes effect twice, and what cannot be taken
//! stops nobody else.

#![expect(clippy::unwrap_used, reason = "a test that fails by panicking says enough, helpers too")]

mod carrier;
mod log;
mod operations;
mod overheard;
mod poison;
mod share;
mod toy;
mod writer;

use std::time::Duration;

/// Longer than anything here takes.
const LIMIT: Duration = Duration::from_secs(60);

/// More than the listener's table takes.
const TOO_MUCH: i64 = 1_000_001;
