//! A file as its creator wishes it, checked.

use chassis::refusal::Refusal;
use chassis::text::is_one_plain_line;
use proto::motcua::dossier::v1 as pb;
use unicode_normalization::UnicodeNormalization;

use crate::file::{Digest, FileKind, MOST_RESULTS, Purpose};
use crate::form::PaperRequirement;

/// Code points of a file's name.
const LONGEST_NAME: usize = 200;

/// What a new file will be.
#[derive(Debug)]
pub struct NewFile {
    /// What it is for, and how many files may be for the same.
    pub purpose: (Purpose, u8),
    /// Its name, in NFC.
    pub name: String,
    /// What it is.
    pub kind: FileKind,
    /// Its bytes.
    pub size: u64,
    /// Its digest, if declared.
    pub declared: Option<Digest>,
}

impl NewFile {
    /// Checks a wish: for a paper among `papers`, or for a result where there are none to choose from.
    ///
    /// # Errors
    /// Every field that is wrong.
    pub fn of(
        wished: &pb::File,
        papers: Option<&[PaperRequirement]>,
        largest: u64,
    ) -> Result<Self, Refusal> {
        let purpose = purpose(&wished.paper, papers);
        let name = name(&wished.file_name);
        let kind = FileKind::try_from(wished.kind).map_err(|()| unknown_kind());
        let size = size(wished.size_bytes, largest);
        let declared = digest(&wished.sha256);
        match (purpose, name, kind, size, declared) {
            (Ok(purpose), Ok(name), Ok(kind), Ok(size), Ok(declared)) => {
                Ok(Self { purpose, name, kind, size, declared })
            }
            (purpose, name, kind, size, declared) => {
                let refusals = [purpose.err(), name.err(), kind.err(), size.err(), declared.err()];
                let violations = refusals.into_iter().flatten().flat_map(|r| r.violations);
                Err(Refusal::fields(violations.collect()))
            }
        }
    }
}

fn purpose(paper: &str, papers: Option<&[PaperRequirement]>) -> Result<(Purpose, u8), Refusal> {
    match papers {
        None if paper.is_empty() => Ok((Purpose::Result, MOST_RESULTS)),
        None => Err(no_such_paper()),
        Some(papers) => {
            let asked = papers.iter().find(|asked| asked.id == paper).ok_or_else(no_such_paper)?;
            Ok((Purpose::Paper(asked.id.clone()), asked.max_files))
        }
    }
}

fn name(name: &str) -> Result<String, Refusal> {
    // Cut before it is normalised, which can make it longer: the bound is one of work, too.
    let name: String = name.chars().take(LONGEST_NAME * 4).nfc().collect();
    let sound = !name.trim().is_empty()
        && name.chars().count() <= LONGEST_NAME
        && is_one_plain_line(&name)
        && !name.contains(['/', '\\'])
        && !matches!(name.as_str(), "." | "..");
    if sound { Ok(name) } else { Err(unsound_name()) }
}

fn size(bytes: i64, largest: u64) -> Result<u64, Refusal> {
    let size = u64::try_from(bytes).ok().filter(|size| (1..=largest).contains(size));
    size.ok_or_else(|| {
        Refusal::field(
            "file.size_bytes",
            "OUT_OF_RANGE",
            format!("Dung lượng tệp phải từ 1 đến {largest} byte; hãy giảm dung lượng."),
            format!("A file has 1 to {largest} bytes; make it smaller."),
        )
    })
}

fn digest(bytes: &[u8]) -> Result<Option<Digest>, Refusal> {
    if bytes.is_empty() {
        return Ok(None);
    }
    bytes.try_into().map(Some).map_err(|_| {
        Refusal::field(
            "file.sha256",
            "WRONG_LENGTH",
            "SHA-256 gồm đúng 32 byte; hoặc để trống.",
            "A SHA-256 has 32 bytes; or leave it out.",
        )
    })
}

fn no_such_paper() -> Refusal {
    Refusal::field(
        "file.paper",
        "NO_SUCH_PAPER",
        "Biểu mẫu không có giấy tờ này; cán bộ để trống khi tải kết quả.",
        "The form asks for no such paper; an officer leaves it empty for a result.",
    )
}

fn unsound_name() -> Refusal {
    Refusal::field(
        "file.file_name",
        "PATTERN",
        "Tên tệp có 1 đến 200 ký tự, không có ký tự điều khiển, ký tự định dạng ẩn hay dấu gạch chéo.",
        "A file name has 1 to 200 characters, no control or invisible formatting characters and no slash.",
    )
}

fn unknown_kind() -> Refusal {
    Refusal::field(
        "file.kind",
        "NOT_IN_LIST",
        "Chỉ nhận tệp PDF, JPEG hoặc PNG.",
        "Only PDF, JPEG and PNG are taken.",
    )
}
