//! What follows from others' facts. A fact that lacks what it must say, or says it with a number we do not know, is poison: passing it by
//! would lose what it tells.

use chassis::clock::instant;
use chassis::events::{Event, Reactions};
use chassis::write::Door;
use jiff::Timestamp;
use prost_types::Timestamp as Wire;
use proto::motcua::dossier::v1::{ActorKind, EntryKind};
use proto::motcua::feedback::v1::{RatingGiven, RatingInvited};
use proto::motcua::mailing::v1::{
    ScanKind, ShipmentDelivered, ShipmentPosted, ShipmentReturned, ShipmentScanned,
};
use proto::motcua::payment::v1::{
    InvoiceCancelled, InvoiceExpired, InvoiceIssued, InvoicePaid, TransferRefunded,
    TransferUnmatched,
};
use proto::motcua::r#type::v1::{DossierStatus, ReturnWay};
use proto::motcua::workflow::v1::{
    ClockPaused, ClockResumed, FeeFellDue, NumberAssigned, NumberDrawn, PauseReason, ResultIssued,
    ResultReturned, TaskClosed, WithdrawalGranted,
};

use super::decisions;
use crate::dossier::{Change, Follow};
use crate::store::DossierStore;
use crate::timeline::{Action, ActionKind, Happening};

/// What follows from a fact, or why it is poison.
type Reaction = Result<Option<Follow>, &'static str>;

/// What dossier does about others' facts.
pub fn reactions(door: &Door<DossierStore>) -> Vec<Reactions> {
    vec![of_workflow(door), of_payment(door), of_mailing(door), of_feedback(door)]
}

fn of_workflow(door: &Door<DossierStore>) -> Reactions {
    Reactions::to("workflow", door)
        .on(door, decisions::accepted)
        .on(door, decisions::refused)
        .on(door, decisions::supplement_requested)
        .on(door, decisions::stopped)
        .on(door, decisions::late)
        .on(door, decisions::withdrawal_denied)
        .on(door, withdrawal_granted)
        .on(door, task_closed)
        .on(door, fee_fell_due)
        .on(door, clock_paused)
        .on(door, clock_resumed)
        .on(door, number_drawn)
        .on(door, number_assigned)
        .on(door, result_issued)
        .on(door, result_returned)
}

fn of_payment(door: &Door<DossierStore>) -> Reactions {
    Reactions::to("payment", door)
        .on(door, invoice_issued)
        .on(door, invoice_paid)
        .on(door, invoice_expired)
        .on(door, invoice_cancelled)
        .on(door, transfer_set_aside)
        .on(door, transfer_refunded)
}

fn of_mailing(door: &Door<DossierStore>) -> Reactions {
    Reactions::to("mailing", door)
        .on(door, shipment_posted)
        .on(door, shipment_scanned)
        .on(door, shipment_delivered)
        .on(door, shipment_returned)
}

fn of_feedback(door: &Door<DossierStore>) -> Reactions {
    Reactions::to("feedback", door).on(door, rating_invited).on(door, rating_given)
}

/// Before acceptance nobody had to grant it: then it was its owner's doing.
fn withdrawal_granted(fact: WithdrawalGranted, event: &Event) -> Reaction {
    let by = if fact.officer.is_empty() { ActorKind::Citizen } else { ActorKind::Officer };
    let happening = Happening::new(EntryKind::Withdrawn, at(fact.grant_time)?, by);
    decided(fact.status_after, event, happening, Change::WithdrawalDecided)
}

fn task_closed(fact: TaskClosed, event: &Event) -> Reaction {
    let happening = Happening::new(EntryKind::TaskClosed, event.time, who(event)).about(fact.task);
    decided(fact.status_after, event, happening, Change::Nothing)
}

/// The obligation's invoice has its id; the pause that comes with it is a fact of its own.
fn fee_fell_due(fact: FeeFellDue, event: &Event) -> Reaction {
    let happening = Happening::new(EntryKind::FeeFellDue, at(fact.fall_due_time)?, SYSTEM)
        .about(format!("invoices/{}", fact.obligation));
    decided(fact.status_after, event, happening, Change::Nothing)
}

