//! A refused dossier, and its slip.

use chassis::clock::timestamp;
use proto::motcua::dossier::v1 as pb;
use proto::motcua::dossier::v1::{ActorKind, EntryKind};
use proto::motcua::r#type::v1::DossierStatus;
use proto::motcua::workflow::v1::DossierRefused;
use support::{AGENCY, nobody, reason};
use uuid::Uuid;

use crate::desk::{Desk, ELSEWHERE, OFFICER, OWNER};
use crate::identity::Identity;
use crate::workflow::WORDS;

fn refused(desk: &Desk, dossier: &pb::Dossier) -> DossierRefused {
    DossierRefused {
        refuse_time: Some(timestamp(desk.alone.clock.now())),
        status_after: DossierStatus::NotAccepted.into(),
        officer: format!("{AGENCY}/officers/{}", Uuid::from_u128(9)),
        grounds: format!("{}/grounds/1", dossier.name.replace("dossiers/", "cases/")),
        reasons: vec!["papers_lacking".into()],
        ..Default::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn refusal_brings_a_slip_with_the_officers_words_which_are_kept_nowhere_here() {
    let desk = Desk::open().await;
    let dossier = desk.submitted("post").await;
    let mut workflow = desk.facts("workflow", &dossier.name);
    workflow.hear(refused(&desk, &dossier)).await;
    let after = desk.read(OWNER, &dossier.name).await.unwrap();
    assert_eq!(after.status(), DossierStatus::NotAccepted);
    assert!(after.actions.is_empty() && after.due_time.is_none(), "{after:?}");
    let told = desk.timeline(&dossier.name).await;
    let told: Vec<_> = told.iter().map(|entry| (entry.kind(), entry.actor())).collect();
    let by_officer = |kind| (kind, ActorKind::Officer);
    assert_eq!(told[1..], [by_officer(EntryKind::Refused), by_officer(EntryKind::DocumentAdded)]);

    let listed = desk.documents_of(OWNER, &dossier.name).await.unwrap();
    assert_eq!((listed.len(), listed[0].kind()), (1, pb::DocumentKind::RefusalSlip));
    let in_list = listed[0].refusal_slip.as_ref().unwrap();
    assert_eq!(
        (in_list.reasons[0].code.as_str(), in_list.text_vi.as_str()),
        ("papers_lacking", "")
    );
    for reader in [OWNER, OFFICER] {
        let slip = desk.document(reader, &listed[0].name).await.unwrap().refusal_slip.unwrap();
        assert_eq!((&slip.code, slip.applicant.as_str()), (&dossier.code, "Nguyễn Văn An"));
        assert_eq!(slip.reasons[0].text, WORDS);
        assert!(slip.text_vi.contains(&format!("- Thành phần hồ sơ không đầy đủ: {WORDS}")));
        assert!(slip.text_en.contains(&format!("- Papers are lacking: {WORDS}")));
        assert!(slip.text_vi.contains("Từ chối lúc: 10:00 25/11/2026"), "{}", slip.text_vi);
    }
    let stranger = desk.document(ELSEWHERE, &listed[0].name).await;
    assert_eq!(reason(stranger), "NOT_PERMITTED");
    assert!(!desk.alone.dump().await.contains(WORDS));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slip_is_not_read_by_halves_while_workflow_is_away() {
    let desk = Desk::beside(Identity.serve().await, nobody(), &[]).await;
    let dossier = desk.submitted("post").await;
    let mut workflow = desk.facts("workflow", &dossier.name);
    workflow.hear(refused(&desk, &dossier)).await;
    let listed = desk.documents_of(OWNER, &dossier.name).await.unwrap();
    let read = desk.document(OWNER, &listed[0].name).await;
    assert_eq!(reason(read), "GROUNDS_UNAVAILABLE");
}
