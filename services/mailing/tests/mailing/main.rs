//! Mailing over its real interfaces: gRPC, the carrier's HTTP callback, PostgreSQL, an SMTP server, and the sandbox's telephone and
//! carrier.

#![expect(clippy::unwrap_used, reason = "a test that fails by panicking says enough, helpers too")]

mod house;
mod mailbox;
mod one_time_code;
mod others;
mod posting;
mod scanning;
mod telling;
