//! A one-time code, on record once it was sent.

use chassis::refusal::Refusal;
use chassis::write::{At, Command, Decided, Stream};
use uuid::Uuid;

use super::{Channel, Message, ONE_TIME_CODE, Sending, Sent};
use crate::mail::{Fact, Mail};

/// Records that a gateway took a one-time code; recorded once, whoever repeats it.
#[derive(Clone, Debug)]
pub struct RecordCode {
    /// The request's id.
    pub id: Uuid,
}

impl Command for RecordCode {
    const NAME: &'static str = "RecordCode";
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
            template: ONE_TIME_CODE.into(),
            cause: format!("requests/{}", self.id),
            made_at: at.now,
            sent: Some(Sending { at: at.now, attempt: 1, channel: Channel::Sms }),
        };
        let fact = Sent { id: self.id, template: ONE_TIME_CODE.into(), at: at.now };
        let after = Mail { messages: vec![message], shipment: None };
        Ok(Decided { after, facts: vec![Fact::Sent(fact)], answer: () })
    }
}
