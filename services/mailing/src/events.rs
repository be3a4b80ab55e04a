//! Facts as messages, and what follows from others' facts.

use chassis::clock::{instant, timestamp};
use chassis::events::{Event, Reactions, known};
use chassis::write::{Door, Outgoing};
use jiff::Timestamp;
use proto::google::r#type::Money;
use proto::motcua::feedback::v1::RatingInvited;
use proto::motcua::mailing::v1::{
    MessageSent, ShipmentDelivered, ShipmentPosted, ShipmentReturned, ShipmentScanned,
};
use proto::motcua::payment::v1::{
    InvoiceIssued, TransferRefunded, TransferUnmatched, UnmatchedReason,
};
use proto::motcua::r#type::v1::DossierRef;
use proto::motcua::workflow::v1::{
    CaseLate, CaseStopped, DossierAccepted, DossierRefused, ResultIssued, SupplementRequested,
    WithdrawalDenied, WithdrawalGranted,
};

use crate::mail::Fact;
use crate::message::{Announce, Misfit, Notice, Sent};
use crate::shipment::{Dossier, Parcel, SendResult};
use crate::store::MailStore;

/// What mailing does about workflow's facts.
pub fn of_workflow(door: &Door<MailStore>) -> Reactions {
    Reactions::to("workflow", door)
        .on(door, accepted)
        .on(door, refused)
        .on(door, supplement_requested)
        .on(door, stopped)
        .on(door, late)
        .on(door, withdrawn)
        .on(door, withdrawal_denied)
        .on(door, issued)
}

/// What mailing does about payment's facts.
pub fn of_payment(door: &Door<MailStore>) -> Reactions {
    Reactions::to("payment", door).on(door, fee_due).on(door, set_aside).on(door, refunded)
}

/// What mailing does about feedback's facts.
pub fn of_feedback(door: &Door<MailStore>) -> Reactions {
    Reactions::to("feedback", door).on(door, invited)
}

fn accepted(fact: DossierAccepted, event: &Event) -> Result<Option<Announce>, &'static str> {
    let code = fact.dossier.ok_or("dossier is missing")?.code;
    let due_at = fact.due_time.and_then(instant).ok_or("due_time is missing or no instant")?;
    Ok(Some(announce(event, Notice::DossierAccepted { code, due_at })))
}

fn refused(fact: DossierRefused, event: &Event) -> Result<Option<Announce>, &'static str> {
    let code = fact.dossier.ok_or("dossier is missing")?.code;
    Ok(Some(announce(event, Notice::DossierRefused { code })))
}

fn supplement_requested(
    fact: SupplementRequested,
    event: &Event,
) -> Result<Option<Announce>, &'static str> {
    let code = fact.dossier.ok_or("dossier is missing")?.code;
    let expires_at = until(fact.expire_time)?;
    Ok(Some(announce(event, Notice::SupplementRequested { code, expires_at })))
}

fn stopped(fact: CaseStopped, event: &Event) -> Result<Option<Announce>, &'static str> {
    let code = fact.dossier.ok_or("dossier is missing")?.code;
    Ok(Some(announce(event, Notice::CaseStopped { code })))
}

fn late(fact: CaseLate, event: &Event) -> Result<Option<Announce>, &'static str> {
    let code = fact.dossier.ok_or("dossier is missing")?.code;
    let notice = match fact.new_due_time {
        Some(due) => {
            let due_at = instant(due).ok_or("new_due_time is no instant")?;
            Notice::ResultPutOff { code, due_at }
        }
        None => Notice::ResultLate { code },
    };
    Ok(Some(announce(event, notice)))
}

fn withdrawn(fact: WithdrawalGranted, event: &Event) -> Result<Option<Announce>, &'static str> {
    let code = fact.dossier.ok_or("dossier is missing")?.code;
    Ok(Some(announce(event, Notice::WithdrawalGranted { code })))
}

fn withdrawal_denied(
    fact: WithdrawalDenied,
    event: &Event,
) -> Result<Option<Announce>, &'static str> {
    let code = fact.dossier.ok_or("dossier is missing")?.code;
    Ok(Some(announce(event, Notice::WithdrawalDenied { code })))
}

fn fee_due(fact: InvoiceIssued, event: &Event) -> Result<Option<Announce>, &'static str> {
    let code = fact.dossier.ok_or("dossier is missing")?.code;
    let total = dong(fact.total)?;
    let expires_at = until(fact.expire_time)?;
    let notice = Notice::InvoiceIssued { code, number: fact.number, total, expires_at };
    Ok(Some(announce(event, notice)))
}

