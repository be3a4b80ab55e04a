//! Facts as messages, and what follows from workflow's facts.

use chassis::clock::{instant, timestamp};
use chassis::events::{Event, Reactions};
use chassis::write::{Door, Outgoing};
use jiff::civil::Date;
use proto::motcua::dossier::v1::{
    DocumentAdded, DocumentKind, DossierStatusChanged, DossierSubmitted,
};
use proto::motcua::r#type::v1::{DossierRef, DossierStatus};
use proto::motcua::workflow::v1::{
    ClockPaused, ClockResumed, DossierAccepted, FeeFellDue, TaskClosed,
};
use uuid::Uuid;

use crate::document::{AcceptanceSlip, Content, TakeAcceptance};
use crate::dossier::{Dossier, Fact, FollowCase};
use crate::store::DossierStore;

/// What dossier does about workflow's facts.
pub fn of_workflow(door: &Door<DossierStore>) -> Reactions {
    Reactions::to("workflow", door)
        .on(door, accepted)
        .on(door, task_closed)
        .on(door, fee_fell_due)
        .on(door, clock_paused)
        .on(door, clock_resumed)
}

fn accepted(fact: DossierAccepted, event: &Event) -> Result<Option<TakeAcceptance>, &'static str> {
    let follow = follow(fact.status_after, event)?;
    let slip = AcceptanceSlip {
        accepted_at: fact.accept_time.and_then(instant).unwrap_or(event.time),
        received_on: fact.receipt_day.map(day).transpose()?,
        due_at: fact.due_time.and_then(instant),
        fees: fact.fees.iter().filter_map(|fee| Some(fee.amount.as_ref()?.units)).collect(),
    };
    Ok(follow.map(|follow| TakeAcceptance { follow, slip, officer: fact.officer }))
}

fn day(date: proto::google::r#type::Date) -> Result<Date, &'static str> {
    let small = |number: i32| i8::try_from(number).unwrap_or_default();
    let year = i16::try_from(date.year).unwrap_or_default();
    Date::new(year, small(date.month), small(date.day)).map_err(|_| "receipt_day is no day")
}

fn task_closed(fact: TaskClosed, event: &Event) -> Result<Option<FollowCase>, &'static str> {
    follow(fact.status_after, event)
}

fn fee_fell_due(fact: FeeFellDue, event: &Event) -> Result<Option<FollowCase>, &'static str> {
    follow(fact.status_after, event)
}

fn clock_paused(fact: ClockPaused, event: &Event) -> Result<Option<FollowCase>, &'static str> {
    follow(fact.status_after, event)
}

fn clock_resumed(fact: ClockResumed, event: &Event) -> Result<Option<FollowCase>, &'static str> {
    follow(fact.status_after, event)
}

fn follow(status_after: i32, event: &Event) -> Result<Option<FollowCase>, &'static str> {
    let status = DossierStatus::try_from(status_after).map_err(|_| "status_after is unknown")?;
    Ok(Some(FollowCase { id: event.stream.0, status, at: event.time }))
}

/// A fact as the message to publish.
pub fn message(fact: &Fact) -> Outgoing {
    match fact {
        Fact::Submitted { dossier, limit } => {
            let message = DossierSubmitted {
                dossier: Some(reference(dossier)),
                submit_time: dossier.submitted_at.map(timestamp),
                legal_limit: Some(*limit),
                return_way: 0,
            };
            Outgoing::of(&message, &name(dossier), &dossier.agency)
        }
        Fact::StatusChanged { dossier, before, at } => {
            let message = DossierStatusChanged {
                dossier: Some(reference(dossier)),
                before: (*before).into(),
                after: dossier.status.into(),
                change_time: Some(timestamp(*at)),
            };
            Outgoing::of(&message, &name(dossier), &dossier.agency)
        }
        Fact::DocumentAdded { dossier, document } => {
            let message = DocumentAdded {
                dossier: Some(reference(dossier)),
                document: document_name(dossier.id, document.id),
                kind: kind(&document.content).into(),
                add_time: Some(timestamp(document.added_at)),
            };
            Outgoing::of(&message, &message.document, &dossier.agency)
        }
    }
}

/// What a document is, in the contract.
pub fn kind(content: &Content) -> DocumentKind {
    match content {
        Content::AcceptanceSlip(_) => DocumentKind::AcceptanceSlip,
        Content::Result(_) => DocumentKind::Result,
    }
}

/// A document's resource name.
pub fn document_name(dossier: Uuid, id: Uuid) -> String {
    format!("dossiers/{dossier}/documents/{id}")
}

/// A dossier's resource name.
pub fn name(dossier: &Dossier) -> String {
    format!("dossiers/{}", dossier.id)
}

/// The resource name of the procedure version a dossier is under.
pub fn procedure(dossier: &Dossier) -> String {
    format!("procedures/{}/versions/{}", dossier.procedure, dossier.version)
}

fn reference(dossier: &Dossier) -> DossierRef {
    DossierRef {
        name: name(dossier),
        code: dossier.code.as_ref().map(ToString::to_string).unwrap_or_default(),
        procedure: procedure(dossier),
        agency: dossier.agency.clone(),
        channel: dossier.channel.into(),
    }
}
