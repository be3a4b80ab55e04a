//! The timeline of a dossier: what happened to it, in the order it learnt of it, and what its owner can do next.

mod action;

use jiff::Timestamp;
use proto::motcua::dossier::v1::{ActorKind, EntryKind};
use proto::motcua::r#type::v1::DossierStatus;

pub use action::{Action, ActionKind};

/// Something that happened to a dossier. No personal data: what sort of party did it, not who.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happening {
    /// What.
    pub kind: EntryKind,
    /// When, by the clock that counts in law.
    pub at: Timestamp,
    /// What sort of party did it.
    pub actor: ActorKind,
    /// Resource name of what it is about; empty where the dossier says it all.
    pub reference: String,
    /// What that is called aloud: invoice, receipt or item number; empty where it has none.
    pub number: String,
}

impl Happening {
    /// A happening about the dossier itself.
    pub fn new(kind: EntryKind, at: Timestamp, actor: ActorKind) -> Self {
        Self { kind, at, actor, reference: String::new(), number: String::new() }
    }

    /// The same, about something with a resource name.
    #[must_use]
    pub fn about(self, reference: String) -> Self {
        Self { reference, ..self }
    }

    /// The same, about something that has a number.
    #[must_use]
    pub fn numbered(self, number: String) -> Self {
        Self { number, ..self }
    }
}

/// An entry of a timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// From 1 without gaps, in the order the dossier learnt of what happened.
    pub sequence: i32,
    /// Where the dossier stood once this was known.
    pub status: DossierStatus,
    /// What happened.
    pub happening: Happening,
}
