//! Facts as messages, and what follows from dossier's, payment's and mailing's facts.

#[cfg(test)]
mod tests;

use chassis::clock::{instant, timestamp};
use chassis::events::{Event, Reactions};
use chassis::names;
use chassis::write::{Door, Outgoing};
use jiff::Timestamp;
use jiff::civil;
use proto::google::r#type::{Date, Money};
use proto::motcua::dossier::v1::DossierSubmitted;
use proto::motcua::mailing::v1::{ShipmentDelivered, ShipmentReturned};
use proto::motcua::payment::v1::{InvoiceExpired, InvoicePaid};
use proto::motcua::r#type::v1::{Channel, DossierRef, LegalLimit, LimitUnit, ReturnWay};
use proto::motcua::workflow::v1 as pb;
use proto::motcua::workflow::v1::{
    CaseClosed, CaseOpened, ClockPaused, ClockResumed, DossierAccepted, FeeFellDue, FeeLine,
    NumberAssigned, NumberDrawn, NumberReturned, ResultIssued, ResultReturned, TaskClosed,
    TaskOpened,
};
use uuid::Uuid;

use crate::case::{
    Case, DeliverParcel, EpochName, Fact, LapseFee, OpenCase, PayFee, TakeParcelBack,
};
use crate::fees::{Fee, FeeKind};
use crate::store::CaseStore;
use crate::working_time::{Limit, PauseReason};

