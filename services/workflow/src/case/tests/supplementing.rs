//! Worked cases of supplements: asked for twice at most, answered, or never answered.

use jiff::SignedDuration;
use proto::motcua::r#type::v1::StopReason;
use proto::motcua::workflow::v1::{GroundsKind, NumberState};

use super::*;
use crate::case::{LapseSupplement, RequestSupplement, TakeSupplement};
use crate::grounds::Stated;
use crate::working_time::PauseReason;

fn request(case: &Case, officer: Officer) -> Result<Decided<Case, Named>, Refusal> {
    let (kind, subjects) = (GroundsKind::Supplement, vec!["papers.invoice".into()]);
    let stated = Stated { kind, subjects, sealed: vec![1, 2, 3] };
    decide(&RequestSupplement { id: ID, etag: String::new(), officer, stated }, Some(case))
}

/// Asked for by an officer who takes the task of a step.
pub(super) fn asked(case: &Case, step: &str) -> Case {
    let held = claim(case, step, able(1)).expect("claimed");
    request(&held, able(1)).expect("asked for").after
}

pub(super) fn take(case: &Case, number: usize, hours: i64) -> Result<Decided<Case, ()>, Refusal> {
    take_for(case, number, hours, ReturnWay::Counter)
}

fn take_for(
    case: &Case,
    number: usize,
    hours: i64,
    return_way: ReturnWay,
) -> Result<Decided<Case, ()>, Refusal> {
    let answered_at = now() + SignedDuration::from_hours(hours);
    at(&TakeSupplement { id: ID, number, answered_at, return_way }, case, answered_at)
}

fn lapse(case: &Case, number: usize) -> Result<Decided<Case, ()>, Refusal> {
    let lapsed_at = now() + SignedDuration::from_hours(24 * 30);
    at(&LapseSupplement { id: ID, number, lapsed_at }, case, lapsed_at)
}

fn at<C: Command<Root = Case>>(
    command: &C,
    case: &Case,
    now: Timestamp,
) -> Result<Decided<Case, C::Answer>, Refusal> {
    let mut numbers = Numbers::default();
    command.decide(Some(case), &RULES, &mut At::new(now, [1; 32], &mut numbers))
}

/// Something a supplement can bring about, for whoever tries anything.
pub(super) fn turn(case: &Case, step: &str, who: u128) -> Result<Case, Refusal> {
    let number = case.supplements();
    let requested = claim(case, step, able(who)).and_then(|held| request(&held, able(who)));
    let requested = requested.map(|decided| decided.after);
    requested.or_else(|_| {
        let answered = if who == 1 { take(case, number, 1) } else { lapse(case, number) };
        answered.map(|decided| decided.after)
    })
}

#[test]
fn the_clock_stands_until_the_answer_and_the_step_is_opened_again() {
    let held = claim(&accepted(), "process", able(1)).expect("claimed");
    let Decided { after, facts, .. } = request(&held, able(1)).expect("asked for");
    assert_eq!(after.status, DossierStatus::SupplementRequired);
    assert_eq!((after.due_at, after.is_paused()), (None, true));
    let [Fact::SupplementRequested { grounds, expires, .. }, Fact::TaskClosed(..), Fact::Paused(_)] =
        facts.as_slice()
    else {
        panic!("{facts:?}")
    };
    assert_eq!((grounds.number, expires.duration_since(now()).as_hours()), (1, 24 * 30));
    let pause = after.pauses.last().expect("a pause");
    assert_eq!(pause.pause.reason, PauseReason::Supplement);

    // From Friday 10:00 to Monday 10:00, over the Lunar New Year: eight hours of the office.
    let Decided { after, facts, .. } = take_for(&after, 1, 240, ReturnWay::Post).expect("answered");
    assert_eq!(after.status, DossierStatus::Accepted, "as it was before");
    let due: Timestamp = "2026-02-25T10:00:00Z".parse().expect("an instant");
    assert_eq!((after.due_at, after.return_way), (Some(due), ReturnWay::Post));
    let [Fact::Resumed(..), Fact::TaskOpened(_, step)] = facts.as_slice() else {
        panic!("{facts:?}")
    };
    assert_eq!(step, "process");
    assert_eq!(reason(take(&after, 1, 241)), "NOT_AWAITED", "a repeat changes nothing");
    assert_eq!(reason(lapse(&after, 1)), "NOT_AWAITED");
    assert!(complete(&after, "process", "done").is_ok());
}

#[test]
fn it_is_asked_for_twice_and_no_third_time() {
    let first = take(&asked(&accepted(), "process"), 1, 1).expect("answered").after;
    let done = complete(&first, "process", "done").expect("done");
    let second = asked(&done, "sign");
    assert_eq!(reason(take(&second, 1, 2)), "NOT_AWAITED", "the answer to the first");
    let second = take(&second, 2, 2).expect("answered").after;
    assert_eq!(second.status, DossierStatus::InProcessing);
    let held = claim(&second, "sign", able(1)).expect("claimed");
    assert_eq!(reason(request(&held, able(1))), "SUPPLEMENTS_USED_UP");
}

#[test]
fn it_is_asked_for_by_whoever_holds_a_task_while_the_dossier_is_processed() {
    let received = claim(&opened(), "receive", able(1)).expect("claimed");
    let accepted = accepted();
    let held = claim(&accepted, "process", able(1)).expect("claimed");
    let waiting = asked(&accepted, "process");
    let done = complete(&accepted, "process", "done").expect("done");
    let signed = complete(&done, "sign", "signed").expect("signed");
    let returning = claim(&signed, "return", able(1)).expect("claimed");
    let stranger = Officer { agency: "agencies/27484".into(), ..able(1) };
    for (case, officer, why) in [
        (&received, able(1), "NO_SUPPLEMENT_NOW"),
        (&accepted, able(1), "TASK_NOT_CLAIMED"),
        (&held, able(2), "TASK_NOT_CLAIMED"),
        (&held, stranger, "NOT_PERMITTED"),
        (&waiting, able(1), "NO_SUPPLEMENT_NOW"),
        (&returning, able(1), "NO_SUPPLEMENT_NOW"),
    ] {
        assert_eq!(reason(request(case, officer)), why);
    }
}

#[test]
fn one_that_is_never_answered_stops_the_case() {
    let case = asked(&accepted(), "process");
    let Decided { after, facts, .. } = lapse(&case, 1).expect("lapsed");
    assert_eq!(after.status, DossierStatus::ProcessingStopped);
    assert!(after.closed_at.is_some());
    let [Fact::Stopped { why, at, .. }, Fact::Paused(_), Fact::Closed(..)] = facts.as_slice()
    else {
        panic!("{facts:?}")
    };
    assert_eq!((*why, *at), (StopReason::SupplementLapsed, after.pauses[1].pause.from));
    assert_eq!(reason(take(&after, 1, 1)), "NOT_AWAITED", "too late");
}

#[test]
fn a_number_that_was_assigned_goes_back() {
    let case = asked(&waiting::paid_vehicle(), "process");
    let Decided { after, facts, .. } = lapse(&case, 1).expect("lapsed");
    assert_eq!(after.draw.expect("a draw").state, NumberState::Returned);
    assert!(matches!(facts[0], Fact::NumberReturned(_)), "{facts:?}");
}
