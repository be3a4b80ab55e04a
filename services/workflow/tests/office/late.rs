//! Dates that are kept or missed: the officers are warned, the head of the unit is told, and what is late shows as late.

use chassis::access::Role;
use chassis::clock::timestamp;
use jiff::Timestamp;
use proto::motcua::r#type::v1::ReturnWay;
use proto::motcua::workflow::v1 as pb;
use support::{PATIENCE, eventually, reason};
use uuid::Uuid;

use crate::house::{AGENCY, EVERY, House, by, wish};

/// Friday 27 November 2026 at the close, two working days after the house opens.
const DUE: &str = "2026-11-27T10:00:00Z";

/// Two working days after that.
const NEW_DATE: &str = "2026-12-01T10:00:00Z";

fn at(text: &str) -> Option<prost_types::Timestamp> {
    Some(timestamp(text.parse::<Timestamp>().unwrap()))
}

async fn until(house: &House, id: Uuid, fact: &str) {
    eventually(PATIENCE, async || house.published(id).await.contains(&fact.to_owned())).await;
}

/// Tasks of the agency, as an officer sees them whose token is new.
async fn worklist(house: &House, filter: &str) -> Vec<pb::Task> {
    let officer = house.officer(AGENCY, &EVERY);
    let (parent, filter) = ("cases/-".into(), filter.into());
    let asked = pb::ListTasksRequest { parent, filter, ..Default::default() };
    house.tasks().list_tasks(by(&officer, asked)).await.unwrap().into_inner().tasks
}

async fn late_cases(house: &House) -> Vec<pb::Case> {
    let officer = house.officer(AGENCY, &EVERY);
    let asked = pb::ListCasesRequest { filter: "late = true".into(), ..Default::default() };
    house.cases().list_cases(by(&officer, asked)).await.unwrap().into_inner().cases
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_is_warned_of_then_late_and_escalated_once() {
    let house = House::build().await;
    let id = house.submitted(AGENCY, ReturnWay::Counter).await;
    house.work(id, "receive", "accepted").await;
    assert_eq!(worklist(&house, "").await[0].warn_time, None);

    house.later(2 * 24 + 1);
    until(&house, id, "CaseDueSoon").await;
    let [task] = &worklist(&house, "").await[..] else { panic!("one task") };
    assert_eq!((task.warn_time, task.late_time), (Some(timestamp(house.now())), None));
    assert!(late_cases(&house).await.is_empty());

    house.later(7);
    until(&house, id, "CaseLate").await;
    let fact: pb::CaseLate = house.last(id).await;
    assert_eq!((fact.due_time, fact.new_due_time), (at(DUE), at(NEW_DATE)));
    assert_eq!(fact.lies_with(), Role::Processing);
    let late = late_cases(&house).await;
    let lateness = late[0].lateness.unwrap();
    assert_eq!(
        (late.len(), lateness.since_time, lateness.new_due_time),
        (1, at(DUE), at(NEW_DATE))
    );
    let told = worklist(&house, r#"step = "escalated""#).await;
    assert_eq!((told.len(), told[0].role(), told[0].late_time), (1, Role::Signing, at(DUE)));
    assert_eq!(told[0].outcomes, ["noted"]);

    let officer = house.officer(AGENCY, &EVERY);
    let asked = pb::ExplainDueTimeRequest { name: format!("cases/{id}") };
    let why = house.cases().explain_due_time(by(&officer, asked)).await.unwrap().into_inner();
    let last = |lines: &[String]| lines.last().cloned().unwrap();
    assert!(last(&why.lines_en).starts_with("No result by then; new date: "), "{why:?}");
    assert!(last(&why.lines_vi).contains("hẹn lại"), "{why:?}");

    house.work(id, "escalated", "noted").await;
    house.later(24);
    house.work(id, "process", "done").await;
    house.work(id, "sign", "signed").await;
    let told = house.published(id).await;
    for once in ["CaseDueSoon", "CaseLate"] {
        assert_eq!(told.iter().filter(|told| *told == once).count(), 1, "{once}: {told:?}");
    }
    let case = house.case(id).await;
    assert_eq!(case.lateness.unwrap().since_time, at(DUE), "that it was late stays");
    assert!(late_cases(&house).await.is_empty());
    let name = format!("cases/{id}/tasks/escalated");
    let claim = pb::ClaimTaskRequest { name, request_id: wish() };
    let officer = house.officer(AGENCY, &EVERY);
    assert_eq!(reason(house.tasks().claim_task(by(&officer, claim)).await), "TASK_CLOSED");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_issued_in_time_leaves_no_timer() {
    let house = House::build().await;
    let id = house.settled(ReturnWay::Counter).await;
    assert_eq!(house.alone.number("select count(*) from chassis.timer").await, 0);
    let told = house.published(id).await;
    assert!(!told.contains(&"CaseDueSoon".to_owned()), "{told:?}");
}