/// What workflow does about dossier's facts.
pub fn of_dossier(door: &Door<CaseStore>) -> Reactions {
    Reactions::to("dossier", door).on(door, submitted)
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

/// A legal limit as working time counts it; a period the law leaves open is an estimate in working days.
pub fn limit(limit: LegalLimit) -> Option<Limit> {
    let count = u32::try_from(limit.count).ok()?;
    match limit.unit() {
        LimitUnit::Unspecified => None,
        LimitUnit::SameDay => Some(Limit::SameDay),
        LimitUnit::Hour => Some(Limit::Hours(count)),
        LimitUnit::WorkingDay | LimitUnit::Period => Some(Limit::WorkingDays(count)),
        LimitUnit::CalendarDay => Some(Limit::CalendarDays(count)),
        LimitUnit::Month => Some(Limit::Months(count)),
    }
}

/// The unit and count of a limit.
pub fn unit_and_count(limit: Limit) -> (LimitUnit, u32) {
    match limit {
        Limit::SameDay => (LimitUnit::SameDay, 0),
        Limit::Hours(count) => (LimitUnit::Hour, count),
        Limit::WorkingDays(count) => (LimitUnit::WorkingDay, count),
        Limit::CalendarDays(count) => (LimitUnit::CalendarDay, count),
        Limit::Months(count) => (LimitUnit::Month, count),
    }
}

/// A reason to pause as the contract numbers it.
pub fn reason(reason: PauseReason) -> pb::PauseReason {
    match reason {
        PauseReason::Supplement => pb::PauseReason::Supplement,
        PauseReason::Payment => pb::PauseReason::Payment,
        PauseReason::CitizenStep => pb::PauseReason::CitizenStep,
        PauseReason::Stopped => pb::PauseReason::Stopped,
    }
}

/// The way back from [`reason`].
pub fn pause_reason(reason: pb::PauseReason) -> Option<PauseReason> {
    match reason {
        pb::PauseReason::Unspecified => None,
        pb::PauseReason::Supplement => Some(PauseReason::Supplement),
        pb::PauseReason::Payment => Some(PauseReason::Payment),
        pb::PauseReason::CitizenStep => Some(PauseReason::CitizenStep),
        pb::PauseReason::Stopped => Some(PauseReason::Stopped),
    }
}

/// A fact as the message to publish.
pub fn message(fact: &Fact) -> Outgoing {
    match fact {
        Fact::Opened(case, at) => opened(case, *at),
        Fact::Accepted { case, officer, receipt_day, fees } => {
            accepted(case, officer, *receipt_day, fees)
        }
        Fact::TaskOpened(case, step) => task_opened(case, step),
        Fact::TaskClosed(case, step) => task_closed(case, step),
        Fact::Issued(case, at) => issued(case, *at),
        Fact::Returned(case, at) => returned(case, *at),
        Fact::Closed(case, at) => closed(case, *at),
        Fact::Paused(case) => paused(case),
        Fact::Resumed(case, at) => resumed(case, *at),
        Fact::FeeFellDue { case, lines, at, expires } => fee_fell_due(case, lines, *at, *expires),
        Fact::NumberDrawn(case) => number_drawn(case),
        Fact::NumberAssigned(case) => number_assigned(case),
        Fact::NumberReturned(case) => number_returned(case),
    }
}

fn opened(case: &Case, at: Timestamp) -> Outgoing {
    let message = CaseOpened { dossier: Some(reference(case)), open_time: Some(timestamp(at)) };
    Outgoing::of(&message, &name(case), &case.agency)
}

fn accepted(case: &Case, officer: &str, receipt_day: civil::Date, fees: &[Fee]) -> Outgoing {
    let message = DossierAccepted {
        dossier: Some(reference(case)),
        accept_time: case.accepted_at.map(timestamp),
        due_time: case.due_at.map(timestamp),
        status_after: case.status.into(),
        officer: officer.into(),
        receipt_day: Some(date(receipt_day)),
        fees: fees.iter().map(fee_line).collect(),
    };
    Outgoing::of(&message, &name(case), &case.agency)
}

fn date(day: civil::Date) -> Date {
    Date { year: day.year().into(), month: day.month().into(), day: day.day().into() }
}

fn task_opened(case: &Case, step: &str) -> Outgoing {
    let task = task_name(case, step);
    let message = TaskOpened { dossier: Some(reference(case)), task: task.clone() };
    Outgoing::of(&message, &task, &case.agency)
}

fn task_closed(case: &Case, step: &str) -> Outgoing {
    let task = task_name(case, step);
    let closed = case.tasks.iter().find(|task| task.step == *step);
    let message = TaskClosed {
        dossier: Some(reference(case)),
        task: task.clone(),
        outcome: closed.and_then(|task| task.outcome.clone()).unwrap_or_default(),
        status_after: case.status.into(),
    };
    Outgoing::of(&message, &task, &case.agency)
}

fn issued(case: &Case, at: Timestamp) -> Outgoing {
    let message = ResultIssued {
        dossier: Some(reference(case)),
        issue_time: Some(timestamp(at)),
        return_way: case.return_way.into(),
        status_after: case.status.into(),
    };
    Outgoing::of(&message, &name(case), &case.agency)
}

fn returned(case: &Case, at: Timestamp) -> Outgoing {
    let message = ResultReturned {
        dossier: Some(reference(case)),
        return_time: Some(timestamp(at)),
        return_way: case.return_way.into(),
        status_after: case.status.into(),
    };
    Outgoing::of(&message, &name(case), &case.agency)
}

fn closed(case: &Case, at: Timestamp) -> Outgoing {
    let settled_at = case.issued_at.unwrap_or(at);
    let message = CaseClosed {
        dossier: Some(reference(case)),
        close_time: Some(timestamp(at)),
        on_time: case.due_at.is_none_or(|due| settled_at <= due),
    };
    Outgoing::of(&message, &name(case), &case.agency)
}

fn paused(case: &Case) -> Outgoing {
    let pause = case.pauses.last().map(|standstill| standstill.pause);
    let message = ClockPaused {
        dossier: Some(reference(case)),
        reason: pause.map(|pause| reason(pause.reason)).unwrap_or_default().into(),
        pause_time: pause.map(|pause| timestamp(pause.from)),
        status_after: case.status.into(),
    };
    Outgoing::of(&message, &name(case), &case.agency)
}

fn resumed(case: &Case, at: Timestamp) -> Outgoing {
    let message = ClockResumed {
        dossier: Some(reference(case)),
        resume_time: Some(timestamp(at)),
        due_time: case.due_at.map(timestamp),
        status_after: case.status.into(),
    };
    Outgoing::of(&message, &name(case), &case.agency)
}

fn fee_fell_due(case: &Case, lines: &[Fee], at: Timestamp, expires: Timestamp) -> Outgoing {
    let message = FeeFellDue {
        dossier: Some(reference(case)),
        obligation: case.obligation.map(|id| id.to_string()).unwrap_or_default(),
        lines: lines.iter().map(fee_line).collect(),
        fall_due_time: Some(timestamp(at)),
        expire_time: Some(timestamp(expires)),
        status_after: case.status.into(),
    };
    Outgoing::of(&message, &name(case), &case.agency)
}

fn fee_line(fee: &Fee) -> FeeLine {
    let kind = match fee.kind {
        FeeKind::Service => pb::FeeKind::Service,
        FeeKind::State => pb::FeeKind::State,
    };
    let amount = Money { currency_code: "VND".into(), units: fee.amount, nanos: 0 };
    FeeLine { kind: kind.into(), amount: Some(amount) }
}

fn number_drawn(case: &Case) -> Outgoing {
    let draw = draw_name(case);
    let message = NumberDrawn {
        dossier: Some(reference(case)),
        draw: draw.clone(),
        epoch: case.draw.as_ref().map(|drawn| epoch_name(&drawn.epoch)).unwrap_or_default(),
    };
    Outgoing::of(&message, &draw, &case.agency)
}

fn number_assigned(case: &Case) -> Outgoing {
    let draw = draw_name(case);
    let message = NumberAssigned { dossier: Some(reference(case)), draw: draw.clone() };
    Outgoing::of(&message, &draw, &case.agency)
}

fn number_returned(case: &Case) -> Outgoing {
    let draw = draw_name(case);
    let message = NumberReturned {
        dossier: Some(reference(case)),
        draw: draw.clone(),
        epoch: case.draw.as_ref().map(|drawn| epoch_name(&drawn.epoch)).unwrap_or_default(),
    };
    Outgoing::of(&message, &draw, &case.agency)
}

/// The resource name of a case's draw.
pub fn draw_name(case: &Case) -> String {
    format!("draws/{}", case.id)
}

/// An epoch's resource name.
pub fn epoch_name(epoch: &EpochName) -> String {
    format!("numberPools/{}/epochs/{}", epoch.pool, epoch.id.0)
}

/// A case's resource name.
pub fn name(case: &Case) -> String {
    format!("cases/{}", case.id)
}

/// A task's resource name.
pub fn task_name(case: &Case, step: &str) -> String {
    format!("cases/{}/tasks/{step}", case.id)
}

/// The dossier of a case.
pub fn reference(case: &Case) -> DossierRef {
    DossierRef {
        name: format!("dossiers/{}", case.id),
        code: case.code.clone(),
        procedure: case.procedure.clone(),
        agency: case.agency.clone(),
        channel: case.channel.into(),
    }
}
