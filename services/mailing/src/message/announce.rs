//! A fact that the owner of a dossier is to be told.

use chassis::refusal::Refusal;
use chassis::write::{At, Command, Decided, Stream};
use uuid::Uuid;

use super::Notice;
use crate::mail::Mail;

/// Puts a message on record and has it sent.
#[derive(Clone, Debug)]
pub struct Announce {
    /// The dossier.
    pub dossier: Uuid,
    /// The event it follows from, for example `workflow/events/{uuid}`.
    pub cause: String,
    /// What there is to tell.
    pub notice: Notice,
}

impl Command for Announce {
    const NAME: &'static str = "Announce";
    type Root = Mail;
    type Answer = ();

    fn stream(&self) -> Stream {
        Stream(self.dossier)
    }

    fn decide(
        &self,
        before: Option<&Mail>,
        (): &(),
        at: &mut At<'_>,
    ) -> Result<Decided<Mail, ()>, Refusal> {
        let mut after = before.cloned().unwrap_or_default();
        after.tell(self.dossier, &self.cause, self.notice.clone(), at);
        Ok(Decided::quiet(after, ()))
    }
}
