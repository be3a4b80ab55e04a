//! Withdrawals: who may ask for what when, and what the answer leaves behind.

use chassis::clock::timestamp;
use proto::motcua::dossier::v1 as pb;
use proto::motcua::dossier::v1::{ActorKind, EntryKind};
use proto::motcua::r#type::v1::DossierStatus;
use proto::motcua::workflow::v1::{WithdrawalDenied, WithdrawalGranted};
use support::{AGENCY, reason, wish};
use tonic::Status;

use crate::desk::{Desk, ELSEWHERE, OFFICER, OWNER};
use crate::workflow::WORDS;

const STRANGER: &str = "accounts/019abf00-0000-7000-8000-000000000009";

async fn ask(desk: &Desk, who: &str, dossier: &str) -> Result<pb::Dossier, Status> {
    let asked = pb::RequestWithdrawalRequest {
        name: dossier.into(),
        etag: String::new(),
        request_id: wish(),
    };
    Ok(desk.dossiers().request_withdrawal(desk.of(who, asked)).await?.into_inner())
}

fn granted(desk: &Desk, officer: &str) -> WithdrawalGranted {
    WithdrawalGranted {
        grant_time: Some(timestamp(desk.alone.clock.now())),
        status_after: DossierStatus::Withdrawn.into(),
        officer: officer.into(),
        ..Default::default()
    }
}

/// Denied with grounds, or because it came too late.
fn denied(desk: &Desk, dossier: &str, with_grounds: bool) -> WithdrawalDenied {
    let grounds = format!("{}/grounds/2", dossier.replace("dossiers/", "cases/"));
    WithdrawalDenied {
        deny_time: Some(timestamp(desk.alone.clock.now())),
        status_after: DossierStatus::NewlyRegistered.into(),
        officer: if with_grounds { OFFICER.into() } else { String::new() },
        grounds: if with_grounds { grounds } else { String::new() },
        ..Default::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_asks_once_at_a_time_and_workflow_decides() {
    let desk = Desk::open().await;
    let draft = desk.draft().await;
    assert_eq!(reason(ask(&desk, OWNER, &draft).await), "DOSSIER_NOT_SUBMITTED");
    let dossier = desk.submitted("post").await.name;
    assert_eq!(reason(ask(&desk, STRANGER, &dossier).await), "NOT_PERMITTED");
    let asked = ask(&desk, OWNER, &dossier).await.unwrap();
    assert_eq!(asked.status(), DossierStatus::NewlyRegistered, "a statement, no decision");
    assert!(asked.withdrawal_request_time.is_some());
    assert_eq!(reason(ask(&desk, OWNER, &dossier).await), "WITHDRAWAL_WAITS");
    assert_eq!(desk.alone.facts::<pb::WithdrawalRequested>().await.len(), 1);

    let mut workflow = desk.facts("workflow", &dossier);
    workflow.hear(granted(&desk, "")).await;
    let after = desk.read(OWNER, &dossier).await.unwrap();
    assert_eq!(after.status(), DossierStatus::Withdrawn);
    assert_eq!((after.withdrawal_request_time, after.actions.len()), (None, 0));
    assert_eq!(reason(ask(&desk, OWNER, &dossier).await), "TOO_LATE_TO_WITHDRAW");
    let told = desk.timeline(&dossier).await;
    let told: Vec<_> = told.iter().map(|entry| (entry.kind(), entry.actor())).collect();
    let by_owner = |kind| (kind, ActorKind::Citizen);
    let expected = [by_owner(EntryKind::WithdrawalRequested), by_owner(EntryKind::Withdrawn)];
    assert_eq!(told[1..], expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_denial_is_read_with_the_dossier_and_may_be_followed_by_another_wish() {
    let desk = Desk::open().await;
    let dossier = desk.submitted("post").await.name;
    let mut workflow = desk.facts("workflow", &dossier);
    for _ in 0..4 {
        ask(&desk, OWNER, &dossier).await.unwrap();
        workflow.hear(denied(&desk, &dossier, false)).await;
    }
    assert!(desk.documents_of(OWNER, &dossier).await.unwrap().is_empty(), "none of them");
    ask(&desk, OWNER, &dossier).await.unwrap();
    workflow.hear(denied(&desk, &dossier, true)).await;
    let listed = desk.documents_of(OWNER, &dossier).await.unwrap();
    assert_eq!((listed.len(), listed[0].kind()), (1, pb::DocumentKind::WithdrawalDenial));
    assert!(listed[0].withdrawal_denial.as_ref().unwrap().text.is_empty());
    let notice = desk.document(OWNER, &listed[0].name).await.unwrap();
    assert!(notice.officer.starts_with(AGENCY));
    let notice = notice.withdrawal_denial.unwrap();
    assert!(notice.text.contains(WORDS) && notice.text_vi.contains(WORDS), "{notice:?}");
    let stranger = desk.document(ELSEWHERE, &listed[0].name).await;
    assert_eq!(reason(stranger), "NOT_PERMITTED");
    assert_eq!(reason(ask(&desk, OWNER, &dossier).await), "TOO_MANY_WITHDRAWALS");
    let open = desk.read(OWNER, &dossier).await.unwrap();
    assert_eq!(open.status(), DossierStatus::NewlyRegistered);
}
