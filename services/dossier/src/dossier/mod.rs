//! The dossier: a citizen's request under one procedure version, from draft to result.
//!
//! Until it is submitted its owner decides; afterwards workflow decides and the dossier follows.

mod create;
mod delete;
mod expire;
mod follow;
mod hand;
mod save_step;
mod submit;
#[cfg(test)]
mod tests;
mod withdraw;

use std::collections::BTreeMap;

use chassis::refusal::{Kind, Refusal};
use chassis::write::{Kept, Root};
use jiff::Timestamp;
use proto::motcua::r#type::v1::{Channel, DossierStatus, LegalLimit, ReturnWay};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::document::Document;
use crate::file::File;
use crate::procedure::ProcedureCode;
use crate::supplement::Supplement;
use crate::timeline::{Action, ActionKind, Entry, Happening};

pub use create::CreateDossier;
pub use delete::DeleteDossier;
pub use expire::{LAPSE_DRAFT, LapseDraft};
pub use follow::{Change, Follow};
pub use hand::{Hand, HandedIn, Visitor};
pub use save_step::SaveStep;
pub use submit::{DossierCode, SubmitDossier};
pub use withdraw::RequestWithdrawal;

/// A dossier as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dossier {
    /// Its id; also of its stream and of its case.
    pub id: Uuid,
    /// `accounts/{uuid}` it belongs to; empty for a draft that its owner deleted, while its files go.
    pub owner: String,
    /// The procedure it is under.
    pub procedure: ProcedureCode,
    /// The procedure's version, fixed when the draft was opened.
    pub version: u32,
    /// `agencies/{unit code}` that settles it.
    pub agency: String,
    /// How it came in; of a draft, how it was opened.
    pub channel: Channel,
    /// What is on record of it if it was handed in at the counter.
    pub handed_in: Option<HandedIn>,
    /// Where it stands; unspecified is a draft.
    pub status: DossierStatus,
    /// Dossier code; none for a draft.
    pub code: Option<DossierCode>,
    /// When the draft was opened.
    pub created_at: Timestamp,
    /// Days that its draft is kept after its last change, fixed when it was opened.
    pub draft_days: u16,
    /// When the draft lapses unless it is changed before; none once submitted.
    pub expire_at: Option<Timestamp>,
    /// Its draft lapsed in the batch at hand: its rows are deleted.
    pub lapsed: bool,
    /// When it was submitted.
    pub submitted_at: Option<Timestamp>,
    /// How the result reaches its owner; unspecified for a draft.
    pub return_way: ReturnWay,
    /// When its agency accepted it, by workflow's clock.
    pub accepted_at: Option<Timestamp>,
    /// When its result is due; none before acceptance and while the clock is paused.
    pub due_at: Option<Timestamp>,
    /// The promised date that passed without a result, if one did.
    pub late_since: Option<Timestamp>,
    /// The new date its owner was told then, if one could be counted.
    pub new_due_at: Option<Timestamp>,
    /// What others' facts let its owner do next, in order of use.
    pub actions: Vec<Action>,
    /// What its owner was asked for since it was accepted, in order.
    pub supplements: Vec<Supplement>,
    /// When its owner asked for it to be withdrawn; none unless that waits to be decided.
    pub withdrawal_asked_at: Option<Timestamp>,
    /// How often its owner asked for that.
    pub withdrawals: u8,
    /// Entries of its timeline: the number of the last one.
    pub entries: i32,
    /// Counts changes, from 1.
    pub revision: i64,
    /// Entries added by the batch at hand: empty as loaded.
    pub new_entries: Vec<Entry>,
    /// Steps saved by the batch at hand, sealed: empty as loaded, for nothing decides by what is in them.
    pub saved_steps: BTreeMap<u8, Vec<u8>>,
    /// Steps saved for the open supplement by the batch at hand, sealed: empty as loaded.
    pub pending_steps: BTreeMap<u8, Vec<u8>>,
    /// What the batch at hand did with a supplement: none as loaded.
    pub turn: Option<Turn>,
    /// Its files by id; empty unless a command of the batch at hand wants them.
    pub files: BTreeMap<Uuid, File>,
    /// Documents added by the batch at hand: empty as loaded.
    pub new_documents: Vec<Document>,
}

/// What became of a supplement, and with it of the steps that were saved for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// The supplement of this number was answered: they take the place of those before, which are kept beside.
    Answered(u8),
    /// It can no longer be answered: they go.
    Closed,
}

/// Rows a command needs besides the dossier's own.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wants {
    /// Its files.
    pub files: bool,
}

impl Root for Dossier {
    type Rules = ();
    type Wants = Wants;
    type Fact = Fact;

    fn is_gone(&self) -> bool {
        self.lapsed
    }
}

/// What is published about a dossier.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// It has its code and waits for its agency.
    Submitted {
        /// As it was submitted.
        dossier: Box<Dossier>,
        /// How long the agency may take by law.
        limit: LegalLimit,
    },
    /// Its status changed, as workflow decided.
    StatusChanged {
        /// As it is now.
        dossier: Box<Dossier>,
        /// The status before.
        before: DossierStatus,
        /// When the fact happened that changed it.
        at: Timestamp,
    },
    /// Its owner answered a supplement.
    Supplemented {
        /// As it is now.
        dossier: Box<Dossier>,
        /// Which of its supplements.
        number: u8,
    },
    /// A supplement was not answered in time.
    SupplementLapsed {
        /// As it is now.
        dossier: Box<Dossier>,
        /// Which of its supplements.
        number: u8,
        /// The deadline that passed.
        lapsed_at: Timestamp,
    },
    /// Its owner asks for it to be withdrawn.
    WithdrawalRequested {
        /// As it is now.
        dossier: Box<Dossier>,
        /// When.
        at: Timestamp,
    },
    /// A document joined it.
    DocumentAdded {
        /// As it is now.
        dossier: Box<Dossier>,
        /// The document.
        document: Document,
    },
}

