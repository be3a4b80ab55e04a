//! What follows from others' facts.

#[cfg(test)]
mod tests;

use chassis::clock::instant;
use chassis::events::{Event, Reactions};
use chassis::names;
use chassis::write::Door;
use proto::motcua::dossier::v1::{
    DossierSubmitted, DossierSupplemented, SupplementLapsed, WithdrawalRequested,
};
use proto::motcua::mailing::v1::{ShipmentDelivered, ShipmentReturned};
use proto::motcua::payment::v1::{InvoiceExpired, InvoicePaid};
use proto::motcua::r#type::v1::{Channel, LegalLimit, ReturnWay};
use uuid::Uuid;

use super::limit;
use crate::case::{
    DeliverParcel, LapseFee, LapseSupplement, OpenCase, PayFee, TakeParcelBack, TakeSupplement,
    TakeWithdrawal,
};
use crate::store::CaseStore;
use crate::working_time::Limit;

/// What workflow does about dossier's facts.
pub fn of_dossier(door: &Door<CaseStore>) -> Reactions {
    Reactions::to("dossier", door)
        .on(door, submitted)
        .on(door, supplemented)
        .on(door, supplement_lapsed)
        .on(door, withdrawal_requested)
}

/// What workflow does about payment's facts.
pub fn of_payment(door: &Door<CaseStore>) -> Reactions {
    Reactions::to("payment", door).on(door, paid).on(door, expired)
}

/// What workflow does about mailing's facts.
pub fn of_mailing(door: &Door<CaseStore>) -> Reactions {
    Reactions::to("mailing", door).on(door, delivered).on(door, came_back)
}

fn paid(fact: InvoicePaid, event: &Event) -> Result<Option<PayFee>, &'static str> {
    Ok(Some(PayFee {
        id: event.stream.0,
        obligation: obligation(&fact.invoice)?,
        paid_at: fact.pay_time.and_then(instant).ok_or("pay_time is no instant")?,
    }))
}

fn expired(fact: InvoiceExpired, event: &Event) -> Result<Option<LapseFee>, &'static str> {
    Ok(Some(LapseFee {
        id: event.stream.0,
        obligation: obligation(&fact.invoice)?,
        lapsed_at: fact.expire_time.and_then(instant).ok_or("expire_time is no instant")?,
    }))
}

fn obligation(invoice: &str) -> Result<Uuid, &'static str> {
    names::id("invoices", invoice, "invoice").map_err(|_| "invoice is no name of an invoice")
}

fn delivered(
    fact: ShipmentDelivered,
    event: &Event,
) -> Result<Option<DeliverParcel>, &'static str> {
    let delivered_at = fact.deliver_time.and_then(instant).ok_or("deliver_time is no instant")?;
    Ok(Some(DeliverParcel { id: event.stream.0, delivered_at }))
}

fn came_back(_: ShipmentReturned, event: &Event) -> Result<Option<TakeParcelBack>, &'static str> {
    Ok(Some(TakeParcelBack { id: event.stream.0 }))
}

fn submitted(fact: DossierSubmitted, event: &Event) -> Result<Option<OpenCase>, &'static str> {
    let dossier = fact.dossier.ok_or("dossier is missing")?;
    Ok(Some(OpenCase {
        id: event.stream.0,
        channel: channel(dossier.channel).ok_or("channel is missing or unknown")?,
        code: dossier.code,
        procedure: dossier.procedure,
        agency: dossier.agency,
        limit: sound(fact.legal_limit).ok_or("legal_limit is missing, unknown or out of bounds")?,
        return_way: return_way(fact.return_way).ok_or("return_way is missing or unknown")?,
        submitted_at: event.time,
    }))
}

fn supplemented(
    fact: DossierSupplemented,
    event: &Event,
) -> Result<Option<TakeSupplement>, &'static str> {
    Ok(Some(TakeSupplement {
        id: event.stream.0,
        number: counted(fact.number)?,
        answered_at: fact.answer_time.and_then(instant).ok_or("answer_time is no instant")?,
        return_way: return_way(fact.return_way).ok_or("return_way is missing or unknown")?,
    }))
}

fn supplement_lapsed(
    fact: SupplementLapsed,
    event: &Event,
) -> Result<Option<LapseSupplement>, &'static str> {
    Ok(Some(LapseSupplement {
        id: event.stream.0,
        number: counted(fact.number)?,
        lapsed_at: fact.lapse_time.and_then(instant).ok_or("lapse_time is no instant")?,
    }))
}

fn withdrawal_requested(
    _: WithdrawalRequested,
    event: &Event,
) -> Result<Option<TakeWithdrawal>, &'static str> {
    Ok(Some(TakeWithdrawal { id: event.stream.0 }))
}

/// A number that counts from 1.
fn counted(number: i32) -> Result<usize, &'static str> {
    usize::try_from(number).ok().filter(|number| *number > 0).ok_or("number does not count from 1")
}

/// A legal limit that a date can be counted by.
fn sound(told: Option<LegalLimit>) -> Option<Limit> {
    told.and_then(limit).filter(|limit| limit.check().is_ok())
}

fn channel(number: i32) -> Option<Channel> {
    Channel::try_from(number).ok().filter(|channel| *channel != Channel::Unspecified)
}

fn return_way(number: i32) -> Option<ReturnWay> {
    ReturnWay::try_from(number).ok().filter(|way| *way != ReturnWay::Unspecified)
}
