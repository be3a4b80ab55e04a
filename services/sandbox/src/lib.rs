//! The world outside, for trying: servers that stand for it, each with its own port. Nothing here belongs into an
//! installation that real people use.

pub mod bank;
