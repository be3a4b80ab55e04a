//! What the write path promises, on a real PostgreSQL: once for each wish, alone in failing, no
//! gaps, whoever dies when.

#![expect(clippy::unwrap_used, reason = "a test that fails by panicking says enough, helpers too")]

mod events;
mod failures;
mod kills;
mod numbers;
mod random;
mod repeats;
mod stall;
mod toy;
