//! Worklists: the next task for each of many, and what lists can be asked.

use std::collections::BTreeSet;

use chassis::access::Role;
use chassis::status::reason;
use futures::future::join_all;
use proto::motcua::r#type::v1::ReturnWay;
use proto::motcua::workflow::v1 as pb;
use tonic::{Code, Status};

use crate::house::{AGENCY, ELSEWHERE, EVERY, House, by, wish};

async fn next(house: &House, officer: &str, request_id: &str) -> Result<pb::Task, Status> {
    let asked = pb::ClaimNextTaskRequest { request_id: request_id.into() };
    Ok(house.tasks().claim_next_task(by(officer, asked)).await?.into_inner())
}

#[tokio::test(flavor = "multi_thread")]
async fn of_ten_officers_who_ask_at_once_each_gets_another_task_and_a_repeat_the_same() {
    let house = House::build().await;
    let elsewhere = house.submitted(ELSEWHERE, ReturnWay::Counter).await;
    for _ in 0..10 {
        house.submitted(AGENCY, ReturnWay::Counter).await;
        house.later(1);
    }
    let officers: Vec<_> = (0..10).map(|_| (house.officer(AGENCY, &EVERY), wish())).collect();
    let asked = officers.iter().map(|(officer, wish)| next(&house, officer, wish));
    let taken: Vec<pb::Task> = join_all(asked).await.into_iter().map(Result::unwrap).collect();
    let names: BTreeSet<&str> = taken.iter().map(|task| task.name.as_str()).collect();
    assert_eq!(names.len(), 10, "each another one");
    assert!(!names.iter().any(|name| name.contains(&elsewhere.to_string())));
    let (officer, first) = &officers[0];
    let none = next(&house, officer, &wish()).await.unwrap_err();
    assert_eq!(none.code(), Code::FailedPrecondition);
    assert_eq!(reason(&none).as_deref(), Some("NO_TASK_WAITS"));
    let again = next(&house, officer, first).await.unwrap();
    assert_eq!(again, taken[0], "a repeat, though no task is open any more");
    house.submitted(AGENCY, ReturnWay::Counter).await;
    assert_eq!(next(&house, officer, first).await.unwrap(), taken[0], "nor is a new one taken");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_task_is_the_oldest_for_the_officers_roles() {
    let house = House::build().await;
    let old = house.submitted(AGENCY, ReturnWay::Counter).await;
    house.later(1);
    let new = house.submitted(AGENCY, ReturnWay::Counter).await;
    house.work(old, "receive", "accepted").await;
    let receiver = house.officer(AGENCY, &[Role::Receiving]);
    let task = next(&house, &receiver, &wish()).await.unwrap();
    assert_eq!(task.name, format!("cases/{new}/tasks/receive"));
    let signer = house.officer(AGENCY, &[Role::Signing]);
    let none = next(&house, &signer, &wish()).await.unwrap_err();
    assert_eq!(reason(&none).as_deref(), Some("NO_TASK_WAITS"));
    let processor = house.officer(AGENCY, &[Role::Processing, Role::Signing]);
    let task = next(&house, &processor, &wish()).await.unwrap();
    assert_eq!(task.name, format!("cases/{old}/tasks/process"));
    assert!(task.due_time.is_some());
}

async fn listed(
    house: &House,
    officer: &str,
    filter: &str,
    order_by: &str,
) -> Result<Vec<String>, Status> {
    let mut names = Vec::new();
    let mut page_token = String::new();
    loop {
        let asked = pb::ListTasksRequest {
            parent: "cases/-".into(),
            page_size: 2,
            page_token,
            filter: filter.into(),
            order_by: order_by.into(),
        };
        let page = house.tasks().list_tasks(by(officer, asked)).await?.into_inner();
        names.extend(page.tasks.into_iter().map(|task| task.name));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok(names);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worklist_is_filtered_ordered_and_paged() {
    let house = House::build().await;
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(house.submitted(AGENCY, ReturnWay::Counter).await);
        house.later(24);
    }
    // The third is due before the first: it was accepted, and the others are not yet promised.
    for place in [2, 0] {
        house.work(ids[place], "receive", "accepted").await;
        house.later(1);
    }
    let officer = house.officer(AGENCY, &EVERY);
    let mine = next(&house, &officer, &wish()).await.unwrap().name;
    let receive = |place: usize| format!("cases/{}/tasks/receive", ids[place]);
    let process = |place: usize| format!("cases/{}/tasks/process", ids[place]);
    let by_age = vec![receive(1), receive(3), receive(4), process(2), process(0)];
    let by_due = vec![process(0), process(2), receive(1), receive(3), receive(4)];
    assert_eq!(mine, receive(1));
    for (filter, order, expected) in [
        ("", "", by_age.clone()),
        ("", "open_time", by_age.clone()),
        ("", "due_time", by_due),
        ("role = ROLE_PROCESSING", "", vec![process(2), process(0)]),
        (r#"step = "process""#, "due_time", vec![process(0), process(2)]),
        ("state = TASK_STATE_CLAIMED", "", vec![receive(1)]),
        ("officer = me", "due_time", vec![receive(1)]),
        ("officer = me AND role = ROLE_SIGNING", "", vec![]),
        ("role = ROLE_RECEIVING AND state = TASK_STATE_OPEN", "", vec![receive(3), receive(4)]),
    ] {
        let found = listed(&house, &officer, filter, order).await.unwrap();
        assert_eq!(found, expected, "{filter} by {order}");
    }
    let dossier = format!(r#"dossier = "dossiers/{}""#, ids[4]);
    assert_eq!(listed(&house, &officer, &dossier, "").await.unwrap(), [receive(4)]);
    for (filter, order) in [
        ("state = TASK_STATE_CLOSED", ""),
        ("officer = agencies/26860/officers/1", ""),
        ("role = CLERK", ""),
        ("", "due_time desc"),
    ] {
        let refused = listed(&house, &officer, filter, order).await.unwrap_err();
        assert_eq!(reason(&refused).as_deref(), Some("FIELDS_INVALID"), "{filter} by {order}");
    }
}

async fn cases(house: &House, filter: &str) -> Result<Vec<String>, Status> {
    let officer = house.officer(AGENCY, &[Role::AgencyAdministrator]);
    let mut names = Vec::new();
    let mut page_token = String::new();
    loop {
        let asked = pb::ListCasesRequest { page_size: 2, page_token, filter: filter.into() };
        let page = house.cases().list_cases(by(&officer, asked)).await?.into_inner();
        names.extend(page.cases.into_iter().map(|case| case.name));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok(names);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agency_lists_its_cases_by_status_day_and_lateness() {
    let house = House::build().await;
    let late = house.submitted(AGENCY, ReturnWay::Counter).await;
    house.submitted(ELSEWHERE, ReturnWay::Counter).await;
    house.work(late, "receive", "accepted").await;
    let settled = house.settled(ReturnWay::Post).await;
    // 23:00 at the offices, then 01:00 of the next day.
    house.later(13);
    let evening = house.submitted(AGENCY, ReturnWay::Counter).await;
    house.later(2);
    let night = house.submitted(AGENCY, ReturnWay::Counter).await;
    house.later(24 * 7);
    let named = |ids: &[uuid::Uuid]| -> Vec<String> {
        ids.iter().map(|id| format!("cases/{id}")).collect()
    };
    for (filter, expected) in [
        ("", named(&[night, evening, settled, late])),
        ("status = DOSSIER_STATUS_PROCESSING_DONE", named(&[settled])),
        ("status = DOSSIER_STATUS_NEWLY_REGISTERED", named(&[night, evening])),
        (r#"submit_day = "2026-11-26""#, named(&[night])),
        (r#"submit_day = "2026-11-25""#, named(&[evening, settled, late])),
        ("late = true", named(&[late])),
        (r#"late = true AND submit_day = "2026-11-26""#, named(&[])),
    ] {
        assert_eq!(cases(&house, filter).await.unwrap(), expected, "{filter}");
    }
    for filter in ["late = false", r#"submit_day = "26/11/2026""#, "status = 4", "agency = 1"] {
        let refused = cases(&house, filter).await.unwrap_err();
        assert_eq!(reason(&refused).as_deref(), Some("FIELDS_INVALID"), "{filter}");
    }
    let asked = || by(&house.citizen(), pb::ListCasesRequest::default());
    let denied = house.cases().list_cases(asked()).await.unwrap_err();
    assert_eq!(denied.code(), Code::PermissionDenied);
}
