//! What the write path promises, on a real PostgreSQL: once for each wish, alone in failing, no gaps, whoever dies when.

mod events;
mod failures;
mod kills;
mod numbers;
mod random;
mod repeats;
mod stall;
mod toy;
