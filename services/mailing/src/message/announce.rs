//! A fact that the owner of a dossier is to be told.

use chassis::refusal::Refusal;
use chassis::write::{At, Command, Decided, Stream};
use uuid::Uuid;

use super::{Message, Messages, Notice};
use crate::jobs::Telling;

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
    type Root = Messages;
    type Answer = ();

    fn stream(&self) -> Stream {
        Stream(self.dossier)
    }

    fn decide(
        &self,
        before: Option<&Messages>,
        (): &(),
        at: &mut At<'_>,
    ) -> Result<Decided<Messages, ()>, Refusal> {
        let id = at.id();
        let mut after = before.cloned().unwrap_or_default();
        after.0.push(Message {
            id,
            template: self.notice.template().into(),
            cause: self.cause.clone(),
            made_at: at.now,
            sent: None,
        });
        at.schedule(id, &Telling { dossier: self.dossier, notice: self.notice.clone() });
        Ok(Decided::quiet(after, ()))
    }
}
