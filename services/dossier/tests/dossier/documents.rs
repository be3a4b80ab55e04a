//! Slips and results.

use chassis::clock::timestamp;
use jiff::SignedDuration;
use proto::google::r#type::{Date, Money};
use proto::motcua::dossier::v1 as pb;
use proto::motcua::r#type::v1::{DossierStatus, ReturnWay};
use proto::motcua::workflow::v1::{DossierAccepted, FeeLine, ResultIssued};
use support::{AGENCY, reason, wish, wrong};
use tonic::Status;
use uuid::Uuid;

use crate::desk::{Desk, ELSEWHERE, Facts, OFFICER, OWNER};
use crate::files::{pdf, pdf_of};

async fn add(desk: &Desk, who: &str, dossier: &str, file: &str) -> Result<pb::Document, Status> {
    let document = pb::Document {
        kind: pb::DocumentKind::Result.into(),
        file: file.into(),
        ..Default::default()
    };
    let asked = pb::AddDocumentRequest {
        parent: dossier.into(),
        document: Some(document),
        request_id: wish(),
    };
    Ok(desk.documents().add_document(desk.of(who, asked)).await?.into_inner())
}

/// Workflow accepted a dossier; what it says next.
async fn accept<'a>(desk: &'a Desk, dossier: &pb::Dossier) -> Facts<'a> {
    let mut workflow = desk.facts("workflow", &dossier.name);
    workflow.hear(acceptance(desk)).await;
    workflow
}

fn acceptance(desk: &Desk) -> DossierAccepted {
    let now = desk.alone.clock.now();
    let money = |units| Money { currency_code: "VND".into(), units, nanos: 0 };
    DossierAccepted {
        accept_time: Some(timestamp(now)),
        due_time: Some(timestamp(now + SignedDuration::from_hours(48))),
        status_after: DossierStatus::Accepted.into(),
        officer: format!("{AGENCY}/officers/{}", Uuid::from_u128(9)),
        receipt_day: Some(Date { year: 2026, month: 11, day: 25 }),
        fees: vec![FeeLine { kind: 1, amount: Some(money(1_400_000)) }],
        ..Default::default()
    }
}

