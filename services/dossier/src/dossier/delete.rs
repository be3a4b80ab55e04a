//! A draft goes at the wish of whoever holds it.

use chassis::refusal::Refusal;
use chassis::write::{At, Command, Decided, Stream};
use uuid::Uuid;

use super::{Dossier, Hand, Named, Wants};

/// Deletes a draft.
#[derive(Clone, Debug)]
pub struct DeleteDossier {
    /// The draft.
    pub id: Uuid,
    /// Who calls.
    pub hand: Hand,
    /// The etag it was read with; empty asks nothing.
    pub etag: String,
}

impl Command for DeleteDossier {
    const NAME: &'static str = "DeleteDossier";
    type Root = Dossier;
    type Answer = Named;

    fn stream(&self) -> Stream {
        Stream(self.id)
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
        let draft = Dossier::draft_of(before, &self.hand, &self.etag)?;
        Ok(Decided::quiet(draft.disowned().emptied(at), Named { id: self.id }))
    }
}
