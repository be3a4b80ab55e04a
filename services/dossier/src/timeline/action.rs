//! What the owner of a dossier can do next.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Something the owner of a dossier can do next. No personal data: it is kept as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Action {
    /// What.
    pub kind: ActionKind,
    /// Resource name of what it is done to.
    pub resource: String,
    /// What that is called aloud: an invoice number or an item number; else empty.
    pub number: String,
    /// Until when it can be done; none where nothing ends it by itself.
    pub until: Option<Timestamp>,
}

/// What can be done, in the order of use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActionKind {
    /// Fill in the form.
    SaveStep,
    /// Hand a paper in.
    CreateFile,
    /// Submit the draft.
    SubmitDossier,
    /// Answer a supplement.
    SupplementDossier,
    /// Draw a number.
    DrawNumber,
    /// Pay an invoice.
    Pay,
    /// Follow a parcel at the carrier's.
    FollowShipment,
    /// Rate how the dossier was handled.
    RateDossier,
}

impl ActionKind {
    /// The rpc that does it, of whichever service; none where no rpc does.
    pub fn rpc(self) -> Option<&'static str> {
        match self {
            Self::SaveStep => Some("SaveStep"),
            Self::CreateFile => Some("CreateFile"),
            Self::SubmitDossier => Some("SubmitDossier"),
            Self::SupplementDossier => Some("SupplementDossier"),
            Self::DrawNumber => Some("DrawNumber"),
            Self::RateDossier => Some("RateDossier"),
            Self::Pay | Self::FollowShipment => None,
        }
    }

    /// Whether a result that is issued, or a dossier that is refused or withdrawn, leaves nothing of it to be done.
    pub fn ends_with_the_case(self) -> bool {
        matches!(self, Self::DrawNumber | Self::Pay)
    }
}

impl Action {
    /// An action on a thing, which nothing ends by itself.
    pub fn on(kind: ActionKind, resource: String) -> Self {
        Self { kind, resource, number: String::new(), until: None }
    }

    /// Whether it can still be done.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}
