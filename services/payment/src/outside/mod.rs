//! The world outside.

mod bank;

pub use bank::Bank;
