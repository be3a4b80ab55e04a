//! The world outside, and the other services where this one asks them: whoever answers, an adapter here says what was asked.

mod accounts;
mod carrier;
mod dossiers;
mod gateway;
mod mailbox;

use chassis::refusal::Failure;
use tonic::Status;

pub use accounts::Accounts;
pub use carrier::{Carrier, Label};
pub use dossiers::Dossiers;
pub use gateway::{Gateway, GatewayError};
pub use mailbox::{Mailbox, MailboxError};

/// Any question without an answer is put again: what another service lacks today it may have tomorrow. Its words are not kept.
fn unanswered(service: &str, status: &Status) -> Failure {
    Failure::Unavailable(format!("{service} answered {:?}", status.code()))
}
