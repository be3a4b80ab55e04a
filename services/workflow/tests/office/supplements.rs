//! Supplements: asked for over gRPC, answered and lapsed as dossier tells of it.

use chassis::clock::timestamp;
use proto::motcua::dossier::v1::{DossierSupplemented, SupplementLapsed};
use proto::motcua::r#type::v1::{DossierStatus, ReturnWay, StopReason};
use proto::motcua::workflow::v1 as pb;
use support::{nobody, reason, wrong};
use tonic::Status;
use uuid::Uuid;

use crate::house::{AGENCY, ELSEWHERE, EVERY, House, by, wish};

const WORDS: &str = "Hóa đơn của bà Bình bị mờ.";

async fn request(
    house: &House,
    officer: &str,
    id: Uuid,
    items: &[(&str, &str)],
) -> Result<pb::Case, Status> {
    let item = |(subject, text): &(&str, &str)| pb::MissingItem {
        subject: (*subject).into(),
        text: (*text).into(),
    };
    let asked = pb::RequestSupplementRequest {
        name: format!("cases/{id}"),
        items: items.iter().map(item).collect(),
        etag: String::new(),
        request_id: wish(),
    };
    Ok(house.cases().request_supplement(by(officer, asked)).await?.into_inner())
}

/// A dossier in processing whose owner is asked for something.
async fn asked(house: &House) -> Uuid {
    let id = house.submitted(AGENCY, ReturnWay::Counter).await;
    house.work(id, "receive", "accepted").await;
    let officer = house.claims(id, "process").await;
    let items = [("papers.invoice", WORDS), ("answers.applicant.phone", "không gọi được")];
    let case = request(house, &officer, id, &items).await.unwrap();
    assert_eq!(case.status(), DossierStatus::SupplementRequired);
    id
}

fn answered(house: &House, number: i32) -> DossierSupplemented {
    let answer_time = Some(timestamp(house.now()));
    let return_way = ReturnWay::Post.into();
    DossierSupplemented { number, answer_time, return_way, ..Default::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_lets_the_clock_run_again_and_opens_the_step_once() {
    let house = House::build().await;
    let id = asked(&house).await;
    let fact: pb::SupplementRequested = house.last(id).await;
    assert_eq!((fact.number, fact.subjects.len()), (1, 2));
    let case = house.case(id).await;
    assert_eq!(case.due_time, None);
    assert_eq!(case.pauses[0].expire_time, fact.expire_time);
    let service = house.alone.service("dossier");
    let grounds = pb::GetGroundsRequest { name: fact.grounds };
    let grounds = house.grounds().get_grounds(by(&service, grounds)).await.unwrap().into_inner();
    assert_eq!(grounds.kind(), pb::GroundsKind::Supplement);
    assert_eq!(
        (&*grounds.grounds[0].subject, &*grounds.grounds[0].text),
        ("papers.invoice", WORDS)
    );

    house.later(24);
    let event = house.fact("dossier", id, &answered(&house, 1));
    house.hear(&event).await;
    house.hear(&event).await;
    let told = house.published(id).await;
    let expected =
        ["SupplementRequested", "TaskClosed", "ClockPaused", "ClockResumed", "TaskOpened"];
    assert_eq!(told[told.len() - 5..], expected);
    let case = house.case(id).await;
    assert_eq!((case.status(), case.return_way()), (DossierStatus::Accepted, ReturnWay::Post));
    assert!(case.due_time.is_some());
    house.work(id, "process", "done").await;
    let dump = house.alone.dump().await;
    assert!(dump.contains("papers.invoice") && !dump.contains("Bình"), "what may be kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_lapsed_ends_its_case() {
    let house = House::build().await;
    let id = asked(&house).await;
    house.later(24 * 31);
    let lapse_time = house.case(id).await.pauses[0].expire_time;
    let lapsed = SupplementLapsed { number: 1, lapse_time, ..Default::default() };
    house.hear(&house.fact("dossier", id, &lapsed)).await;
    house.hear(&house.fact("dossier", id, &answered(&house, 1))).await;
    let case = house.case(id).await;
    assert_eq!(case.status(), DossierStatus::ProcessingStopped);
    assert!(case.close_time.is_some());
    let stopped: pb::CaseStopped = house.last(id).await;
    assert_eq!(stopped.reason(), StopReason::SupplementLapsed);
    assert_eq!(stopped.stop_time, lapse_time, "the deadline, however late it was heard of");
    assert!(house.last::<pb::CaseClosed>(id).await.on_time);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_form_does_not_have_is_not_asked_for() {
    let house = House::build().await;
    let id = house.submitted(AGENCY, ReturnWay::Counter).await;
    house.work(id, "receive", "accepted").await;
    let officer = house.claims(id, "process").await;
    let items = [("papers.photo", "x"), ("answers.applicant.age", ""), ("papers.invoice", "x")];
    let refused = request(&house, &officer, id, &items).await;
    let expected = [
        ("items[0].subject", "NOT_IN_FORM"),
        ("items[1].subject", "NOT_IN_FORM"),
        ("items[1].text", "REQUIRED"),
    ];
    assert_eq!(wrong(refused), expected.map(|(field, why)| (field.into(), why.into())));
    let items = [("papers.invoice", "x")];
    let elsewhere = house.officer(ELSEWHERE, &EVERY);
    assert_eq!(reason(request(&house, &elsewhere, id, &items).await), "NOT_PERMITTED");
    let other = house.officer(AGENCY, &EVERY);
    assert_eq!(reason(request(&house, &other, id, &items).await), "TASK_NOT_CLAIMED");
    assert!(request(&house, &officer, id, &items).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_asked_for_while_nobody_tells_what_can_be() {
    let house = House::beside(nobody()).await;
    let id = house.submitted(AGENCY, ReturnWay::Counter).await;
    house.work(id, "receive", "accepted").await;
    let officer = house.claims(id, "process").await;
    let refused = request(&house, &officer, id, &[("papers.invoice", "x")]).await;
    assert_eq!(reason(refused), "FORMS_UNAVAILABLE");
}
