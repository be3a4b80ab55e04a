//! Which drafts are opened, listed and deleted.

use std::collections::BTreeSet;

use chassis::status::reason;
use proto::motcua::dossier::v1 as pb;
use support::{AGENCY, nobody, wish, wrong};
use tonic::{Code, Status};

use crate::desk::{Desk, OWNER, new_draft};

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_opened_at_an_agency_that_settles_its_procedure() {
    let desk = Desk::open().await;
    let cases = [
        (AGENCY, None),
        ("agencies/00079", Some("AGENCY_NOT_COMPETENT")),
        ("agencies/99999", Some("AGENCY_UNKNOWN")),
        ("agencies/x", Some("MALFORMED")),
    ];
    let without_form = pb::Dossier {
        procedure: "procedures/1.013066/versions/-".into(),
        agency: "agencies/26860".into(),
        ..pb::Dossier::default()
    };
    let asked =
        pb::CreateDossierRequest { dossier: Some(without_form), ..new_draft("agencies/26860") };
    let refused = desk.create(OWNER, &asked).await;
    assert_eq!(
        wrong(refused),
        [("dossier.procedure".to_owned(), "PROCEDURE_WITHOUT_FORM".to_owned())]
    );
    for (agency, expected) in cases {
        let opened = desk.create(OWNER, &new_draft(agency)).await;
        let Some(word) = expected else {
            opened.unwrap();
            continue;
        };
        let refused = opened.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument, "{agency}");
        let details = String::from_utf8_lossy(refused.details()).into_owned();
        assert!(details.contains(word) && details.contains("dossier.agency"), "{details}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_identity_that_is_away_is_told_and_the_wish_can_be_repeated() {
    let desk = Desk::beside(nobody(), nobody(), &[]).await;
    let refused = desk.create(OWNER, &new_draft(AGENCY)).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable);
    assert_eq!(reason(&refused).as_deref(), Some("AGENCIES_UNAVAILABLE"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_citizen_has_so_many_drafts_and_a_repeat_is_no_new_one() {
    let desk = Desk::open().await;
    let mut last = pb::CreateDossierRequest::default();
    for _ in 0..50 {
        last = new_draft(AGENCY);
        desk.create(OWNER, &last).await.unwrap();
    }
    let refused = desk.create(OWNER, &new_draft(AGENCY)).await.unwrap_err();
    assert_eq!(reason(&refused).as_deref(), Some("TOO_MANY_DRAFTS"));
    let deleted = desk.create(OWNER, &last).await.unwrap();
    desk.delete(OWNER, &deleted.name, &deleted.etag, &wish()).await.unwrap();
    last = new_draft(AGENCY);
    desk.create(OWNER, &last).await.expect("there is room again");
    let repeated = desk.create(OWNER, &last).await.unwrap();
    let another = "accounts/019abf00-0000-7000-8000-000000000002";
    desk.create(another, &new_draft(AGENCY)).await.unwrap();
    desk.fill_in(&repeated.name, "post").await;
    desk.add_papers(&repeated.name).await;
    desk.submit(&repeated.name).await.unwrap();
    desk.create(OWNER, &new_draft(AGENCY)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_draft_does_not_exist() {
    let desk = Desk::open().await;
    let name = desk.filled("post").await;
    desk.add_papers(&name).await;
    let draft = desk.read(OWNER, &name).await.unwrap();
    let file = desk.list_files(OWNER, &name).await.unwrap().remove(0);
    let another = "accounts/019abf00-0000-7000-8000-000000000002";
    let refused = desk.delete(another, &name, "", &wish()).await.unwrap_err();
    assert_eq!(reason(&refused).as_deref(), Some("NOT_PERMITTED"));
    let refused = desk.delete(OWNER, &name, "0", &wish()).await.unwrap_err();
    assert_eq!(reason(&refused).as_deref(), Some("ETAG_STALE"));

    let deletion = wish();
    desk.delete(OWNER, &name, &draft.etag, &deletion).await.unwrap();
    desk.delete(OWNER, &name, &draft.etag, &deletion).await.expect("a repeat is fine");
    let gone = [
        desk.read(OWNER, &name).await.err(),
        desk.delete(OWNER, &name, "", &wish()).await.err(),
        desk.submit(&name).await.err(),
        desk.read_file(OWNER, &file.name).await.err(),
        desk.get_file(OWNER, &file.name).await.err(),
        desk.list_files(OWNER, &name).await.err(),
    ];
    for refused in gone {
        let refused = refused.expect("as what never was");
        assert_eq!(reason(&refused).as_deref(), Some("NOT_PERMITTED"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_draft_without_files_leaves_nothing_behind() {
    let desk = Desk::open().await;
    let name = desk.filled("post").await;
    desk.delete(OWNER, &name, "", &wish()).await.unwrap();
    let left =
        "select (select count(*) from dossier.dossiers) + (select count(*) from dossier.steps)
                + (select count(*) from chassis.timer)";
    assert_eq!(desk.alone.number(left).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_repeat_does_not_show_what_another_put_under_the_same_id() {
    let desk = Desk::open().await;
    let first = pb::CreateDossierRequest { dossier_id: wish(), ..new_draft(AGENCY) };
    let opened = desk.create(OWNER, &first).await.unwrap();
    desk.delete(OWNER, &opened.name, "", &wish()).await.unwrap();
    let another = "accounts/019abf00-0000-7000-8000-000000000002";
    let same_id = pb::CreateDossierRequest { request_id: wish(), ..first.clone() };
    let theirs = desk.create(another, &same_id).await.unwrap();
    assert_eq!(theirs.name, opened.name);
    let refused = desk.create(OWNER, &first).await.unwrap_err();
    assert_eq!(reason(&refused).as_deref(), Some("NOT_PERMITTED"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_submitted_is_not_deleted() {
    let desk = Desk::open().await;
    let dossier = desk.submitted("post").await;
    let refused = desk.delete(OWNER, &dossier.name, "", &wish()).await.unwrap_err();
    assert_eq!(reason(&refused).as_deref(), Some("DOSSIER_SUBMITTED"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owners_dossiers_are_told_by_status_and_procedure() {
    let desk = Desk::open().await;
    let submitted = desk.submitted("post").await.name;
    let drafts = BTreeSet::from([desk.draft().await, desk.draft().await]);
    let list = async |filter: &str, page_token: &str| {
        let (page_token, filter) = (page_token.into(), filter.into());
        let asked = pb::ListDossiersRequest { page_size: 1, page_token, filter };
        Ok(desk.dossiers().list_dossiers(desk.of(OWNER, asked)).await?.into_inner())
    };
    let draft = "draft = true";
    let first = list(draft, "").await.unwrap();
    let second = list(draft, &first.next_page_token).await.unwrap();
    let told = [&first, &second].map(|page| page.dossiers[0].name.clone());
    assert_eq!(BTreeSet::from(told), drafts);
    let end = list(draft, &second.next_page_token).await.unwrap();
    assert!(end.dossiers.is_empty() && end.next_page_token.is_empty());
    let of_it = r#"procedure = "procedures/1.012575" AND status = DOSSIER_STATUS_NEWLY_REGISTERED"#;
    assert_eq!(list(of_it, "").await.unwrap().dossiers[0].name, submitted);
    let of_other = list(r#"procedure = "procedures/1.013066""#, "").await.unwrap();
    assert!(of_other.dossiers.is_empty());
    for (filter, page_token, field) in
        [("status = 1", "", "filter"), ("", first.next_page_token.as_str(), "page_token")]
    {
        let refused: Result<_, Status> = list(filter, page_token).await;
        assert_eq!(wrong(refused)[0].0, field);
    }
}