fn clock_paused(fact: ClockPaused, event: &Event) -> Reaction {
    let case = format!("cases/{}", event.stream.0);
    let (kind, waits_for) = match fact.reason() {
        PauseReason::Unspecified => return Err("reason is unspecified or unknown"),
        PauseReason::Supplement => (EntryKind::PausedForSupplement, None),
        PauseReason::Payment => (EntryKind::PausedForPayment, None),
        PauseReason::CitizenStep => {
            (EntryKind::PausedForCitizenStep, Some(Action::on(ActionKind::DrawNumber, case)))
        }
        PauseReason::Stopped => (EntryKind::PausedByStop, None),
    };
    let happening = Happening::new(kind, at(fact.pause_time)?, SYSTEM);
    decided(fact.status_after, event, happening, Change::Paused(waits_for))
}

fn clock_resumed(fact: ClockResumed, event: &Event) -> Reaction {
    let due_at = fact.due_time.map(|due| at(Some(due))).transpose()?;
    let happening = Happening::new(EntryKind::Resumed, at(fact.resume_time)?, SYSTEM);
    decided(fact.status_after, event, happening, Change::Resumed(due_at))
}

fn number_drawn(fact: NumberDrawn, event: &Event) -> Reaction {
    let happening =
        Happening::new(EntryKind::NumberDrawn, event.time, ActorKind::Citizen).about(fact.draw);
    noted(event, happening, Change::Closes(ActionKind::DrawNumber))
}

fn number_assigned(fact: NumberAssigned, event: &Event) -> Reaction {
    let happening = Happening::new(EntryKind::NumberAssigned, event.time, SYSTEM).about(fact.draw);
    noted(event, happening, Change::Nothing)
}

fn result_issued(fact: ResultIssued, event: &Event) -> Reaction {
    way(fact.return_way)?;
    let happening = Happening::new(EntryKind::ResultIssued, at(fact.issue_time)?, who(event));
    decided(fact.status_after, event, happening, Change::Nothing)
}

fn result_returned(fact: ResultReturned, event: &Event) -> Reaction {
    let actor = match way(fact.return_way)? {
        ReturnWay::Post => ActorKind::Carrier,
        _ => who(event),
    };
    let happening = Happening::new(EntryKind::ResultReturned, at(fact.return_time)?, actor);
    decided(fact.status_after, event, happening, Change::Nothing)
}

fn invoice_issued(fact: InvoiceIssued, event: &Event) -> Reaction {
    let until = at(fact.expire_time)?;
    let happening = Happening::new(EntryKind::InvoiceIssued, at(fact.issue_time)?, SYSTEM)
        .about(fact.invoice.clone())
        .numbered(fact.number.clone());
    let pay = Action {
        kind: ActionKind::Pay,
        resource: fact.invoice,
        number: fact.number,
        until: Some(until),
    };
    noted(event, happening, Change::Opens(pay))
}

fn invoice_paid(fact: InvoicePaid, event: &Event) -> Reaction {
    let happening = Happening::new(EntryKind::InvoicePaid, at(fact.pay_time)?, ActorKind::Bank)
        .about(fact.invoice)
        .numbered(fact.receipt_number);
    noted(event, happening, Change::Closes(ActionKind::Pay))
}

fn invoice_expired(fact: InvoiceExpired, event: &Event) -> Reaction {
    let happening = Happening::new(EntryKind::InvoiceExpired, at(fact.expire_time)?, SYSTEM)
        .about(fact.invoice);
    noted(event, happening, Change::Closes(ActionKind::Pay))
}

fn invoice_cancelled(fact: InvoiceCancelled, event: &Event) -> Reaction {
    let happening = Happening::new(EntryKind::InvoiceCancelled, at(fact.cancel_time)?, SYSTEM)
        .about(fact.invoice);
    noted(event, happening, Change::Closes(ActionKind::Pay))
}

/// Money that names no invoice concerns no dossier.
fn transfer_set_aside(fact: TransferUnmatched, event: &Event) -> Reaction {
    if fact.dossier.is_none() {
        return Ok(None);
    }
    let happening =
        Happening::new(EntryKind::TransferSetAside, at(fact.pay_time)?, ActorKind::Bank)
            .about(fact.transfer);
    noted(event, happening, Change::Nothing)
}

fn transfer_refunded(fact: TransferRefunded, event: &Event) -> Reaction {
    if fact.dossier.is_none() {
        return Ok(None);
    }
    let happening = Happening::new(EntryKind::TransferRefunded, at(fact.refund_time)?, who(event))
        .about(fact.transfer);
    noted(event, happening, Change::Nothing)
}

