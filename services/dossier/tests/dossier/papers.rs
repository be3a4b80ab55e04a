//! Papers a dossier has to hold.

use support::{reason, wrong};

use crate::desk::{Desk, OWNER, PAPERS};
use crate::files::{pdf, pdf_of};

#[tokio::test(flavor = "multi_thread")]
async fn a_dossier_without_its_papers_is_not_taken() {
    let desk = Desk::open().await;
    let name = desk.filled("post").await;
    let all = PAPERS.map(|paper| (format!("papers.{paper}"), "PAPER_REQUIRED".to_owned()));
    assert_eq!(wrong(desk.submit(&name).await), all);
    desk.upload(OWNER, &name, PAPERS[0], &pdf(300_000)).await;
    desk.upload(OWNER, &name, PAPERS[1], &pdf(10)).await;
    // An upload that is under way is no paper yet.
    let wished = pdf_of(PAPERS[2], &pdf(10));
    let under_way = desk.create_file(OWNER, &name, wished).await.unwrap();
    assert_eq!(wrong(desk.submit(&name).await), all[2..]);
    desk.write_file(OWNER, &under_way.name, 0, &pdf(10)).await.unwrap();
    let another = desk.create_file(OWNER, &name, pdf_of(PAPERS[2], &pdf(10))).await.unwrap();
    let unfinished = (format!("papers.{}", PAPERS[2]), "UPLOAD_UNFINISHED".to_owned());
    assert_eq!(wrong(desk.submit(&name).await), [unfinished]);
    desk.delete_file(OWNER, &another.name).await.unwrap();
    assert!(!desk.submit(&name).await.unwrap().code.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paper_that_went_since_it_was_read_is_missed() {
    let desk = Desk::open().await;
    let name = desk.filled("post").await;
    let file = desk.upload(OWNER, &name, PAPERS[0], &pdf(10)).await;
    for paper in &PAPERS[1..] {
        desk.upload(OWNER, &name, paper, &pdf(10)).await;
    }
    desk.delete_file(OWNER, &file.name).await.unwrap();
    assert_eq!(reason(desk.submit(&name).await), "FIELDS_INVALID");
}
