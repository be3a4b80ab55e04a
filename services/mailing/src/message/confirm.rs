//! The end of a sending.

use chassis::refusal::{Kind, Refusal};
use chassis::write::{At, Command, Decided, Stream};
use uuid::Uuid;

use super::{Channel, Sending, Sent};
use crate::mail::{Fact, Mail};

/// Records that a gateway took a message about a dossier, or that there is no way for it to go.
#[derive(Clone, Debug)]
pub struct ConfirmSending {
    /// The dossier.
    pub dossier: Uuid,
    /// The message.
    pub id: Uuid,
    /// At which attempt, from 1.
    pub attempt: i32,
    /// By which way; none where the owner has neither telephone nor mailbox and hears of it at the counter.
    pub channel: Option<Channel>,
}

impl Command for ConfirmSending {
    const NAME: &'static str = "ConfirmSending";
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
        let found = after.messages.iter_mut().find(|message| message.id == self.id);
        let message = found.ok_or_else(no_such_message)?;
        let Some(channel) = self.channel else { return Ok(Decided::quiet(after, ())) };
        message.sent = Some(Sending { at: at.now, attempt: self.attempt, channel });
        let fact = Sent { id: self.id, template: message.template.clone(), at: at.now };
        Ok(Decided { after, facts: vec![Fact::Sent(fact)], answer: () })
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
