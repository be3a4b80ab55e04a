//! Deleting a file.

use chassis::refusal::Refusal;
use chassis::write::{At, Command, Decided, Stream};
use uuid::Uuid;

use super::{Named, in_document};
use crate::dossier::{Dossier, Hand, Wants};

/// Deletes a file that nothing rests on yet.
#[derive(Clone, Debug)]
pub struct DeleteFile {
    /// The dossier.
    pub dossier: Uuid,
    /// The file.
    pub id: Uuid,
    /// Who created it.
    pub hand: Hand,
}

impl Command for DeleteFile {
    const NAME: &'static str = "DeleteFile";
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
        let mut file = file.clone();
        if file.issued {
            return Err(in_document());
        }
        file.delete(at.now);
        Ok(Decided::quiet(dossier.with_file(file).touched(at), Named { id: self.id }))
    }
}
