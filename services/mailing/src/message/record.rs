//! A message that somebody had sent within a call, on record once it was.

use chassis::refusal::Refusal;
use chassis::write::{At, Command, Decided, Stream};
use uuid::Uuid;

use super::{Channel, Message, Sending, Sent};
use crate::mail::{Fact, Mail};

/// Records that a gateway took a message; recorded once, whoever repeats it.
#[derive(Clone, Debug)]
pub struct RecordSending {
    /// The request's id.
    pub id: Uuid,
    /// The template of what it said.
    pub template: &'static str,
}

impl Command for RecordSending {
    const NAME: &'static str = "RecordSending";
    type Root = Mail;
    type Answer = ();

    fn stream(&self) -> Stream {
        Stream(self.id)
    }

    fn decide(
        &self,
        before: Option<&Mail>,
        (): &(),
        at: &mut At<'_>,
    ) -> Result<Decided<Mail, ()>, Refusal> {
        if let Some(recorded) = before.filter(|mail| mail.message(self.id).is_some()) {
            return Ok(Decided::quiet(recorded.clone(), ()));
        }
        let message = Message {
            id: self.id,
            template: self.template.into(),
            cause: format!("requests/{}", self.id),
            made_at: at.now,
            sent: Some(Sending { at: at.now, attempt: 1, channel: Channel::Sms }),
        };
        let fact = Sent { id: self.id, template: self.template.into(), at: at.now };
        let after = Mail { messages: vec![message], shipment: None };
        Ok(Decided { after, facts: vec![Fact::Sent(fact)], answer: () })
    }
}
