//! Withdrawals: asked for as dossier tells of it, decided over gRPC.

use proto::motcua::dossier::v1::WithdrawalRequested;
use proto::motcua::r#type::v1::{DossierStatus, ReturnWay};
use proto::motcua::workflow::v1 as pb;
use support::{reason, wrong};
use tonic::Status;
use uuid::Uuid;

use crate::house::{AGENCY, ELSEWHERE, EVERY, House, by, wish};

async fn asked(house: &House, id: Uuid) {
    let event = house.fact("dossier", id, &WithdrawalRequested::default());
    house.hear(&event).await;
    house.hear(&event).await;
}

async fn grant(house: &House, officer: &str, id: Uuid) -> Result<pb::Case, Status> {
    let asked = pb::GrantWithdrawalRequest {
        name: format!("cases/{id}"),
        etag: String::new(),
        request_id: wish(),
    };
    Ok(house.cases().grant_withdrawal(by(officer, asked)).await?.into_inner())
}

async fn deny(house: &House, officer: &str, id: Uuid, text: &str) -> Result<pb::Case, Status> {
    let asked = pb::DenyWithdrawalRequest {
        name: format!("cases/{id}"),
        text: text.into(),
        etag: String::new(),
        request_id: wish(),
    };
    Ok(house.cases().deny_withdrawal(by(officer, asked)).await?.into_inner())
}

#[tokio::test(flavor = "multi_thread")]
async fn before_acceptance_a_dossier_is_withdrawn_at_once() {
    let house = House::build().await;
    let id = house.submitted(AGENCY, ReturnWay::Counter).await;
    asked(&house, id).await;
    let expected = ["CaseOpened", "TaskOpened", "WithdrawalGranted", "CaseClosed"];
    assert_eq!(house.published(id).await, expected);
    let case = house.case(id).await;
    assert_eq!(case.status(), DossierStatus::Withdrawn);
    assert_eq!(case.tasks[0].state(), pb::TaskState::Closed);
    assert!(house.last::<pb::WithdrawalGranted>(id).await.officer.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn after_acceptance_the_desk_decides_by_its_worklist() {
    let house = House::build().await;
    let id = house.submitted(AGENCY, ReturnWay::Counter).await;
    house.work(id, "receive", "accepted").await;
    asked(&house, id).await;
    let officer = house.claims(id, "withdraw").await;
    let stranger = house.officer(ELSEWHERE, &EVERY);
    assert_eq!(reason(grant(&house, &stranger, id).await), "NOT_PERMITTED");
    let silent = deny(&house, &officer, id, " ").await;
    assert_eq!(wrong(silent), [("text".into(), "REQUIRED".into())]);
    let case = deny(&house, &officer, id, "Kết quả của bà Bình đã trình ký.").await.unwrap();
    assert_eq!(case.status(), DossierStatus::Accepted);
    let fact: pb::WithdrawalDenied = house.last(id).await;
    let service = house.alone.service("dossier");
    let grounds = pb::GetGroundsRequest { name: fact.grounds };
    let grounds = house.grounds().get_grounds(by(&service, grounds)).await.unwrap().into_inner();
    assert_eq!(grounds.kind(), pb::GroundsKind::WithdrawalDenial);
    assert!(grounds.grounds[0].text.contains("Bình"));
    assert!(!house.alone.dump().await.contains("Bình"));

    asked(&house, id).await;
    let officer = house.claims(id, "withdraw").await;
    let case = grant(&house, &officer, id).await.unwrap();
    assert_eq!(case.status(), DossierStatus::Withdrawn);
    let told = house.published(id).await;
    assert_eq!(told[told.len() - 3..], ["WithdrawalGranted", "TaskClosed", "CaseClosed"]);
    let process = house.officer(AGENCY, &EVERY);
    let claim =
        pb::ClaimTaskRequest { name: format!("cases/{id}/tasks/process"), request_id: wish() };
    let over = house.tasks().claim_task(by(&process, claim)).await;
    assert_eq!(reason(over), "TASK_CLOSED");
}
