//! A document of a dossier: what the state gives back.

mod add;
mod take;
mod words;

use jiff::Timestamp;
use jiff::civil::Date;
use proto::motcua::access::v1::Role;
use proto::motcua::dossier::v1::{ActorKind, EntryKind};
use proto::motcua::r#type::v1::StopReason;
use uuid::Uuid;

use crate::bilingual::Bilingual;
use crate::dossier::{Dossier, Fact};
use crate::events::document_name;
use crate::timeline::Happening;

pub use add::AddDocument;
pub use take::TakeSlip;
pub use words::{
    AcceptanceWords, DenialWords, Head, Language, PaperWords, RefusalWords, SupplementWords, Words,
    words,
};

/// A document as it stands; it never changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Its id, unlike those of the same dossier.
    pub id: Uuid,
    /// What it is.
    pub content: Content,
    /// Resource name of the officer who added it, or decided what it tells; empty where no officer did.
    pub officer: String,
    /// When it joined the dossier.
    pub added_at: Timestamp,
}

/// What a document is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// The slip of receipt and appointment, form 01 of Circular 03/2025/TT-VPCP.
    AcceptanceSlip(AcceptanceSlip),
    /// The slip of refusal, form 03.
    RefusalSlip(RefusalSlip),
    /// The slip that asks for a supplement, form 02.
    SupplementSlip(SupplementSlip),
    /// The notice of stopped processing, form 05.
    StopSlip(StopSlip),
    /// The notice that a withdrawal was denied, for which the circular has no form.
    WithdrawalDenial(WithdrawalDenial),
    /// The apology for a late result, form 04.
    ApologySlip(ApologySlip),
    /// A result of the agency: this file of the dossier.
    Result(Uuid),
}

/// Which results of a dossier a reader is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Results {
    /// None: they are unsigned work of the agency.
    None,
    /// Those that are documents.
    Issued,
    /// Files that are no document yet, too.
    All,
}

/// What acceptance told. What the dossier itself says is not told twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptanceSlip {
    /// When it was accepted, by workflow's clock.
    pub accepted_at: Timestamp,
    /// The legal day of receipt in Vietnam, if it was told.
    pub received_on: Option<Date>,
    /// When the result is due, as promised at acceptance; what a pause moves later stands with the dossier.
    pub due_at: Timestamp,
    /// Fees that were told, VND.
    pub fees: Vec<i64>,
}

/// What a refusal told. What the officer wrote stays with workflow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusalSlip {
    /// When it was refused, by workflow's clock.
    pub refused_at: Timestamp,
    /// Codes of the reasons.
    pub reasons: Vec<String>,
    /// Resource name of the grounds.
    pub grounds: String,
}

/// What a request to supplement told. What the officer wrote stays with workflow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SupplementSlip {
    /// Which supplement of the dossier, from 1.
    pub number: u8,
    /// When it was asked for, by workflow's clock.
    pub requested_at: Timestamp,
    /// Until when it can be answered.
    pub expires_at: Timestamp,
    /// What is asked for.
    pub subjects: Vec<String>,
    /// Resource name of the grounds.
    pub grounds: String,
}

/// What a notice of stopped processing told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StopSlip {
    /// Since when: the deadline that passed.
    pub stopped_at: Timestamp,
    /// Why.
    pub reason: StopReason,
}

/// What a notice that a withdrawal was denied told. What the officer wrote stays with workflow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WithdrawalDenial {
    /// When it was denied, by workflow's clock.
    pub denied_at: Timestamp,
    /// Resource name of the grounds.
    pub grounds: String,
}

/// What an apology for a late result told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ApologySlip {
    /// When the head of the unit was told, by workflow's clock.
    pub told_at: Timestamp,
    /// The date that was promised.
    pub due_at: Timestamp,
    /// The new date, if one could be counted.
    pub new_due_at: Option<Timestamp>,
    /// The officers with whom the dossier lay then.
    pub lies_with: Role,
}

/// One of the grounds of a decision, as workflow tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ground {
    /// What it is about: of a refusal the code of the reason, of a supplement the field or paper.
    pub subject: String,
    /// What that is called.
    pub title: Bilingual,
    /// What the officer wrote; may be empty.
    pub text: String,
}

impl Content {
    /// Whether it tells a decision, and is no result.
    pub fn is_slip(&self) -> bool {
        !matches!(self, Self::Result(_))
    }
}

impl Dossier {
    /// Adds a document; the fact to publish. A slip has an entry of the timeline; of a result that tells the one of its issue, when it is
    /// signed.
    fn add(&mut self, document: Document) -> Fact {
        if document.content.is_slip() {
            let by_itself =
                matches!(document.content, Content::StopSlip(_) | Content::ApologySlip(_));
            let actor = if by_itself { ActorKind::System } else { ActorKind::Officer };
            let happening = Happening::new(EntryKind::DocumentAdded, document.added_at, actor);
            self.record(happening.about(document_name(self.id, document.id)));
        }
        self.new_documents.push(document.clone());
        Fact::DocumentAdded { dossier: Box::new(self.clone()), document }
    }
}
