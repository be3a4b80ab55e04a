//! The end of an upload.

use chassis::refusal::Refusal;
use chassis::write::{At, Command, Decided, Stream};
use uuid::Uuid;

use super::restart::began_again;
use super::{Digest, Named, State, lapsed};
use crate::dossier::{Dossier, Hand, Wants};

/// Completes a file whose parts are all kept, and whose digest and kind were proved.
#[derive(Clone, Debug)]
pub struct CompleteFile {
    /// The dossier.
    pub dossier: Uuid,
    /// The file.
    pub id: Uuid,
    /// Who wrote it.
    pub hand: Hand,
    /// What the whole hashes to.
    pub digest: Digest,
    /// The attempt whose parts they are.
    pub attempt: i32,
}

impl Command for CompleteFile {
    const NAME: &'static str = "CompleteFile";
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
        let named = Named { id: self.id };
        if file.is_complete() {
            return Ok(Decided::quiet(dossier.clone(), named));
        }
        if file.attempt != self.attempt {
            return Err(began_again());
        }
        if !file.is_live(at.now) {
            return Err(lapsed());
        }
        file.state = State::Complete { at: at.now, digest: self.digest };
        Ok(Decided::quiet(dossier.with_file(file).touched(at), named))
    }
}
