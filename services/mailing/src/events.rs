//! Facts as messages, and what people are told of others' facts.

use chassis::clock::{instant, timestamp};
use chassis::events::{Event, Reactions};
use chassis::write::{Door, Outgoing};
use proto::motcua::mailing::v1::MessageSent;
use proto::motcua::workflow::v1::DossierAccepted;

use crate::message::{Announce, Notice, Sent};
use crate::store::MessageStore;

/// What mailing does about workflow's facts.
pub fn of_workflow(door: &Door<MessageStore>) -> Reactions {
    Reactions::to("workflow", door).on(door, accepted)
}

fn accepted(fact: DossierAccepted, event: &Event) -> Result<Option<Announce>, &'static str> {
    let code = fact.dossier.ok_or("dossier is missing")?.code;
    let due_at = fact.due_time.and_then(instant).ok_or("due_time is missing or no instant")?;
    Ok(Some(Announce {
        dossier: event.stream.0,
        cause: format!("{}/events/{}", event.source, event.id),
        notice: Notice::DossierAccepted { code, due_at },
    }))
}

/// A fact as the message to publish.
pub fn message(sent: &Sent) -> Outgoing {
    let name = format!("messages/{}", sent.id);
    let fact = MessageSent {
        message: name.clone(),
        template: sent.template.clone(),
        send_time: Some(timestamp(sent.at)),
    };
    Outgoing::of(&fact, &name, "")
}
