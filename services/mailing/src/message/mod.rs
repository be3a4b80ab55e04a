//! Messages to people: what proves that they were sent. Neither to whom nor what they said is kept.

mod announce;
mod confirm;
mod notice;
mod record;

use jiff::Timestamp;
use uuid::Uuid;

pub use announce::Announce;
pub use confirm::ConfirmSending;
pub use notice::{Misfit, Notice};
pub use record::RecordSending;

/// The template of a one-time code.
pub const ONE_TIME_CODE: &str = "one_time_code";

/// The template that tells a telephone that another took its place.
pub const TELEPHONE_REPLACED: &str = "telephone_replaced";

/// A message to one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// What the gateway knows it by.
    pub id: Uuid,
    /// What it says, by the template's id.
    pub template: String,
    /// The request, event or shipment it follows from, for example `workflow/events/{uuid}`.
    pub cause: String,
    /// When it fell due to be sent.
    pub made_at: Timestamp,
    /// That a gateway took it; none before.
    pub sent: Option<Sending>,
}

/// That a gateway took a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sending {
    /// When.
    pub at: Timestamp,
    /// At which attempt, from 1.
    pub attempt: i32,
    /// By which way.
    pub channel: Channel,
}

/// The way a message takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// To a telephone.
    Sms,
    /// To a mailbox.
    Email,
}

/// A gateway took a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// What it knows it by.
    pub id: Uuid,
    /// What it says, by the template's id.
    pub template: String,
    /// When.
    pub at: Timestamp,
}
