//! A file of a dossier: a paper its owner hands in with the draft, or a result its agency issues.
//!
//! It is created with size and kind, written in parts, and complete once its parts, digest and kind are proved. The dossier's stream
//! orders these changes; the bytes never pass through it.

mod complete;
mod create;
mod delete;
mod forget;
mod kind;
mod part;
mod restart;
#[cfg(test)]
mod tests;

use chassis::refusal::{Kind, Refusal};
use chassis::write::Kept;
use jiff::{SignedDuration, Timestamp};
use proto::motcua::r#type::v1::DossierStatus;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::dossier::{Dossier, Hand, submitted};
use crate::supplement::Supplement;

pub use complete::CompleteFile;
pub use create::{CreateFile, MOST_RESULTS};
pub use delete::DeleteFile;
pub use forget::{ForgetFile, GRACE};
pub use kind::FileKind;
pub use part::{PART, Part, parts};
pub use restart::RestartFile;

/// Bytes of all files of a dossier that count, at most.
pub const LARGEST_DOSSIER: u64 = 60 * 1024 * 1024;

/// How long an upload may take.
pub const UPLOAD: SignedDuration = SignedDuration::from_hours(24);

/// A SHA-256.
pub type Digest = [u8; 32];

/// A file as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its id, unlike those of the same dossier.
    pub id: Uuid,
    /// What it is for.
    pub purpose: Purpose,
    /// What its creator calls it, sealed.
    pub sealed_name: Vec<u8>,
    /// What its first bytes must say it is.
    pub kind: FileKind,
    /// Bytes of the whole.
    pub size: u64,
    /// The digest its creator declared.
    pub declared: Option<Digest>,
    /// Resource name of who created it, and alone writes it.
    pub created_by: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// Where it stands.
    pub state: State,
    /// Which attempt at uploading it, from 1.
    pub attempt: i32,
    /// A document is this file.
    pub issued: bool,
    /// The supplement it is handed in for; none with the submission, and for a result.
    pub supplement: Option<u8>,
    /// The agency has it: not while the supplement it is for is not answered.
    pub handed_in: bool,
    /// The supplement whose files took its place; none while it counts.
    pub replaced_by: Option<u8>,
}

/// What a file is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The paper of the form with this id.
    Paper(String),
    /// A result of the agency.
    Result,
}

/// Where a file stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Parts are missing.
    Uploading {
        /// When the upload lapses.
        until: Timestamp,
    },
    /// Whole and proved.
    Complete {
        /// Since when.
        at: Timestamp,
        /// Of the whole.
        digest: Digest,
    },
    /// Deleted; its content goes a little later.
    Deleted {
        /// Since when.
        at: Timestamp,
    },
}

/// What a caller is told of a file, and a repeat again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// The file.
    pub id: Uuid,
}

impl Kept for Named {}

impl File {
    /// Deletes it; once deleted it stays so since when it was.
    pub(crate) fn delete(&mut self, at: Timestamp) {
        if !matches!(self.state, State::Deleted { .. }) {
            self.state = State::Deleted { at };
        }
    }

    /// Whether the dossier has it, or may still get it.
    pub fn is_live(&self, now: Timestamp) -> bool {
        match self.state {
            State::Uploading { until } => now < until,
            State::Complete { .. } => true,
            State::Deleted { .. } => false,
        }
    }

    /// Whether it is whole and proved.
    pub fn is_complete(&self) -> bool {
        matches!(self.state, State::Complete { .. })
    }

    /// Whether it is one of those that the agency goes by.
    pub fn counts(&self) -> bool {
        self.is_complete() && self.handed_in && self.replaced_by.is_none()
    }

    /// From when it is of no use; none for a complete file.
    pub fn lapses_at(&self) -> Option<Timestamp> {
        match self.state {
            State::Uploading { until } => Some(until),
            State::Complete { .. } => None,
            State::Deleted { at } => Some(at),
        }
    }
}

impl Hand {
    /// The dossier whose files for this it may change now: papers of one that it holds, while that is a draft or a supplement is open; results
    /// of what its agency processes.
    fn open<'a>(
        &self,
        dossier: Option<&'a Dossier>,
        purpose: &Purpose,
        now: Timestamp,
    ) -> Result<&'a Dossier, Refusal> {
        match (purpose, &self.agency) {
            (Purpose::Paper(_), _) => Dossier::open_in(dossier, self, now),
            (Purpose::Result, Some(agency)) => in_processing(dossier, agency),
            (Purpose::Result, None) => Err(Refusal::denied()),
        }
    }

    /// The file that it created and may still change, in its dossier: what was handed in before stays.
    fn own<'a>(
        &self,
        dossier: Option<&'a Dossier>,
        id: Uuid,
        now: Timestamp,
    ) -> Result<(&'a Dossier, &'a File), Refusal> {
        let file = dossier.and_then(|dossier| dossier.files.get(&id));
        let file = file.filter(|file| file.created_by == self.name);
        let file = file.filter(|file| !matches!(file.state, State::Deleted { .. }));
        let file = file.ok_or_else(Refusal::denied)?;
        let dossier = self.open(dossier, &file.purpose, now)?;
        let open = file.purpose.supplement(dossier, now).map(|open| open.number);
        if file.supplement == open { Ok((dossier, file)) } else { Err(submitted()) }
    }
}

impl Purpose {
    /// The supplement that files for this are handed in for now.
    fn supplement<'a>(&self, dossier: &'a Dossier, now: Timestamp) -> Option<&'a Supplement> {
        match self {
            Self::Paper(_) => dossier.open_supplement(now),
            Self::Result => None,
        }
    }
}

/// The dossier, if the agency accepted it and has not returned its result.
pub fn in_processing<'a>(
    dossier: Option<&'a Dossier>,
    agency: &str,
) -> Result<&'a Dossier, Refusal> {
    let submitted = dossier.filter(|dossier| !dossier.is_draft() && dossier.agency == agency);
    let dossier = submitted.ok_or_else(Refusal::denied)?;
    match dossier.status {
        DossierStatus::Accepted
        | DossierStatus::InProcessing
        | DossierStatus::SupplementRequired
        | DossierStatus::FinancialObligationRequired
        | DossierStatus::ProcessingDone => Ok(dossier),
        _ => Err(Refusal::new(
            Kind::Precondition,
            "DOSSIER_NOT_IN_PROCESSING",
            "Hồ sơ chưa được tiếp nhận hoặc đã kết thúc; không thể thêm kết quả.",
            "The dossier is not accepted yet, or is closed: it takes no result.",
        )),
    }
}

/// The refusal of an upload that took too long.
pub fn lapsed() -> Refusal {
    Refusal::new(
        Kind::Precondition,
        "FILE_LAPSED",
        "Lượt tải lên đã quá 24 giờ; hãy tạo tệp mới và tải lại.",
        "This upload is older than 24 hours; create a new file and upload again.",
    )
}

/// The refusal of changing a file that a document is.
pub fn in_document() -> Refusal {
    Refusal::new(
        Kind::Precondition,
        "FILE_IN_DOCUMENT",
        "Tệp này đã là một văn bản của hồ sơ; hãy tải lên tệp khác.",
        "This file is a document of the dossier already; upload another.",
    )
}