/// The result was signed and issued.
fn issue(desk: &Desk) -> ResultIssued {
    ResultIssued {
        issue_time: Some(timestamp(desk.alone.clock.now())),
        return_way: ReturnWay::Post.into(),
        status_after: DossierStatus::ProcessingDone.into(),
        ..Default::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn acceptance_brings_the_slip() {
    let desk = Desk::open().await;
    let dossier = desk.submitted("post").await;
    assert!(desk.documents_of(OWNER, &dossier.name).await.unwrap().is_empty());
    accept(&desk, &dossier).await;
    let listed = desk.documents_of(OWNER, &dossier.name).await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].kind(), pb::DocumentKind::AcceptanceSlip);
    let in_list = listed[0].acceptance_slip.as_ref().unwrap();
    assert!(in_list.applicant.is_empty() && in_list.text_vi.is_empty());
    for reader in [OWNER, OFFICER] {
        let slip = desk.document(reader, &listed[0].name).await.unwrap();
        let slip = slip.acceptance_slip.unwrap();
        assert_eq!((&slip.code, &slip.agency), (&dossier.code, &AGENCY.to_owned()));
        assert_eq!(slip.applicant, "Nguyễn Văn An");
        assert_eq!(slip.receipt_day.map(|day| day.day), Some(25));
        assert_eq!(slip.fees[0].units, 1_400_000);
        assert_eq!(slip.papers.len(), 3);
        assert!(slip.text_vi.contains("Người nộp: Nguyễn Văn An"), "{}", slip.text_vi);
        assert!(slip.text_vi.contains("Hẹn trả kết quả: 10:00 27/11/2026"), "{}", slip.text_vi);
        assert!(slip.text_vi.contains("Cơ quan tiếp nhận: Phường Thủ Đức"), "{}", slip.text_vi);
        assert!(slip.text_en.contains(&dossier.code), "{}", slip.text_en);
        assert!(slip.text_en.contains("Agency: Thu Duc Ward"), "{}", slip.text_en);
        for text in [&slip.text_vi, &slip.text_en] {
            assert!(!text.contains("agencies/") && !text.contains("officers/"), "{text}");
        }
    }
    let stranger = desk.document(ELSEWHERE, &listed[0].name).await;
    assert_eq!(reason(stranger), "NOT_PERMITTED");
    assert_eq!(desk.alone.facts::<pb::DocumentAdded>().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_is_the_owners_once_it_is_a_document_and_signed() {
    let desk = Desk::open().await;
    let dossier = desk.submitted("post").await;
    let mut workflow = accept(&desk, &dossier).await;
    let file = desk.upload(OFFICER, &dossier.name, "", &pdf(5000)).await;
    assert_eq!(reason(desk.read_file(OWNER, &file.name).await), "NOT_PERMITTED");
    assert_eq!(desk.list_files(OWNER, &dossier.name).await.unwrap().len(), 3);
    assert_eq!(desk.list_files(OFFICER, &dossier.name).await.unwrap().len(), 4);
    let stranger = add(&desk, ELSEWHERE, &dossier.name, &file.name).await;
    assert_eq!(reason(stranger), "NOT_PERMITTED");
    let added = add(&desk, OFFICER, &dossier.name, &file.name).await.unwrap();
    assert_eq!((added.kind(), &added.file), (pb::DocumentKind::Result, &file.name));
    assert_eq!(desk.document(OFFICER, &added.name).await.unwrap(), added);
    assert_eq!(reason(desk.read_file(OWNER, &file.name).await), "NOT_PERMITTED", "unsigned");
    assert_eq!(reason(desk.document(OWNER, &added.name).await), "NOT_PERMITTED");
    assert_eq!(desk.documents_of(OWNER, &dossier.name).await.unwrap().len(), 1, "the slip alone");
    assert_eq!(desk.list_files(OWNER, &dossier.name).await.unwrap().len(), 3);
    workflow.hear(issue(&desk)).await;
    assert_eq!(desk.read_file(OWNER, &file.name).await.unwrap(), pdf(5000));
    assert_eq!(desk.document(OWNER, &added.name).await.unwrap(), added);
    assert_eq!(desk.documents_of(OWNER, &dossier.name).await.unwrap().len(), 2);
    assert_eq!(desk.list_files(OWNER, &dossier.name).await.unwrap().len(), 4);
    let twice = add(&desk, OFFICER, &dossier.name, &file.name).await;
    assert_eq!(reason(twice), "FILE_IN_DOCUMENT");
    assert_eq!(reason(desk.delete_file(OFFICER, &file.name).await), "FILE_IN_DOCUMENT");
    assert_eq!(desk.alone.facts::<pb::DocumentAdded>().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_acceptance_brings_no_second_slip() {
    let desk = Desk::open().await;
    let dossier = desk.submitted("post").await;
    let mut workflow = accept(&desk, &dossier).await;
    let first = desk.documents_of(OWNER, &dossier.name).await.unwrap();
    desk.alone.clock.advance(SignedDuration::from_hours(1));
    workflow.hear(acceptance(&desk)).await;
    assert_eq!(desk.documents_of(OWNER, &dossier.name).await.unwrap(), first);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_complete_file_of_a_result_is_a_document() {
    let desk = Desk::open().await;
    let dossier = desk.submitted("post").await;
    accept(&desk, &dossier).await;
    let paper = desk.list_files(OWNER, &dossier.name).await.unwrap().remove(0);
    let wished = pdf_of("", &pdf(10));
    let under_way = desk.create_file(OFFICER, &dossier.name, wished).await.unwrap();
    for file in [&paper.name, &under_way.name, &under_way.name.replace('1', "2")] {
        let refused = add(&desk, OFFICER, &dossier.name, file).await;
        assert_eq!(wrong(refused)[0].0, "document.file");
    }
    let with_paper = desk.create_file(OFFICER, &dossier.name, pdf_of("x", &pdf(10))).await;
    assert_eq!(wrong(with_paper), [("file.paper".into(), "NO_SUCH_PAPER".into())]);
}
