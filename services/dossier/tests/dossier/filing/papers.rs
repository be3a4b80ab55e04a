//! Papers a dossier has to hold.

use super::desk::{Desk, PAPERS, pdf, pdf_of, reason, wrong};

#[tokio::test(flavor = "multi_thread")]
async fn a_dossier_without_its_papers_is_not_taken() {
    let desk = Desk::open().await;
    let name = desk.filled().await;
    let all = PAPERS.map(|paper| (format!("papers.{paper}"), "PAPER_REQUIRED".to_owned()));
    assert_eq!(wrong(desk.submit(&name).await), all);
    desk.upload(&desk.citizen, &name, PAPERS[0], &pdf(300_000)).await;
    desk.upload(&desk.citizen, &name, PAPERS[1], &pdf(10)).await;
    // An upload that is under way is no paper yet.
    let wished = pdf_of(PAPERS[2], &pdf(10));
    let under_way = desk.create(&desk.citizen, &name, wished).await.unwrap();
    assert_eq!(wrong(desk.submit(&name).await), all[2..]);
    desk.write(&desk.citizen, &under_way.name, 0, &pdf(10)).await.unwrap();
    assert!(!desk.submit(&name).await.unwrap().code.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paper_that_went_since_it_was_read_is_missed() {
    let desk = Desk::open().await;
    let name = desk.filled().await;
    let file = desk.upload(&desk.citizen, &name, PAPERS[0], &pdf(10)).await;
    for paper in &PAPERS[1..] {
        desk.upload(&desk.citizen, &name, paper, &pdf(10)).await;
    }
    desk.delete(&desk.citizen, &file.name).await.unwrap();
    assert_eq!(reason(desk.submit(&name).await), "FIELDS_INVALID");
}
