//! The end of a sending.

use chassis::refusal::{Kind, Refusal};
use chassis::write::{At, Command, Decided, Stream};
use uuid::Uuid;

use super::{Messages, Sending, Sent};

/// Records that the gateway took a message about a dossier.
#[derive(Clone, Debug)]
pub struct ConfirmSending {
    /// The dossier.
    pub dossier: Uuid,
    /// The message.
    pub id: Uuid,
    /// At which attempt, from 1.
    pub attempt: i32,
}

impl Command for ConfirmSending {
    const NAME: &'static str = "ConfirmSending";
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
        let mut after = before.cloned().unwrap_or_default();
        let found = after.0.iter_mut().find(|message| message.id == self.id);
        let message = found.ok_or_else(no_such_message)?;
        message.sent = Some(Sending { at: at.now, attempt: self.attempt });
        let fact = Sent { id: self.id, template: message.template.clone(), at: at.now };
        Ok(Decided { after, facts: vec![fact], answer: () })
    }
}

/// A job is scheduled in the commit that makes its message.
fn no_such_message() -> Refusal {
    Refusal::new(
        Kind::Precondition,
        "MESSAGE_NOT_FOUND",
        "Không có tin nhắn này.",
        "There is no such message.",
    )
}
