//! Slips and results.

use proto::motcua::dossier::v1 as pb;
use tonic::Status;

use super::desk::{AGENCY, Desk, by, pdf, pdf_of, reason, wish, wrong};

async fn list(desk: &Desk, who: &str, dossier: &str) -> Result<Vec<pb::Document>, Status> {
    let asked = pb::ListDocumentsRequest { parent: dossier.into(), ..Default::default() };
    Ok(desk.documents().list_documents(by(who, asked)).await?.into_inner().documents)
}

async fn get(desk: &Desk, who: &str, name: &str) -> Result<pb::Document, Status> {
    let asked = pb::GetDocumentRequest { name: name.into() };
    Ok(desk.documents().get_document(by(who, asked)).await?.into_inner())
}

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
    Ok(desk.documents().add_document(by(who, asked)).await?.into_inner())
}

#[tokio::test(flavor = "multi_thread")]
async fn acceptance_brings_the_slip() {
    let desk = Desk::open().await;
    let dossier = desk.submitted().await;
    assert!(list(&desk, &desk.citizen, &dossier.name).await.unwrap().is_empty());
    desk.accept(&dossier).await;
    let listed = list(&desk, &desk.citizen, &dossier.name).await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].kind(), pb::DocumentKind::AcceptanceSlip);
    let in_list = listed[0].acceptance_slip.as_ref().unwrap();
    assert!(in_list.applicant.is_empty() && in_list.text_vi.is_empty());
    for reader in [&desk.citizen, &desk.officer] {
        let slip = get(&desk, reader, &listed[0].name).await.unwrap();
        let slip = slip.acceptance_slip.unwrap();
        assert_eq!((&slip.code, &slip.agency), (&dossier.code, &AGENCY.to_owned()));
        assert_eq!(slip.applicant, "Nguyễn Văn An");
        assert_eq!(slip.receipt_day.map(|day| day.day), Some(25));
        assert_eq!(slip.fees[0].units, 1_400_000);
        assert_eq!(slip.papers.len(), 3);
        assert!(slip.text_vi.contains("Người nộp: Nguyễn Văn An"), "{}", slip.text_vi);
        assert!(slip.text_vi.contains("Hẹn trả kết quả: 10:00 27/11/2026"), "{}", slip.text_vi);
        assert!(slip.text_en.contains(&dossier.code), "{}", slip.text_en);
    }
    let stranger = get(&desk, &desk.elsewhere, &listed[0].name).await;
    assert_eq!(reason(stranger), "NOT_PERMITTED");
    assert_eq!(published(&desk).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_is_the_owners_once_it_is_a_document() {
    let desk = Desk::open().await;
    let dossier = desk.submitted().await;
    desk.accept(&dossier).await;
    let file = desk.upload(&desk.officer, &dossier.name, "", &pdf(5000)).await;
    assert_eq!(reason(desk.read(&desk.citizen, &file.name).await), "NOT_PERMITTED");
    assert_eq!(desk.list(&desk.citizen, &dossier.name).await.unwrap().len(), 3);
    assert_eq!(desk.list(&desk.officer, &dossier.name).await.unwrap().len(), 4);
    let stranger = add(&desk, &desk.elsewhere, &dossier.name, &file.name).await;
    assert_eq!(reason(stranger), "NOT_PERMITTED");
    let added = add(&desk, &desk.officer, &dossier.name, &file.name).await.unwrap();
    assert_eq!((added.kind(), &added.file), (pb::DocumentKind::Result, &file.name));
    assert_eq!(desk.read(&desk.citizen, &file.name).await.unwrap(), pdf(5000));
    assert_eq!(get(&desk, &desk.citizen, &added.name).await.unwrap(), added);
    let twice = add(&desk, &desk.officer, &dossier.name, &file.name).await;
    assert_eq!(reason(twice), "FILE_IN_DOCUMENT");
    assert_eq!(reason(desk.delete(&desk.officer, &file.name).await), "FILE_IN_DOCUMENT");
    assert_eq!(published(&desk).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_complete_file_of_a_result_is_a_document() {
    let desk = Desk::open().await;
    let dossier = desk.submitted().await;
    desk.accept(&dossier).await;
    let paper = desk.list(&desk.citizen, &dossier.name).await.unwrap().remove(0);
    let wished = pdf_of("", &pdf(10));
    let under_way = desk.create(&desk.officer, &dossier.name, wished).await.unwrap();
    for file in [&paper.name, &under_way.name, &under_way.name.replace('1', "2")] {
        let refused = add(&desk, &desk.officer, &dossier.name, file).await;
        assert_eq!(wrong(refused)[0].0, "document.file");
    }
    let with_paper = desk.create(&desk.officer, &dossier.name, pdf_of("x", &pdf(10))).await;
    assert_eq!(wrong(with_paper), [("file.paper".into(), "NO_SUCH_PAPER".into())]);
}

/// Documents that the log tells of.
async fn published(desk: &Desk) -> i64 {
    let query = "select count(*) from chassis.event where type = 'motcua.dossier.v1.DocumentAdded'";
    sqlx::query_scalar(query).fetch_one(&desk.alone.database.pool()).await.unwrap()
}
