//! A promised date that passed: the owner sees it, and has one apology with the new date.

use chassis::clock::timestamp;
use jiff::Timestamp;
use proto::motcua::access::v1::Role;
use proto::motcua::dossier::v1 as pb;
use proto::motcua::dossier::v1::{ActorKind, EntryKind};
use proto::motcua::r#type::v1::DossierStatus;
use proto::motcua::workflow::v1::CaseLate;
use support::reason;

use crate::desk::{Desk, ELSEWHERE, OFFICER, OWNER};

fn at(text: &str) -> Option<prost_types::Timestamp> {
    Some(timestamp(text.parse::<Timestamp>().unwrap()))
}

fn late() -> CaseLate {
    CaseLate {
        due_time: at("2026-11-27T10:00:00Z"),
        escalate_time: at("2026-11-27T10:00:01Z"),
        new_due_time: at("2026-12-01T10:00:00Z"),
        lies_with: Role::Signing.into(),
        status_after: DossierStatus::InProcessing.into(),
        ..Default::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_late_is_explained_and_apologised_for_once() {
    let desk = Desk::open().await;
    let dossier = desk.submitted("post").await.name;
    let mut workflow = desk.facts("workflow", &dossier);
    workflow.hear(late()).await;
    workflow.hear(late()).await;
    let after = desk.read(OWNER, &dossier).await.unwrap();
    assert_eq!((after.late_time, after.new_due_time), (late().due_time, late().new_due_time));
    let told = desk.timeline(&dossier).await;
    let is_late = told.iter().find(|entry| entry.kind() == EntryKind::Late).unwrap();
    assert_eq!((is_late.happen_time, is_late.actor()), (late().due_time, ActorKind::System));

    let listed = desk.documents_of(OWNER, &dossier).await.unwrap();
    assert_eq!((listed.len(), listed[0].kind()), (1, pb::DocumentKind::ApologySlip), "one");
    assert!(listed[0].apology_slip.as_ref().unwrap().text_vi.is_empty());
    for reader in [OWNER, OFFICER] {
        let read = desk.document(reader, &listed[0].name).await.unwrap();
        let slip = read.apology_slip.unwrap();
        assert_eq!((slip.due_time, slip.new_due_time), (late().due_time, late().new_due_time));
        assert_eq!((slip.lies_with(), slip.applicant.as_str()), (Role::Signing, "Nguyễn Văn An"));
        assert!(slip.text_vi.contains("Hẹn lại ngày trả kết quả: 17:00 01/12/2026"), "{slip:?}");
    }
    let stranger = desk.document(ELSEWHERE, &listed[0].name).await;
    assert_eq!(reason(stranger), "NOT_PERMITTED");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_new_date_can_be_counted_none_is_promised() {
    let desk = Desk::open().await;
    let dossier = desk.submitted("post").await.name;
    desk.facts("workflow", &dossier).hear(CaseLate { new_due_time: None, ..late() }).await;
    let after = desk.read(OWNER, &dossier).await.unwrap();
    assert_eq!((after.late_time, after.new_due_time), (late().due_time, None));
    let listed = desk.documents_of(OWNER, &dossier).await.unwrap();
    let slip = desk.document(OWNER, &listed[0].name).await.unwrap().apology_slip.unwrap();
    assert!(slip.text_en.contains("New date: the agency will tell it later"), "{slip:?}");
}
