//! Worked cases of the case: who may do what to it, and what follows.

mod late;
mod refusing;
mod returning;
mod supplementing;
mod waiting;
mod withdrawing;

use std::sync::LazyLock;

use chassis::access::Role;
use chassis::refusal::{Kind, Refusal};
use chassis::write::{At, Command, Decided, Numbers};
use jiff::Timestamp;
use proptest::prelude::*;
use proto::motcua::r#type::v1::{Channel, DossierStatus, ReturnWay, Visitor};
use proto::motcua::workflow::v1::TaskState;
use uuid::Uuid;

use super::ReleaseTask;
use super::{AcceptDossier, Case, ClaimTask, CompleteTask, Fact, Named, Officer, OpenCase};
use crate::process::may_follow;
use crate::rules::Rules;
use crate::working_time::Limit;

static RULES: LazyLock<Rules> = LazyLock::new(|| Rules::load().expect("the program's rules"));

const ID: Uuid = Uuid::from_u128(7);

fn now() -> Timestamp {
    "2026-02-13T03:00:00Z".parse().expect("Friday 13 February 2026, 10:00 in the city")
}

fn officer(number: u128, roles: &[Role]) -> Officer {
    let agency = "agencies/26860".to_owned();
    Officer { name: format!("{agency}/officers/{number}"), agency, roles: roles.to_vec() }
}

fn able(number: u128) -> Officer {
    officer(number, &[Role::Receiving, Role::Processing, Role::Signing])
}

fn decide<C: Command<Root = Case>>(
    command: &C,
    before: Option<&Case>,
) -> Result<Decided<Case, C::Answer>, Refusal> {
    let mut numbers = Numbers::default();
    command.decide(before, &RULES, &mut At::new(now(), [0; 32], &mut numbers))
}

fn opened() -> Case {
    opened_under("procedures/1.004222/versions/1")
}

fn opened_under(procedure: &str) -> Case {
    opened_for(procedure, ReturnWay::Counter)
}

fn opened_for(procedure: &str, return_way: ReturnWay) -> Case {
    let command = OpenCase {
        id: ID,
        code: "H29.26.860-20260213-0000001".into(),
        procedure: procedure.into(),
        agency: "agencies/26860".into(),
        channel: Channel::Online,
        limit: Limit::WorkingDays(2),
        return_way,
        submitted_at: now(),
    };
    decide(&command, None).expect("opened").after
}

fn claim(case: &Case, step: &str, officer: Officer) -> Result<Case, Refusal> {
    Ok(decide(&ClaimTask { id: ID, step: step.into(), officer }, Some(case))?.after)
}

fn release(case: &Case, step: &str, officer: Officer) -> Result<Case, Refusal> {
    Ok(decide(&ReleaseTask { id: ID, step: step.into(), officer }, Some(case))?.after)
}

fn accept(case: &Case, officer: Officer) -> Result<Decided<Case, Named>, Refusal> {
    decide(&AcceptDossier { id: ID, etag: String::new(), officer }, Some(case))
}

fn complete(case: &Case, step: &str, outcome: &str) -> Result<Case, Refusal> {
    Ok(completed(case, step, outcome)?.after)
}

fn completed(case: &Case, step: &str, outcome: &str) -> Result<Decided<Case, Named>, Refusal> {
    completed_for(case, step, outcome, Visitor::Owner)
}

fn completed_for(
    case: &Case,
    step: &str,
    outcome: &str,
    visitor: Visitor,
) -> Result<Decided<Case, Named>, Refusal> {
    let case = claim(case, step, able(1))?;
    let (step, outcome, officer) = (step.into(), outcome.into(), able(1));
    decide(&CompleteTask { id: ID, step, outcome, visitor, officer }, Some(&case))
}

fn accepted() -> Case {
    accepted_of(&opened())
}

fn accepted_of(opened: &Case) -> Case {
    let case = claim(opened, "receive", able(1)).expect("claimed");
    accept(&case, able(1)).expect("accepted").after
}

fn reason<T: std::fmt::Debug>(decided: Result<T, Refusal>) -> &'static str {
    decided.expect_err("refused").reason
}

#[test]
fn a_task_is_held_by_one_officer_with_its_role() {
    let case = opened();
    let held = claim(&case, "receive", able(1)).expect("claimed");
    assert!(claim(&held, "receive", able(1)).is_ok(), "a repeat by the one who holds it");
    assert_eq!(reason(claim(&held, "receive", able(2))), "TASK_CLAIMED");
    assert_eq!(reason(claim(&case, "receive", officer(3, &[Role::Signing]))), "NOT_PERMITTED");
    assert_eq!(reason(claim(&case, "sign", able(1))), "NOT_PERMITTED");
    assert_eq!(reason(release(&held, "receive", able(2))), "TASK_NOT_CLAIMED");
    let released = release(&held, "receive", able(1)).expect("released");
    assert!(claim(&released, "receive", able(2)).is_ok());
}

#[test]
fn another_agencys_case_answers_as_none() {
    let stranger = Officer { agency: "agencies/27484".into(), ..able(1) };
    assert_eq!(claim(&opened(), "receive", stranger.clone()), claim_nothing(stranger));
}

