//! Worked cases of the result's way: at the counter, electronically, by post, and by post in vain.

use jiff::SignedDuration;

use super::*;
use crate::case::{DeliverParcel, TakeParcelBack};
use crate::events::message;
use prost::Message as _;
use proto::motcua::workflow::v1::CaseClosed;

const PROCEDURE: &str = "procedures/1.004222/versions/1";

fn signed(way: ReturnWay) -> Decided<Case, Named> {
    let case = accepted_of(&opened_for(PROCEDURE, way));
    let case = complete(&case, "process", "done").expect("done");
    completed(&case, "sign", "signed").expect("signed")
}

fn hours(count: i64) -> SignedDuration {
    SignedDuration::from_hours(count)
}

fn later<C: Command<Root = Case>>(
    command: &C,
    case: &Case,
    now: Timestamp,
) -> Result<Decided<Case, C::Answer>, Refusal> {
    let mut numbers = Numbers::default();
    command.decide(Some(case), &RULES, &mut At::new(now, [1; 32], &mut numbers))
}

fn deliver(case: &Case, at: Timestamp, heard: Timestamp) -> Result<Decided<Case, ()>, Refusal> {
    later(&DeliverParcel { id: ID, delivered_at: at }, case, heard)
}

/// What is told of the facts: their names, and status and way after each.
fn told(facts: &[Fact]) -> Vec<(&'static str, i32, i32)> {
    let row = |fact: &Fact| match fact {
        Fact::TaskClosed(case, _) => ("closed task", case.status.into(), case.return_way.into()),
        Fact::TaskOpened(case, _) => ("opened task", case.status.into(), case.return_way.into()),
        Fact::Issued(case, _) => ("issued", case.status.into(), case.return_way.into()),
        Fact::Returned(case, _) => ("returned", case.status.into(), case.return_way.into()),
        Fact::Closed(case, _) => ("closed", case.status.into(), case.return_way.into()),
        other => panic!("{other:?}"),
    };
    facts.iter().map(row).collect()
}

#[test]
fn at_the_counter_an_officer_hands_it_over() {
    let Decided { after, facts, .. } = signed(ReturnWay::Counter);
    let expected = [("closed task", 9, 2), ("issued", 9, 2), ("opened task", 9, 2)];
    assert_eq!(told(&facts), expected);
    assert_eq!((after.issued_at, after.closed_at), (Some(now()), None));
    let handed = completed(&after, "return", "returned").expect("handed over");
    assert_eq!(
        told(&handed.facts),
        [("closed task", 10, 2), ("returned", 10, 2), ("closed", 10, 2)]
    );
}

#[test]
fn an_electronic_result_ends_the_case_at_once() {
    let Decided { after, facts, .. } = signed(ReturnWay::Electronic);
    let expected =
        [("closed task", 9, 3), ("issued", 9, 3), ("returned", 10, 3), ("closed", 10, 3)];
    assert_eq!(told(&facts), expected);
    assert_eq!(after.closed_at, Some(now()));
}

#[test]
fn a_parcel_delivered_ends_the_case_as_of_its_delivery() {
    let Decided { after, facts, .. } = signed(ReturnWay::Post);
    assert_eq!(told(&facts), [("closed task", 9, 1), ("issued", 9, 1)]);
    assert!(after.tasks.iter().all(|task| task.state == TaskState::Closed), "nobody's work");
    let (delivered_at, heard_at) = (now() + hours(30), now() + hours(40));
    let delivered = deliver(&after, delivered_at, heard_at).expect("delivered");
    assert_eq!(told(&delivered.facts), [("returned", 10, 1), ("closed", 10, 1)]);
    assert!(matches!(delivered.facts[0], Fact::Returned(_, at) if at == delivered_at));
    assert_eq!(delivered.after.closed_at, Some(heard_at));
    let again = deliver(&delivered.after, delivered_at, heard_at);
    assert_eq!(reason(again), "NO_PARCEL", "a repeat changes nothing");
}

#[test]
fn a_carriers_clock_keeps_between_issue_and_now() {
    let case = signed(ReturnWay::Post).after;
    let heard = now() + hours(2);
    for (said, taken) in [(now() - hours(1), now()), (heard + hours(1), heard)] {
        let facts = deliver(&case, said, heard).expect("delivered").facts;
        assert!(matches!(facts[0], Fact::Returned(_, at) if at == taken), "{facts:?}");
    }
}

#[test]
fn a_parcel_that_came_back_is_handed_over_at_the_counter() {
    let case = signed(ReturnWay::Post).after;
    let back = decide(&TakeParcelBack { id: ID }, Some(&case)).expect("back");
    assert_eq!(told(&back.facts), [("opened task", 9, 2)]);
    let late = deliver(&back.after, now(), now());
    assert_eq!(reason(late), "NO_PARCEL", "the parcel is at the counter: a person decides");
    assert_eq!(reason(decide(&TakeParcelBack { id: ID }, Some(&back.after))), "NO_PARCEL");
    let handed = completed(&back.after, "return", "returned").expect("handed over");
    assert_eq!(told(&handed.facts)[1], ("returned", 10, 2));
}

#[test]
fn what_comes_before_its_time_changes_nothing() {
    for case in [opened(), accepted(), signed(ReturnWay::Counter).after] {
        assert_eq!(reason(deliver(&case, now(), now())), "NO_PARCEL");
        assert_eq!(reason(decide(&TakeParcelBack { id: ID }, Some(&case))), "NO_PARCEL");
    }
    assert_eq!(reason(decide(&TakeParcelBack { id: ID }, None)), "NO_PARCEL");
}

/// The office keeps its word by issuing in time, however long the post takes; it breaks it by issuing late, however quick the post.
#[test]
fn the_date_is_kept_by_the_day_of_issue() {
    let on_time = |facts: &[Fact]| {
        let closed = facts.iter().find(|fact| matches!(fact, Fact::Closed(..))).expect("closed");
        CaseClosed::decode(message(closed).body.as_slice()).expect("a message").on_time
    };
    let case = signed(ReturnWay::Post).after;
    let due = case.due_at.expect("due");
    let slow = deliver(&case, due + hours(100), due + hours(100)).expect("delivered");
    assert!(on_time(&slow.facts));
    let late = Case { issued_at: Some(due + hours(1)), ..case };
    let late = deliver(&late, due + hours(1), due + hours(1)).expect("delivered");
    assert!(!on_time(&late.facts));
}
