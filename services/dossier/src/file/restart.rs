//! An upload whose content is not what was declared begins again.

use chassis::refusal::{Kind, Refusal};
use chassis::write::{At, Command, Decided, Stream};
use uuid::Uuid;

use super::Named;
use crate::dossier::{Dossier, Hand, Wants};

/// Gives up the parts of one attempt. Whoever still writes to it completes nothing by that: the next attempt has parts of its own.
#[derive(Clone, Debug)]
pub struct RestartFile {
    /// The dossier.
    pub dossier: Uuid,
    /// The file.
    pub id: Uuid,
    /// Who writes it.
    pub hand: Hand,
    /// The attempt that failed.
    pub attempt: i32,
}

impl Command for RestartFile {
    const NAME: &'static str = "RestartFile";
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
        let (dossier, file) = self.hand.own(before, self.id, at.now)?;
        if file.is_complete() || file.attempt != self.attempt {
            return Err(began_again());
        }
        let mut after = dossier.clone();
        let mut file = file.clone();
        file.attempt += 1;
        after.files.insert(file.id, file);
        Ok(Decided::quiet(after, Named { id: self.id }))
    }
}

/// The refusal of an end to an attempt that another has ended.
pub(super) fn began_again() -> Refusal {
    Refusal::new(
        Kind::Race,
        "FILE_DIFFERS",
        "Lượt tải này đã bắt đầu lại; hãy xem tệp và tải tiếp từ vị trí được nêu.",
        "This upload began again meanwhile; read the file and go on where it says.",
    )
}
