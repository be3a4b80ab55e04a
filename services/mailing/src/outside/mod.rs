//! The world outside, and the other services where this one asks them: whoever answers, an adapter here says what was asked.

mod accounts;
mod agencies;
mod carrier;
mod dossiers;
mod gateway;
mod mailbox;

pub use accounts::Accounts;
pub use agencies::Agencies;
pub use carrier::{Carrier, Label};
pub use dossiers::Dossiers;
pub use gateway::{Gateway, GatewayError};
pub use mailbox::{Mailbox, MailboxError};