fn shipment_posted(fact: ShipmentPosted, event: &Event) -> Reaction {
    let happening = parcel(EntryKind::ShipmentPosted, fact.post_time, &fact.shipment)?
        .numbered(fact.item_number.clone());
    let follow = Action {
        number: fact.item_number,
        ..Action::on(ActionKind::FollowShipment, fact.shipment)
    };
    noted(event, happening, Change::Opens(follow))
}

fn shipment_scanned(fact: ShipmentScanned, event: &Event) -> Reaction {
    let kind = match fact.kind() {
        ScanKind::Unspecified => return Err("kind is unspecified or unknown"),
        ScanKind::Accepted => EntryKind::ShipmentTakenOver,
        ScanKind::InTransit => EntryKind::ShipmentInTransit,
        ScanKind::OutForDelivery => EntryKind::ShipmentOutForDelivery,
        ScanKind::Attempted => EntryKind::ShipmentAttempted,
        // Mailing says these by facts of their own.
        ScanKind::Delivered | ScanKind::Returned => return Ok(None),
    };
    noted(event, parcel(kind, fact.scan_time, &fact.shipment)?, Change::Nothing)
}

fn shipment_delivered(fact: ShipmentDelivered, event: &Event) -> Reaction {
    let happening = parcel(EntryKind::ShipmentDelivered, fact.deliver_time, &fact.shipment)?;
    noted(event, happening, Change::Closes(ActionKind::FollowShipment))
}

fn shipment_returned(fact: ShipmentReturned, event: &Event) -> Reaction {
    let happening = parcel(EntryKind::ShipmentReturned, fact.return_time, &fact.shipment)?;
    noted(event, happening, Change::Closes(ActionKind::FollowShipment))
}

fn rating_invited(fact: RatingInvited, event: &Event) -> Reaction {
    let until = Some(at(fact.expire_time)?);
    let happening = Happening::new(EntryKind::RatingInvited, at(fact.invite_time)?, SYSTEM)
        .about(fact.rating.clone());
    let rate = Action { until, ..Action::on(ActionKind::RateDossier, fact.rating) };
    noted(event, happening, Change::Opens(rate))
}

fn rating_given(fact: RatingGiven, event: &Event) -> Reaction {
    let happening = Happening::new(EntryKind::RatingGiven, at(fact.give_time)?, ActorKind::Citizen)
        .about(fact.rating);
    noted(event, happening, Change::Closes(ActionKind::RateDossier))
}

pub(super) const SYSTEM: ActorKind = ActorKind::System;

/// What follows from a fact of workflow, which says where the dossier stands.
pub(super) fn decided(
    status_after: i32,
    event: &Event,
    happening: Happening,
    change: Change,
) -> Reaction {
    let status = DossierStatus::try_from(status_after).unwrap_or_default();
    if status == DossierStatus::Unspecified {
        return Err("status_after is unspecified or unknown");
    }
    Ok(Some(Follow { id: event.stream.0, status: Some(status), happening, change }))
}

/// What follows from a fact that leaves the dossier where it stands.
fn noted(event: &Event, happening: Happening, change: Change) -> Reaction {
    Ok(Some(Follow { id: event.stream.0, status: None, happening, change }))
}

fn parcel(kind: EntryKind, time: Option<Wire>, shipment: &str) -> Result<Happening, &'static str> {
    Ok(Happening::new(kind, at(time)?, ActorKind::Carrier).about(shipment.into()))
}

pub(super) fn at(time: Option<Wire>) -> Result<Timestamp, &'static str> {
    time.and_then(instant).ok_or("a time is missing or malformed")
}

fn way(number: i32) -> Result<ReturnWay, &'static str> {
    let known = ReturnWay::try_from(number).ok().filter(|way| *way != ReturnWay::Unspecified);
    known.ok_or("return_way is unspecified or unknown")
}

/// What sort of party caused a fact, by the shape of its resource name.
pub(super) fn who(event: &Event) -> ActorKind {
    match event.actor.split('/').collect::<Vec<_>>()[..] {
        ["accounts", _] => ActorKind::Citizen,
        ["agencies", _, "officers", _] => ActorKind::Officer,
        _ => SYSTEM,
    }
}
