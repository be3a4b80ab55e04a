//! An agency adds its result.

use chassis::refusal::Refusal;
use chassis::write::{At, Command, Decided, Stream};
use uuid::Uuid;

use super::{Content, Document};
use crate::dossier::{Dossier, Wants};
use crate::file::{File, Named, Purpose, in_document, in_processing};

/// Adds a result to a dossier that is in processing.
#[derive(Clone, Debug)]
pub struct AddDocument {
    /// The dossier.
    pub dossier: Uuid,
    /// Who adds it.
    pub officer: String,
    /// The officer's agency.
    pub agency: String,
    /// The file it is.
    pub file: Uuid,
}

impl Command for AddDocument {
    const NAME: &'static str = "AddDocument";
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
        let dossier = in_processing(before, &self.agency)?;
        let is_result = |file: &&File| file.is_complete() && file.purpose == Purpose::Result;
        let file = dossier.files.get(&self.file).filter(is_result).ok_or_else(no_such_file)?;
        if file.issued {
            return Err(in_document());
        }
        let document = Document {
            id: at.id(),
            content: Content::Result(file.id),
            officer: self.officer.clone(),
            added_at: at.now,
        };
        let answer = Named { id: document.id };
        let mut after = dossier.with_file(File { issued: true, ..file.clone() });
        let fact = after.add(document);
        Ok(Decided { after, facts: vec![fact], answer })
    }
}

fn no_such_file() -> Refusal {
    Refusal::field(
        "document.file",
        "NO_SUCH_FILE",
        "Hồ sơ không có tệp kết quả hoàn chỉnh này; hãy tải tệp lên trước.",
        "The dossier has no such complete file of a result; upload it first.",
    )
}
