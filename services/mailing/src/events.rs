//! Facts as messages.

use chassis::clock::timestamp;
use chassis::write::Outgoing;
use proto::motcua::mailing::v1::MessageSent;

use crate::message::Sent;

/// A fact as the message to publish.
pub fn message(Sent(message): &Sent) -> Outgoing {
    let name = format!("messages/{}", message.id);
    let sent = MessageSent {
        message: name.clone(),
        template: message.template.clone(),
        send_time: Some(timestamp(message.sent_at)),
    };
    Outgoing::of(&sent, &name, "")
}
