//! Messages to people: what proves that they were sent. Neither to whom nor what they said is kept.

mod announce;
mod confirm;
mod notice;
mod record;

use chassis::write::Root;
use jiff::Timestamp;
use uuid::Uuid;

pub use announce::Announce;
pub use confirm::ConfirmSending;
pub use notice::Notice;
pub use record::RecordCode;

/// The template of a one-time code.
pub const ONE_TIME_CODE: &str = "one_time_code";

/// A message to one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// What the gateway knows it by.
    pub id: Uuid,
    /// What it says, by the template's id.
    pub template: String,
    /// The request or event it follows from, for example `workflow/events/{uuid}`.
    pub cause: String,
    /// When it fell due to be sent.
    pub made_at: Timestamp,
    /// That the gateway took it; none before.
    pub sent: Option<Sending>,
}

/// That a gateway took a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sending {
    /// When.
    pub at: Timestamp,
    /// At which attempt, from 1.
    pub attempt: i32,
}

/// The messages of one stream, in order of their making: about one dossier, or a single one-time code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Messages(pub Vec<Message>);

impl Messages {
    /// One of them.
    pub fn get(&self, id: Uuid) -> Option<&Message> {
        self.0.iter().find(|message| message.id == id)
    }
}

impl Root for Messages {
    type Rules = ();
    type Wants = ();
    type Fact = Sent;
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
