//! Which drafts are opened.

use std::collections::BTreeSet;

use chassis::status::reason;
use proto::motcua::dossier::v1 as pb;
use support::{AGENCY, nobody, wrong};
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
    let desk = Desk::beside(nobody(), &[]).await;
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
    let repeated = desk.create(OWNER, &last).await.unwrap();
    let another = "accounts/019abf00-0000-7000-8000-000000000002";
    desk.create(another, &new_draft(AGENCY)).await.unwrap();
    desk.fill_in(&repeated.name, "post").await;
    desk.add_papers(&repeated.name).await;
    desk.submit(&repeated.name).await.unwrap();
    desk.create(OWNER, &new_draft(AGENCY)).await.unwrap();
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
    let draft = "status = DOSSIER_STATUS_UNSPECIFIED";
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
