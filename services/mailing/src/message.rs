//! The proof that a message was sent.

use chassis::refusal::Refusal;
use chassis::write::{At, Command, Decided, Root, Stream};
use jiff::Timestamp;
use uuid::Uuid;

/// A message that a gateway took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The request's id.
    pub id: Uuid,
    /// What it said, by the template's id.
    pub template: String,
    /// When the gateway took it.
    pub sent_at: Timestamp,
}

impl Root for Message {
    type Rules = ();
    type Wants = ();
    type Fact = Sent;
}

/// A gateway took a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent(pub Message);

/// Records that a gateway took a message; recorded once, whoever repeats it.
#[derive(Clone, Debug)]
pub struct RecordSending {
    /// The request's id.
    pub id: Uuid,
    /// What the message said, by the template's id.
    pub template: &'static str,
}

impl Command for RecordSending {
    const NAME: &'static str = "RecordSending";
    type Root = Message;
    type Answer = ();

    fn stream(&self) -> Stream {
        Stream(self.id)
    }

    fn decide(
        &self,
        before: Option<&Message>,
        (): &(),
        at: &mut At<'_>,
    ) -> Result<Decided<Message, ()>, Refusal> {
        if let Some(recorded) = before {
            return Ok(Decided::quiet(recorded.clone(), ()));
        }
        let after = Message { id: self.id, template: self.template.into(), sent_at: at.now };
        Ok(Decided { facts: vec![Sent(after.clone())], after, answer: () })
    }
}
