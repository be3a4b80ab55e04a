//! Facts as messages.

use chassis::clock::timestamp;
use chassis::write::Outgoing;
use jiff::Timestamp;
use jiff::civil;
use proto::google::r#type::{Date, Money};
use proto::motcua::access::v1::Role;
use proto::motcua::r#type::v1::StopReason;
use proto::motcua::workflow::v1 as pb;
use proto::motcua::workflow::v1::{
    CaseClosed, CaseDueSoon, CaseLate, CaseOpened, CaseStopped, ClockPaused, ClockResumed,
    DossierAccepted, DossierRefused, FeeCancelled, FeeFellDue, FeeLine, NumberAssigned,
    NumberDrawn, NumberReturned, ResultIssued, ResultReturned, SupplementRequested, TaskClosed,
    TaskOpened, WithdrawalDenied, WithdrawalGranted,
};

use uuid::Uuid;

use super::{draw_name, epoch_name, grounds_name, name, reason, reference, task_name};
use crate::case::{Case, Fact, Late};
use crate::fees::{Fee, FeeKind};
use crate::grounds::Grounds;

/// A fact as the message to publish.
pub fn message(fact: &Fact) -> Outgoing {
    match fact {
        Fact::Opened(case, at) => opened(case, *at),
        Fact::Accepted { case, officer, receipt_day, fees } => {
            accepted(case, officer, *receipt_day, fees)
        }
        Fact::Refused(case, grounds) => refused(case, grounds),
        Fact::SupplementRequested { case, grounds, expires } => {
            supplement_requested(case, grounds, *expires)
        }
        Fact::DueSoon(case, at) => due_soon(case, *at),
        Fact::Late { case, late, lies_with } => is_late(case, late, *lies_with),
        Fact::Stopped { case, why, at } => stopped(case, *why, *at),
        Fact::WithdrawalGranted { case, officer, at } => {
            withdrawal_granted(case, officer.as_deref(), *at)
        }
        Fact::WithdrawalDenied { case, grounds, at } => {
            withdrawal_denied(case, grounds.as_ref(), *at)
        }
        Fact::FeeCancelled { case, obligation, at } => fee_cancelled(case, *obligation, *at),
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

fn refused(case: &Case, grounds: &Grounds) -> Outgoing {
    let message = DossierRefused {
        dossier: Some(reference(case)),
        refuse_time: Some(timestamp(grounds.at)),
        status_after: case.status.into(),
        officer: grounds.officer.clone(),
        grounds: grounds_name(case, grounds.number),
        reasons: grounds.stated.subjects.clone(),
    };
    Outgoing::of(&message, &name(case), &case.agency)
}

fn supplement_requested(case: &Case, grounds: &Grounds, expires: Timestamp) -> Outgoing {
    let message = SupplementRequested {
        dossier: Some(reference(case)),
        request_time: Some(timestamp(grounds.at)),
        status_after: case.status.into(),
        officer: grounds.officer.clone(),
        grounds: grounds_name(case, grounds.number),
        number: i32::try_from(case.supplements()).unwrap_or(i32::MAX),
        subjects: grounds.stated.subjects.clone(),
        expire_time: Some(timestamp(expires)),
    };
    Outgoing::of(&message, &name(case), &case.agency)
}

fn due_soon(case: &Case, at: Timestamp) -> Outgoing {
    let message = CaseDueSoon {
        dossier: Some(reference(case)),
        warn_time: Some(timestamp(at)),
        due_time: case.due_at.map(timestamp),
    };
    Outgoing::of(&message, &name(case), &case.agency)
}

fn is_late(case: &Case, late: &Late, lies_with: Role) -> Outgoing {
    let message = CaseLate {
        dossier: Some(reference(case)),
        due_time: Some(timestamp(late.since)),
        escalate_time: Some(timestamp(late.escalated_at)),
        new_due_time: late.new_date.map(timestamp),
        lies_with: lies_with.into(),
        status_after: case.status.into(),
    };
    Outgoing::of(&message, &name(case), &case.agency)
}

fn stopped(case: &Case, why: StopReason, at: Timestamp) -> Outgoing {
    let message = CaseStopped {
        dossier: Some(reference(case)),
        stop_time: Some(timestamp(at)),
        reason: why.into(),
        status_after: case.status.into(),
    };
    Outgoing::of(&message, &name(case), &case.agency)
}

fn withdrawal_granted(case: &Case, officer: Option<&str>, at: Timestamp) -> Outgoing {
    let message = WithdrawalGranted {
        dossier: Some(reference(case)),
        grant_time: Some(timestamp(at)),
        status_after: case.status.into(),
        officer: officer.unwrap_or_default().into(),
    };
    Outgoing::of(&message, &name(case), &case.agency)
}

fn withdrawal_denied(case: &Case, grounds: Option<&Grounds>, at: Timestamp) -> Outgoing {
    let named = |grounds: &Grounds| grounds_name(case, grounds.number);
    let message = WithdrawalDenied {
        dossier: Some(reference(case)),
        deny_time: Some(timestamp(at)),
        status_after: case.status.into(),
        officer: grounds.map(|grounds| grounds.officer.clone()).unwrap_or_default(),
        grounds: grounds.map(named).unwrap_or_default(),
    };
    Outgoing::of(&message, &name(case), &case.agency)
}

fn fee_cancelled(case: &Case, obligation: Uuid, at: Timestamp) -> Outgoing {
    let message = FeeCancelled {
        dossier: Some(reference(case)),
        obligation: obligation.to_string(),
        cancel_time: Some(timestamp(at)),
    };
    Outgoing::of(&message, &name(case), &case.agency)
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
        returned_to: case.returned_to.into(),
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
