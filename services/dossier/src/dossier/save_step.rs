//! Saving a step of the form.

use chassis::refusal::Refusal;
use chassis::write::{At, Command, Decided, Stream};
use uuid::Uuid;

use super::{Dossier, Hand, Named};
use crate::supplement::closed;

/// Saves answers that were checked and sealed.
#[derive(Clone, Debug)]
pub struct SaveStep {
    /// The dossier.
    pub id: Uuid,
    /// Who calls.
    pub hand: Hand,
    /// The etag it was read with; empty asks nothing.
    pub etag: String,
    /// The step's number.
    pub step: u8,
    /// Its answers, sealed.
    pub sealed: Vec<u8>,
    /// The open supplement that they were checked by; none for a draft.
    pub supplement: Option<u8>,
}

impl Command for SaveStep {
    const NAME: &'static str = "SaveStep";
    type Root = Dossier;
    type Answer = Named;

    fn stream(&self) -> Stream {
        Stream(self.id)
    }

    fn decide(
        &self,
        before: Option<&Dossier>,
        (): &(),
        at: &mut At<'_>,
    ) -> Result<Decided<Dossier, Named>, Refusal> {
        let after = match self.supplement {
            None => {
                let draft = Dossier::draft_of(before, &self.hand, &self.etag)?;
                let mut draft = draft.kept_from_now(at);
                draft.saved_steps.insert(self.step, self.sealed.clone());
                draft
            }
            Some(number) => {
                let dossier = Dossier::open_in(before, &self.hand, at.now)?;
                let mut dossier = dossier.as_read_with(&self.etag)?;
                let open = dossier.open_supplement(at.now).map(|open| open.number);
                if open != Some(number) {
                    return Err(closed());
                }
                dossier.pending_steps.insert(self.step, self.sealed.clone());
                dossier
            }
        };
        Ok(Decided::quiet(after, Named { id: self.id }))
    }
}
