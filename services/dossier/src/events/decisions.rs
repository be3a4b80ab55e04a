//! What follows from workflow's decisions that an agency gives in writing: each brings its slip.

use chassis::events::{Event, known};
use jiff::civil::Date;
use proto::google::r#type as google;
use proto::motcua::dossier::v1::EntryKind;
use proto::motcua::workflow::v1::{
    CaseLate, CaseStopped, DossierAccepted, DossierRefused, SupplementRequested, WithdrawalDenied,
};

use super::others::{SYSTEM, at, decided, who};
use super::supplement_name;
use crate::document::{
    AcceptanceSlip, ApologySlip, Content, RefusalSlip, StopSlip, SupplementSlip, TakeSlip,
    WithdrawalDenial,
};
use crate::dossier::Change;
use crate::supplement::{Subject, Supplement};
use crate::timeline::Happening;

/// What follows from a decision, or why it is poison.
type Decision = Result<Option<TakeSlip>, &'static str>;

pub fn accepted(fact: DossierAccepted, event: &Event) -> Decision {
    let accepted_at = at(fact.accept_time)?;
    let due_at = at(fact.due_time)?;
    let happening = Happening::new(EntryKind::Accepted, accepted_at, who(event));
    let change = Change::Promised { accepted_at, due_at };
    let slip = AcceptanceSlip {
        accepted_at,
        received_on: fact.receipt_day.map(day).transpose()?,
        due_at,
        fees: fact.fees.iter().filter_map(|fee| Some(fee.amount.as_ref()?.units)).collect(),
    };
    let follow = decided(fact.status_after, event, happening, change)?;
    let slip = Content::AcceptanceSlip(slip);
    Ok(follow.map(|follow| TakeSlip { follow, slip: Some(slip), officer: fact.officer }))
}

pub fn refused(fact: DossierRefused, event: &Event) -> Decision {
    if fact.grounds.is_empty() || fact.reasons.is_empty() {
        return Err("grounds or reasons are missing");
    }
    let refused_at = at(fact.refuse_time)?;
    let happening = Happening::new(EntryKind::Refused, refused_at, who(event));
    let slip = RefusalSlip { refused_at, reasons: fact.reasons, grounds: fact.grounds };
    let slip = Content::RefusalSlip(slip);
    let follow = decided(fact.status_after, event, happening, Change::Nothing)?;
    Ok(follow.map(|follow| TakeSlip { follow, slip: Some(slip), officer: fact.officer }))
}

pub fn supplement_requested(fact: SupplementRequested, event: &Event) -> Decision {
    if fact.grounds.is_empty() || fact.subjects.is_empty() {
        return Err("grounds or subjects are missing");
    }
    if fact.subjects.iter().any(|subject| Subject::of(subject).is_none()) {
        return Err("a subject is no field and no paper");
    }
    let number = u8::try_from(fact.number).ok().filter(|number| *number > 0);
    let number = number.ok_or("number does not count from 1")?;
    let (requested_at, expires_at) = (at(fact.request_time)?, at(fact.expire_time)?);
    let supplement = Supplement {
        number,
        subjects: fact.subjects.clone(),
        grounds: fact.grounds.clone(),
        asked_at: requested_at,
        expires_at,
        answered_at: None,
        closed: false,
    };
    let (subjects, grounds) = (fact.subjects, fact.grounds);
    let slip = SupplementSlip { number, requested_at, expires_at, subjects, grounds };
    let happening = Happening::new(EntryKind::SupplementRequested, requested_at, who(event))
        .about(supplement_name(event.stream.0, number));
    let follow = decided(fact.status_after, event, happening, Change::Asked(supplement))?;
    let slip = Content::SupplementSlip(slip);
    Ok(follow.map(|follow| TakeSlip { follow, slip: Some(slip), officer: fact.officer }))
}

pub fn stopped(fact: CaseStopped, event: &Event) -> Decision {
    let reason = known(fact.reason, "reason is unspecified or unknown")?;
    let stopped_at = at(fact.stop_time)?;
    let happening = Happening::new(EntryKind::Stopped, stopped_at, SYSTEM);
    let follow = decided(fact.status_after, event, happening, Change::Nothing)?;
    let slip = Content::StopSlip(StopSlip { stopped_at, reason });
    Ok(follow.map(|follow| TakeSlip { follow, slip: Some(slip), officer: String::new() }))
}

/// It has the date that was promised as its own: late it is since then, whenever that was found.
pub fn late(fact: CaseLate, event: &Event) -> Decision {
    let due_at = at(fact.due_time)?;
    let new_due_at = fact.new_due_time.map(|due| at(Some(due))).transpose()?;
    let (told_at, lies_with) = (at(fact.escalate_time)?, fact.lies_with());
    let happening = Happening::new(EntryKind::Late, due_at, SYSTEM);
    let change = Change::Missed { due_at, new_due_at };
    let follow = decided(fact.status_after, event, happening, change)?;
    let slip = Content::ApologySlip(ApologySlip { told_at, due_at, new_due_at, lies_with });
    Ok(follow.map(|follow| TakeSlip { follow, slip: Some(slip), officer: String::new() }))
}

/// A withdrawal that came too late is denied without a notice: there is nothing to tell but that.
pub fn withdrawal_denied(fact: WithdrawalDenied, event: &Event) -> Decision {
    let denied_at = at(fact.deny_time)?;
    let happening = Happening::new(EntryKind::WithdrawalDenied, denied_at, who(event));
    let follow = decided(fact.status_after, event, happening, Change::WithdrawalDecided)?;
    let denial = WithdrawalDenial { denied_at, grounds: fact.grounds };
    let slip = Some(denial).filter(|denial| !denial.grounds.is_empty());
    let slip = slip.map(Content::WithdrawalDenial);
    Ok(follow.map(|follow| TakeSlip { follow, slip, officer: fact.officer }))
}

fn day(date: google::Date) -> Result<Date, &'static str> {
    let small = |number: i32| i8::try_from(number).unwrap_or_default();
    let year = i16::try_from(date.year).unwrap_or_default();
    Date::new(year, small(date.month), small(date.day)).map_err(|_| "receipt_day is no day")
}