/// What a caller is told of a command, and a repeat of it again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// The dossier.
    pub id: Uuid,
}

impl Kept for Named {}

/// What a caller is told of a submission: all that it changed, so that the answer needs no second reading.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Submitted {
    /// The code it got.
    pub code: String,
    /// When.
    pub at: Timestamp,
    /// Its revision then.
    pub revision: i64,
}

impl Kept for Submitted {}

/// Whether what was checked is what the caller knows; an empty etag asks nothing.
///
/// # Errors
/// ETAG_STALE: it is not.
pub(crate) fn checked_as_known(etag: &str, checked: &str) -> Result<(), Refusal> {
    if etag.is_empty() || etag == checked { Ok(()) } else { Err(Refusal::stale()) }
}

impl Dossier {
    /// Whether it is still in its owner's hands.
    pub fn is_draft(&self) -> bool {
        self.status == DossierStatus::Unspecified
    }

    /// Whether its owner may read the agency's results: once they are signed.
    pub fn tells_results(&self) -> bool {
        matches!(self.status, DossierStatus::ProcessingDone | DossierStatus::ResultReturned)
    }

    /// What its revision looks like to clients.
    pub fn etag(&self) -> String {
        self.revision.to_string()
    }

    /// What its owner can do next, in order of use; what has lapsed by `now` is left out.
    pub fn next_actions(&self, now: Timestamp) -> Vec<Action> {
        if self.is_draft() {
            let on_draft = |kind| Action::on(kind, format!("dossiers/{}", self.id));
            let kinds = [ActionKind::SaveStep, ActionKind::CreateFile, ActionKind::SubmitDossier];
            return kinds.map(on_draft).into();
        }
        let open = self.actions.iter().filter(|action| action.is_open(now)).cloned();
        let mut actions: Vec<_> = self.supplement_actions(now).into_iter().chain(open).collect();
        actions.sort_by_key(|action| action.kind);
        actions
    }

    /// Adds what happened to its timeline, with the status it has now.
    pub(crate) fn record(&mut self, happening: Happening) {
        self.entries += 1;
        self.new_entries.push(Entry { sequence: self.entries, status: self.status, happening });
    }

    /// The draft as it became by its submission: at the counter, or else online.
    pub fn as_submitted(
        &self,
        submitted: Submitted,
        return_way: ReturnWay,
        handed_in: Option<HandedIn>,
    ) -> Self {
        Self {
            channel: if handed_in.is_some() { Channel::Direct } else { Channel::Online },
            handed_in,
            status: DossierStatus::NewlyRegistered,
            code: Some(DossierCode(submitted.code)),
            submitted_at: Some(submitted.at),
            expire_at: None,
            revision: submitted.revision,
            return_way,
            ..self.clone()
        }
    }

    /// The draft that a hand may change, if nobody changed it since `etag`; an empty etag asks nothing.
    fn draft_of(before: Option<&Self>, hand: &Hand, etag: &str) -> Result<Self, Refusal> {
        Self::draft_in(before, hand)?.as_read_with(etag)
    }

    /// The dossier, to be changed, if nobody changed it since `etag`; an empty etag asks nothing.
    fn as_read_with(&self, etag: &str) -> Result<Self, Refusal> {
        if !etag.is_empty() && etag != self.etag() {
            return Err(Refusal::stale());
        }
        Ok(Self { revision: self.revision + 1, ..self.clone() })
    }

    /// The dossier, if it is in this hand and some of it may be changed now: a draft, or one whose supplement is open.
    pub(crate) fn open_in<'a>(
        before: Option<&'a Self>,
        hand: &Hand,
        now: Timestamp,
    ) -> Result<&'a Self, Refusal> {
        let open = before.filter(|dossier| hand.holds(dossier));
        let open = open.filter(|dossier| dossier.open_supplement(now).is_some());
        open.map_or_else(|| Self::draft_in(before, hand), Ok)
    }

    /// The draft that is in this hand.
    fn draft_in<'a>(before: Option<&'a Self>, hand: &Hand) -> Result<&'a Self, Refusal> {
        let dossier = before.filter(|dossier| hand.holds(dossier));
        let dossier = dossier.ok_or_else(Refusal::denied)?;
        if dossier.is_draft() { Ok(dossier) } else { Err(submitted()) }
    }

    /// The dossier with a file that was changed: a change of the dossier.
    pub(crate) fn with_file(&self, file: File) -> Self {
        let mut after = Self { revision: self.revision + 1, ..self.clone() };
        after.files.insert(file.id, file);
        after
    }
}

pub(crate) fn submitted() -> Refusal {
    Refusal::new(
        Kind::Precondition,
        "DOSSIER_SUBMITTED",
        "Hồ sơ đã nộp; không thể sửa bản nháp nữa.",
        "The dossier was submitted; its draft can no longer be changed.",
    )
}
