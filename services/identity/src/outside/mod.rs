//! The world outside.

mod mailing;

pub use mailing::Mailing;