/// Money that names no invoice concerns nobody we know.
fn set_aside(fact: TransferUnmatched, event: &Event) -> Result<Option<Announce>, &'static str> {
    let (reason, amount) = (fact.reason(), dong(fact.amount)?);
    let Some(dossier) = fact.dossier else { return Ok(None) };
    let code = dossier.code;
    let notice = match reason {
        UnmatchedReason::Unspecified => return Err("reason is unspecified or unknown"),
        UnmatchedReason::Unknown => return Ok(None),
        UnmatchedReason::Double | UnmatchedReason::Late => Notice::TransferNotOwed { code, amount },
        UnmatchedReason::Short | UnmatchedReason::Over => {
            let outstanding = dong(fact.outstanding)?;
            let misfit = Misfit { code, amount, outstanding, expires_at: until(fact.expire_time)? };
            let is_short = reason == UnmatchedReason::Short;
            if is_short { Notice::TransferShort(misfit) } else { Notice::TransferOver(misfit) }
        }
    };
    Ok(Some(announce(event, notice)))
}

fn refunded(fact: TransferRefunded, event: &Event) -> Result<Option<Announce>, &'static str> {
    let amount = dong(fact.amount)?;
    let code = fact.dossier.map(|dossier| dossier.code);
    Ok(code.map(|code| announce(event, Notice::TransferRefunded { code, amount })))
}

/// So many đồng.
fn dong(money: Option<Money>) -> Result<i64, &'static str> {
    let whole = money.filter(|money| money.currency_code == "VND" && money.nanos == 0);
    whole.map(|money| money.units).ok_or("an amount is missing or no whole VND")
}

fn invited(fact: RatingInvited, event: &Event) -> Result<Option<Announce>, &'static str> {
    let code = fact.dossier.ok_or("dossier is missing")?.code;
    let expires_at = until(fact.expire_time)?;
    Ok(Some(announce(event, Notice::RatingInvited { code, expires_at })))
}

fn issued(fact: ResultIssued, event: &Event) -> Result<Option<SendResult>, &'static str> {
    let way = known(fact.return_way, "return_way is unset or unknown")?;
    let dossier = fact.dossier.ok_or("dossier is missing")?;
    let dossier = Dossier {
        id: event.stream.0,
        channel: known(dossier.channel, "channel is unset or unknown")?,
        code: dossier.code,
        procedure: dossier.procedure,
        agency: dossier.agency,
    };
    Ok(Some(SendResult { dossier, way, cause: cause(event) }))
}

fn announce(event: &Event, notice: Notice) -> Announce {
    Announce { dossier: event.stream.0, cause: cause(event), notice }
}

fn cause(event: &Event) -> String {
    format!("{}/events/{}", event.source, event.id)
}

fn until(time: Option<prost_types::Timestamp>) -> Result<Timestamp, &'static str> {
    time.and_then(instant).ok_or("expire_time is missing or no instant")
}

/// A fact as the message to publish.
pub fn message(fact: &Fact) -> Outgoing {
    match fact {
        Fact::Sent(sent) => of_message(sent),
        Fact::Posted(parcel, at) => {
            let item_number = parcel.item_number.to_string();
            let (dossier, shipment) = (Some(reference(&parcel.dossier)), name(parcel));
            let post_time = Some(timestamp(*at));
            of_parcel(&ShipmentPosted { dossier, shipment, item_number, post_time }, parcel)
        }
        Fact::Scanned(parcel, kind, at) => {
            let (dossier, shipment) = (Some(reference(&parcel.dossier)), name(parcel));
            let (kind, scan_time) = ((*kind).into(), Some(timestamp(*at)));
            of_parcel(&ShipmentScanned { dossier, shipment, kind, scan_time }, parcel)
        }
        Fact::Delivered(parcel, at) => {
            let (dossier, shipment) = (Some(reference(&parcel.dossier)), name(parcel));
            let deliver_time = Some(timestamp(*at));
            of_parcel(&ShipmentDelivered { dossier, shipment, deliver_time }, parcel)
        }
        Fact::Returned(parcel, at) => {
            let (dossier, shipment) = (Some(reference(&parcel.dossier)), name(parcel));
            let return_time = Some(timestamp(*at));
            of_parcel(&ShipmentReturned { dossier, shipment, return_time }, parcel)
        }
    }
}

fn of_message(sent: &Sent) -> Outgoing {
    let name = format!("messages/{}", sent.id);
    let fact = MessageSent {
        message: name.clone(),
        template: sent.template.clone(),
        send_time: Some(timestamp(sent.at)),
    };
    Outgoing::of(&fact, &name, "")
}

fn of_parcel<M: prost::Message + prost::Name>(fact: &M, parcel: &Parcel) -> Outgoing {
    Outgoing::of(fact, &name(parcel), &parcel.dossier.agency)
}

/// A shipment's resource name.
pub fn name(parcel: &Parcel) -> String {
    format!("shipments/{}", parcel.dossier.id)
}

/// A dossier as every contract says it.
pub fn reference(dossier: &Dossier) -> DossierRef {
    DossierRef {
        name: format!("dossiers/{}", dossier.id),
        code: dossier.code.clone(),
        procedure: dossier.procedure.clone(),
        agency: dossier.agency.clone(),
        channel: dossier.channel.into(),
    }
}
