//! Beginning an upload.

use chassis::refusal::{Kind, Refusal};
use chassis::write::{At, Command, Decided, Stream};
use jiff::Timestamp;
use uuid::Uuid;

use super::{Digest, File, FileKind, LARGEST_DOSSIER, Named, Purpose, State, UPLOAD};
use crate::dossier::{Dossier, Hand, Wants};
use crate::supplement::{Subject, Supplement};

/// Files of results that a dossier may have.
pub const MOST_RESULTS: u8 = 20;

/// Creates a file whose parts are to come.
#[derive(Clone, Debug)]
pub struct CreateFile {
    /// The dossier.
    pub dossier: Uuid,
    /// The id it will have.
    pub id: Uuid,
    /// Who creates it.
    pub hand: Hand,
    /// What it is for: a paper of the form, or a result from an officer.
    pub purpose: Purpose,
    /// Files that this purpose may have.
    pub most: u8,
    /// Its name, sealed.
    pub sealed_name: Vec<u8>,
    /// What it is.
    pub kind: FileKind,
    /// Its bytes, within the bound of one file.
    pub size: u64,
    /// Its digest, if declared.
    pub declared: Option<Digest>,
}

impl Command for CreateFile {
    const NAME: &'static str = "CreateFile";
    type Root = Dossier;
    type Answer = Named;

    fn stream(&self) -> Stream {
        Stream(self.dossier)
    }

    fn wants(&self) -> Wants {
        Wants { files: true }
    }

    fn decide(
        &self,
        before: Option<&Dossier>,
        (): &(),
        at: &mut At<'_>,
    ) -> Result<Decided<Dossier, Named>, Refusal> {
        let dossier = self.hand.open(before, &self.purpose, at.now)?;
        let supplement = self.purpose.supplement(dossier, at.now);
        if supplement.is_some_and(|open| !self.is_asked_for_by(open)) {
            return Err(not_open());
        }
        let supplement = supplement.map(|open| open.number);
        if dossier.files.contains_key(&self.id) {
            return Err(exists());
        }
        self.check_room(dossier, supplement, at.now)?;
        let mut after = dossier.clone().touched(at);
        after.files.insert(self.id, self.file(supplement, at.now));
        Ok(Decided::quiet(after, Named { id: self.id }))
    }
}

impl CreateFile {
    fn is_asked_for_by(&self, supplement: &Supplement) -> bool {
        let Purpose::Paper(paper) = &self.purpose else { return false };
        supplement.asks_for(Subject::Paper(paper))
    }

    /// What is handed in for a supplement has a room of its own.
    fn check_room(
        &self,
        dossier: &Dossier,
        supplement: Option<u8>,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let beside = || dossier.files.values().filter(|file| file.supplement == supplement);
        let live = beside().filter(|file| file.is_live(now));
        let same = live.filter(|file| file.purpose == self.purpose).count();
        if same >= usize::from(self.most) {
            return Err(paper_full());
        }
        // What lapsed or was deleted lies on the disk until it is swept.
        let taken: u64 = beside().map(|file| file.size).sum();
        if taken + self.size > LARGEST_DOSSIER { Err(dossier_full()) } else { Ok(()) }
    }

    pub(super) fn file(&self, supplement: Option<u8>, now: Timestamp) -> File {
        File {
            id: self.id,
            purpose: self.purpose.clone(),
            sealed_name: self.sealed_name.clone(),
            kind: self.kind,
            size: self.size,
            declared: self.declared,
            created_by: self.hand.name.clone(),
            created_at: now,
            attempt: 1,
            state: State::Uploading { until: now + UPLOAD },
            issued: false,
            supplement,
            handed_in: supplement.is_none(),
            replaced_by: None,
        }
    }
}

fn exists() -> Refusal {
    Refusal::new(
        Kind::Exists,
        "FILE_EXISTS",
        "Mã định danh này đã dùng cho một tệp của hồ sơ.",
        "This id is that of a file of the dossier already.",
    )
}

fn not_open() -> Refusal {
    Refusal::field(
        "file.paper",
        "FIELD_NOT_OPEN",
        "Cơ quan không yêu cầu bổ sung giấy tờ này.",
        "The agency does not ask for this paper.",
    )
}

fn paper_full() -> Refusal {
    Refusal::new(
        Kind::Precondition,
        "PAPER_FULL",
        "Giấy tờ này đã đủ số tệp cho phép; hãy xóa bớt một tệp rồi tải lại.",
        "This paper has as many files as it may; delete one first.",
    )
}

fn dossier_full() -> Refusal {
    Refusal::new(
        Kind::Precondition,
        "DOSSIER_FULL",
        "Các tệp của hồ sơ vượt quá 60 MiB; hãy giảm dung lượng hoặc xóa bớt.",
        "The files of the dossier would have more than 60 MiB; make them smaller or delete some.",
    )
}
