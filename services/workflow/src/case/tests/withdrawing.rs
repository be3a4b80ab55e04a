//! Worked cases of withdrawals: at once before acceptance, decided after it, and too late.

use proto::motcua::workflow::v1::{GroundsKind, NumberState};

use super::*;
use crate::case::{DenyWithdrawal, GrantWithdrawal, TakeWithdrawal};
use crate::grounds::Stated;

fn take(case: &Case) -> Result<Decided<Case, ()>, Refusal> {
    decide(&TakeWithdrawal { id: ID }, Some(case))
}

fn grant(case: &Case, officer: Officer) -> Result<Decided<Case, Named>, Refusal> {
    decide(&GrantWithdrawal { id: ID, etag: String::new(), officer }, Some(case))
}

fn deny(case: &Case, officer: Officer) -> Result<Decided<Case, Named>, Refusal> {
    let (kind, subjects) = (GroundsKind::WithdrawalDenial, vec!["withdrawal".into()]);
    let stated = Stated { kind, subjects, sealed: vec![1, 2, 3] };
    decide(&DenyWithdrawal { id: ID, etag: String::new(), officer, stated }, Some(case))
}

/// Asked for, with the task in an officer's hands.
fn asked(case: &Case) -> Case {
    let waiting = take(case).expect("taken").after;
    claim(&waiting, "withdraw", able(1)).expect("claimed")
}

/// Something a withdrawal can bring about, for whoever tries anything.
pub(super) fn turn(case: &Case, who: u128) -> Result<Case, Refusal> {
    let held = claim(case, "withdraw", able(who));
    let denied = held.and_then(|held| deny(&held, able(who))).map(|decided| decided.after);
    denied.or_else(|_| take(case).map(|decided| decided.after)).map(|after| {
        // A withdrawal that came too late is answered, and changes nothing else.
        if case.closed_at.is_some() { case.clone() } else { after }
    })
}

#[test]
fn before_acceptance_it_ends_at_once() {
    for case in [opened(), claim(&opened(), "receive", able(1)).expect("claimed")] {
        let Decided { after, facts, .. } = take(&case).expect("withdrawn");
        assert_eq!((after.status, after.closed_at), (DossierStatus::Withdrawn, Some(now())));
        let [Fact::WithdrawalGranted { officer: None, .. }, Fact::Closed(..)] = facts.as_slice()
        else {
            panic!("{facts:?}")
        };
        assert_eq!(reason(accept(&after, able(1))), "TASK_CLOSED");
    }
}

#[test]
fn after_acceptance_an_officer_decides_and_the_case_goes_on_meanwhile() {
    let case = accepted();
    let waiting = take(&case).expect("taken").after;
    assert!(waiting.withdrawal_waits() && waiting.closed_at.is_none());
    assert_eq!(reason(take(&waiting)), "WITHDRAWAL_WAITS");
    assert_eq!(reason(grant(&waiting, able(1))), "TASK_NOT_CLAIMED");
    assert_eq!(reason(complete(&waiting, "withdraw", "granted")), "DECIDE_WITHDRAWAL_INSTEAD");
    let done = complete(&waiting, "process", "done").expect("done");
    assert_eq!(reason(complete(&done, "sign", "signed")), "WITHDRAWAL_UNDECIDED");

    let held = claim(&done, "withdraw", able(2)).expect("claimed");
    assert_eq!(reason(deny(&held, able(1))), "TASK_NOT_CLAIMED");
    let Decided { after: denied, facts, .. } = deny(&held, able(2)).expect("denied");
    let [Fact::WithdrawalDenied { grounds: Some(grounds), .. }, Fact::TaskClosed(..)] =
        facts.as_slice()
    else {
        panic!("{facts:?}")
    };
    assert_eq!((grounds.number, denied.status), (1, DossierStatus::InProcessing));
    assert_eq!(reason(grant(&denied, able(2))), "NO_WITHDRAWAL");
    assert!(complete(&denied, "sign", "signed").is_ok());

    let Decided { after, .. } = grant(&asked(&denied), able(1)).expect("granted");
    assert_eq!((after.status, after.closed_at), (DossierStatus::Withdrawn, Some(now())));
    assert!(after.tasks.iter().all(|task| task.state == TaskState::Closed));
}

#[test]
fn what_was_drawn_goes_back_and_what_is_owed_is_owed_no_more() {
    let owing = waiting::drawn_vehicle();
    let Decided { after, facts, .. } = grant(&asked(&owing), able(1)).expect("granted");
    let [
        Fact::WithdrawalGranted { officer: Some(_), .. },
        Fact::TaskClosed(..),
        Fact::FeeCancelled { obligation, .. },
        Fact::NumberReturned(_),
        Fact::Closed(..),
    ] = facts.as_slice()
    else {
        panic!("{facts:?}")
    };
    assert_eq!(Some(*obligation), owing.obligation);
    assert_eq!(after.draw.as_ref().map(|drawn| drawn.state), Some(NumberState::Returned));
    assert!(!after.is_paused());

    let paid = grant(&asked(&waiting::paid_vehicle()), able(1)).expect("granted").facts;
    assert!(!paid.iter().any(|fact| matches!(fact, Fact::FeeCancelled { .. })), "it was paid");
    assert!(paid.iter().any(|fact| matches!(fact, Fact::NumberReturned(_))));
}

#[test]
fn once_the_result_is_issued_it_is_too_late() {
    let done = complete(&accepted(), "process", "done").expect("done");
    let signed = complete(&done, "sign", "signed").expect("signed");
    for case in [&signed, &complete(&signed, "return", "returned").expect("returned")] {
        let Decided { after, facts, .. } = take(case).expect("answered");
        assert_eq!(after.status, case.status);
        let [Fact::WithdrawalDenied { grounds: None, .. }] = facts.as_slice() else {
            panic!("{facts:?}")
        };
    }
}