fn claim_nothing(officer: Officer) -> Result<Case, Refusal> {
    Ok(decide(&ClaimTask { id: ID, step: "receive".into(), officer }, None)?.after)
}

#[test]
fn acceptance_promises_a_date_in_working_time() {
    assert_eq!(reason(accept(&opened(), able(1))), "TASK_NOT_CLAIMED");
    let case = claim(&opened(), "receive", able(1)).expect("claimed");
    let decided = accept(&case, able(1)).expect("accepted");
    // Two working days over the Lunar New Year: Monday 23 and Tuesday 24 February, to the close.
    let due: Timestamp = "2026-02-24T10:00:00Z".parse().expect("an instant");
    assert_eq!(decided.after.due_at, Some(due));
    assert_eq!(decided.after.status, DossierStatus::Accepted);
    let Fact::Accepted { receipt_day, fees, .. } = &decided.facts[0] else {
        panic!("{:?}", decided.facts)
    };
    assert_eq!((receipt_day.to_string().as_str(), fees.len()), ("2026-02-13", 0));
    assert_eq!(reason(accept(&decided.after, able(1))), "TASK_CLOSED");
    let stale = AcceptDossier { id: ID, etag: "1".into(), officer: able(1) };
    assert_eq!(reason(decide(&stale, Some(&case))), "ETAG_STALE");
}

/// A client that repeats it blindly would wait for an operator's work.
#[test]
fn a_date_beyond_the_calendar_is_not_promised_and_not_worth_a_repeat() {
    let submitted_at = "2030-01-02T03:00:00Z".parse().expect("an instant");
    let case = claim(&opened(), "receive", able(1)).expect("claimed");
    let refused = accept(&Case { submitted_at, ..case }, able(1)).expect_err("no calendar");
    assert_eq!((refused.reason, refused.kind), ("CALENDAR_ENDS", Kind::Precondition));
    assert!(refused.public.en.contains("extend the calendar"), "{}", refused.public.en);
}

#[test]
fn receiving_is_completed_by_acceptance_alone() {
    assert_eq!(reason(complete(&opened(), "receive", "accepted")), "ACCEPT_DOSSIER_INSTEAD");
}

#[test]
fn a_case_goes_to_its_end_and_no_further() {
    let done = complete(&accepted(), "process", "done").expect("done");
    assert_eq!(reason(complete(&done, "sign", "painted")), "FIELDS_INVALID");
    let back = complete(&done, "sign", "sent_back").expect("sent back");
    let again = complete(&back, "process", "done").expect("done again");
    let signed = complete(&again, "sign", "signed").expect("signed");
    assert_eq!(signed.closed_at, None);
    let returned = complete(&signed, "return", "returned").expect("returned");
    assert_eq!(returned.status, DossierStatus::ResultReturned);
    assert_eq!(returned.closed_at, Some(now()));
    assert!(returned.tasks.iter().all(|task| task.state == TaskState::Closed));
    assert_eq!(reason(claim(&returned, "return", able(1))), "TASK_CLOSED");
}

#[test]
fn a_result_is_handed_over_to_someone_who_is_noted() {
    let done = complete(&accepted(), "process", "done").expect("done");
    let signed =
        completed_for(&done, "sign", "signed", Visitor::Unspecified).expect("signed").after;
    let nobody = completed_for(&signed, "return", "returned", Visitor::Unspecified);
    assert_eq!(reason(nobody), "FIELDS_INVALID");
    for visitor in [Visitor::Owner, Visitor::Representative] {
        let returned = completed_for(&signed, "return", "returned", visitor).expect("returned");
        assert_eq!(returned.after.returned_to, visitor);
    }
    let sent_back = complete(&done, "sign", "sent_back").expect("sent back");
    assert_eq!(sent_back.returned_to, Visitor::Unspecified);
}

proptest! {
    #[test]
    fn whatever_is_tried_statuses_follow_the_portals_transitions(
        tries in prop::collection::vec((0..4_usize, 0..5_usize, 1..3_u128), 0..40)
    ) {
        let mut case = opened();
        for (step, outcome, who) in tries {
            let step = ["receive", "process", "sign", "return"][step];
            let outcome = ["accepted", "done", "signed", "sent_back", "returned"][outcome];
            let after = claim(&case, step, able(who))
                .and_then(|case| accept(&case, able(who)).map(|decided| decided.after))
                .or_else(|_| complete(&case, step, outcome))
                .or_else(|_| supplementing::turn(&case, step, who))
                .or_else(|_| withdrawing::turn(&case, who))
                .unwrap_or_else(|_| case.clone());
            prop_assert!(may_follow(case.status, after.status));
            prop_assert!(case.closed_at.is_none() || after == case, "closed is closed");
            let of_process = after.tasks.iter().filter(|task| task.step != "withdraw");
            let open = of_process.filter(|task| task.state != TaskState::Closed).count();
            let office = after.closed_at.is_none() && !after.is_paused();
            prop_assert_eq!(open, usize::from(office), "one task at a time, none in a pause");
            case = after;
        }
    }
}
