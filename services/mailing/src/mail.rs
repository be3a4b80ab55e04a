//! The mail of one stream: about a dossier the messages to its owner and the parcel with its result; or a single one-time code.

use chassis::write::{At, Root};
use jiff::Timestamp;
use proto::motcua::mailing::v1::ScanKind;
use uuid::Uuid;

use crate::jobs::Telling;
use crate::message::{Message, Notice, Sent};
use crate::shipment::{Parcel, Shipment};

/// Everything that goes out about one dossier.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mail {
    /// In order of their making.
    pub messages: Vec<Message>,
    /// The parcel with the result, if it goes by post.
    pub shipment: Option<Shipment>,
}

/// What is published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// A gateway took a message.
    Sent(Sent),
    /// The carrier took a parcel, by its clock at this time.
    Posted(Parcel, Timestamp),
    /// The carrier scanned it.
    Scanned(Parcel, ScanKind, Timestamp),
    /// It was handed over.
    Delivered(Parcel, Timestamp),
    /// It came back.
    Returned(Parcel, Timestamp),
}

impl Root for Mail {
    type Rules = ();
    type Wants = ();
    type Fact = Fact;
}

impl Mail {
    /// One of the messages.
    pub fn message(&self, id: Uuid) -> Option<&Message> {
        self.messages.iter().find(|message| message.id == id)
    }

    /// Puts a message to the owner of a dossier on record and has it sent; one for each cause and template, whoever repeats it.
    pub fn tell(&mut self, dossier: Uuid, cause: &str, notice: Notice, at: &mut At<'_>) {
        let template = notice.template();
        let told = |known: &Message| known.cause == cause && known.template == template;
        if self.messages.iter().any(told) {
            return;
        }
        let id = at.id();
        let (template, cause) = (template.into(), cause.into());
        self.messages.push(Message { id, template, cause, made_at: at.now, sent: None });
        at.schedule(id, &Telling { dossier, notice });
    }
}
