//! Worked cases of dates that are kept or missed: warned of once, escalated once, and not while the citizen has the turn.

use chassis::timers::Due;
use chassis::write::Stream;
use jiff::SignedDuration;

use super::*;
use crate::case::tests::supplementing;
use crate::case::{ESCALATE, EscalateLateCase, Late, WARN, WarnOfDueTime};

/// Tuesday 24 February 2026 at the close: two working days after the New Year.
const DUE: &str = "2026-02-24T10:00:00Z";

/// Three quarters of the 1290 minutes until then are used up: Tuesday, 10:07 in the city.
const WARNED: &str = "2026-02-24T03:07:00Z";

fn instant(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

fn due_at(at: &str) -> Due {
    Due { stream: Stream(ID), at: instant(at) }
}

fn decide_at<C: Command<Root = Case>>(
    command: &C,
    case: &Case,
    now: Timestamp,
) -> Result<Decided<Case, C::Answer>, Refusal> {
    let mut numbers = Numbers::default();
    command.decide(Some(case), &RULES, &mut At::new(now, [0; 32], &mut numbers))
}

/// When a command has its case warned of and escalated.
fn reminders<C: Command<Root = Case>>(
    command: &C,
    case: &Case,
) -> (Option<Timestamp>, Option<Timestamp>) {
    let mut numbers = Numbers::default();
    let mut at = At::new(now(), [0; 32], &mut numbers);
    command.decide(Some(case), &RULES, &mut at).expect("decided");
    let timer = |kind| *at.timers().get(kind).expect("it says something about the timer");
    (timer(WARN), timer(ESCALATE))
}

fn warn(case: &Case) -> Result<Decided<Case, ()>, Refusal> {
    decide_at(&WarnOfDueTime(due_at(WARNED)), case, instant(WARNED))
}

/// Escalated when the timer of this instant is taken, three seconds after it.
fn escalate(case: &Case, due: &str) -> Result<Decided<Case, ()>, Refusal> {
    let due = due_at(due);
    decide_at(&EscalateLateCase(due), case, due.at + SignedDuration::from_secs(3))
}

fn late() -> Case {
    escalate(&accepted(), DUE).expect("late").after
}

#[test]
fn what_is_promised_is_reminded_of_and_what_is_not_is_not() {
    let held = claim(&opened(), "receive", able(1)).expect("claimed");
    let accept = AcceptDossier { id: ID, etag: String::new(), officer: able(1) };
    let both = (Some(instant(WARNED)), Some(instant(DUE)));
    assert_eq!(reminders(&accept, &held), both);
    let vehicle = opened_under("procedures/1.012575/versions/1");
    let held = claim(&vehicle, "receive", able(1)).expect("claimed");
    assert_eq!(reminders(&accept, &held), (None, None), "its citizen is to draw a number");
    let done = complete(&accepted(), "process", "done").expect("done");
    let held = claim(&done, "sign", able(1)).expect("claimed");
    let (step, outcome) = ("sign".into(), "signed".into());
    let (visitor, officer) = (Visitor::Unspecified, able(1));
    let sign = CompleteTask { id: ID, step, outcome, visitor, officer };
    assert_eq!(reminders(&sign, &held), (None, None), "its result is issued");
}

#[test]
fn its_officers_are_warned_once() {
    let Decided { after, facts, .. } = warn(&accepted()).expect("warned");
    let [Fact::DueSoon(case, at)] = facts.as_slice() else { panic!("{facts:?}") };
    assert_eq!((case.due_at, *at), (Some(instant(DUE)), instant(WARNED)));
    assert_eq!(after.warned_at, Some(instant(WARNED)));
    assert_eq!(reason(warn(&after)), "NOT_AWAITED");
    assert_eq!(reason(warn(&opened())), "NOT_AWAITED", "nothing is promised yet");
    assert_eq!(reason(warn(&late())), "NOT_AWAITED", "it is too late to be warned");
}

#[test]
fn a_late_case_is_escalated_once_with_a_new_date() {
    let done = complete(&accepted(), "process", "done").expect("done");
    for (case, role) in [(accepted(), Role::Processing), (done, Role::Signing)] {
        let Decided { after, facts, .. } = escalate(&case, DUE).expect("late");
        let [Fact::Late { late, lies_with, .. }, Fact::TaskOpened(_, step)] = facts.as_slice()
        else {
            panic!("{facts:?}")
        };
        // Two working days on: Thursday 26 February at the close.
        let escalated_at = instant(DUE) + SignedDuration::from_secs(3);
        let new_date = Some(instant("2026-02-26T10:00:00Z"));
        assert_eq!(*late, Late { since: instant(DUE), escalated_at, new_date });
        assert_eq!((*lies_with, step.as_str()), (role, "escalated"));
        assert_eq!((after.status, after.due_at), (case.status, case.due_at), "the case goes on");
        assert_eq!(after.late_since(), Some(instant(DUE)));
        assert_eq!(reason(escalate(&after, DUE)), "NOT_AWAITED");
    }
}

#[test]
fn the_head_of_the_unit_notes_it_and_its_result_ends_it() {
    let case = late();
    let processing = officer(3, &[Role::Processing]);
    assert_eq!(reason(claim(&case, "escalated", processing)), "NOT_PERMITTED");
    assert_eq!(reason(completed(&case, "escalated", "signed")), "FIELDS_INVALID");
    let Decided { after, facts, .. } = completed(&case, "escalated", "noted").expect("noted");
    assert!(matches!(facts.as_slice(), [Fact::TaskClosed(_, step)] if step == "escalated"));
    assert_eq!(after.late, case.late);
    for case in [case, after] {
        let done = complete(&case, "process", "done").expect("done");
        let signed = complete(&done, "sign", "signed").expect("signed");
        let open = |task: &&crate::case::Task| task.state != TaskState::Closed;
        let open: Vec<_> = signed.tasks.iter().filter(open).map(|task| &*task.step).collect();
        assert_eq!((open, signed.late_since()), (vec!["return"], None));
        assert_eq!(signed.late, case.late, "that it was late stays");
    }
}

#[test]
fn while_the_citizen_has_the_turn_nothing_is_late_and_the_date_moves() {
    let asked = supplementing::asked(&accepted(), "process");
    assert_eq!(reason(escalate(&asked, DUE)), "NOT_AWAITED");
    assert_eq!(reason(warn(&asked)), "NOT_AWAITED");
    // Answered on Monday 23 February, 14:00 in the city: as many minutes of Friday and Monday were taken.
    let answered = supplementing::take(&asked, 1, 10 * 24 + 4).expect("answered").after;
    let due = answered.due_at.expect("promised again");
    assert!(due > instant(DUE), "{due}");
    assert_eq!(reason(escalate(&answered, DUE)), "NOT_AWAITED", "the date of before is none");
    let moved = escalate(&answered, &due.to_string()).expect("late").after;
    assert_eq!(moved.late_since(), Some(due));
}

#[test]
fn a_late_case_waits_for_its_citizen_like_any_other_and_is_late_again_for_the_same_date() {
    let asked = supplementing::asked(&late(), "process");
    assert_eq!((asked.late_since(), asked.late), (None, late().late));
    let answered = supplementing::take(&asked, 1, 20 * 24).expect("answered").after;
    assert!(answered.late_since().is_some());
    assert_eq!(reason(escalate(&answered, &answered.due_at.unwrap().to_string())), "NOT_AWAITED");
}
