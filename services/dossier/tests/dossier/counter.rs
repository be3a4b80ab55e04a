//! Whoever files at the counter has an officer do it: what the officers there may do, what goes on record, and who sees it.

use chassis::clock::timestamp;
use proto::motcua::dossier::v1 as pb;
use proto::motcua::r#type::v1::{Channel, DossierStatus, Visitor};
use proto::motcua::workflow::v1::DossierAccepted;
use support::{AGENCY, reason, wish, wrong};
use tonic::Status;

use crate::desk::{
    COLLEAGUE, Desk, ELSEWHERE, MAILING, OFFICER, OWNER, PAPERS, RECEIVER, new_draft,
};
use crate::files::pdf;

/// A wish for a draft of an account.
fn draft_for(owner: &str, agency: &str) -> pb::CreateDossierRequest {
    let mut asked = new_draft(agency);
    asked.dossier.as_mut().unwrap().owner = owner.into();
    asked
}

fn brought(name: &str, visitor: Visitor, compared: &[&str]) -> pb::HandInDossierRequest {
    let handed_in = pb::HandedIn {
        visitor: visitor.into(),
        compared: compared.iter().map(ToString::to_string).collect(),
        officer: String::new(),
    };
    let (handed_in, etag, request_id) = (Some(handed_in), String::new(), wish());
    pb::HandInDossierRequest { name: name.into(), handed_in, etag, request_id }
}

async fn hand_in(
    desk: &Desk,
    caller: &str,
    asked: pb::HandInDossierRequest,
) -> Result<pb::Dossier, Status> {
    Ok(desk.dossiers().hand_in_dossier(desk.of(caller, asked)).await?.into_inner())
}

async fn opened(desk: &Desk) -> String {
    desk.create(RECEIVER, &draft_for(OWNER, AGENCY)).await.unwrap().name
}

/// A draft that two officers of a counter filled in.
async fn filled(desk: &Desk) -> String {
    let name = opened(desk).await;
    desk.fill_in_by(COLLEAGUE, &name, "counter").await;
    for paper in PAPERS {
        desk.upload(RECEIVER, &name, paper, &pdf(1000)).await;
    }
    name
}

/// A dossier that a representative of its owner brought, with one original.
pub async fn handed_in(desk: &Desk) -> pb::Dossier {
    let name = filled(desk).await;
    hand_in(desk, RECEIVER, brought(&name, Visitor::Representative, &[PAPERS[1]])).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_files_for_a_citizen_and_the_slip_says_who_came_and_what_was_compared() {
    let desk = Desk::open().await;
    let name = filled(&desk).await;
    let asked = brought(&name, Visitor::Representative, &[PAPERS[1]]);
    let filed = hand_in(&desk, RECEIVER, asked.clone()).await.unwrap();
    assert!(!filed.code.is_empty());
    assert_eq!((filed.owner.as_str(), filed.channel()), (OWNER, Channel::Direct));
    let noted = filed.handed_in.clone().unwrap();
    assert_eq!((noted.visitor(), noted.officer.as_str()), (Visitor::Representative, RECEIVER));
    assert_eq!(noted.compared, [PAPERS[1]]);
    assert_eq!(hand_in(&desk, RECEIVER, asked).await.unwrap(), filed, "a repeat");
    assert_eq!(desk.read(OWNER, &name).await.unwrap(), filed);
    let submitted: Vec<pb::DossierSubmitted> = desk.alone.facts().await;
    assert_eq!(submitted[0].dossier.as_ref().unwrap().channel(), Channel::Direct);
    let now = desk.alone.clock.now();
    let accepted = DossierAccepted {
        accept_time: Some(timestamp(now)),
        due_time: Some(timestamp(now)),
        status_after: DossierStatus::Accepted.into(),
        ..Default::default()
    };
    desk.facts("workflow", &name).hear(accepted).await;
    let slip = desk.documents_of(OWNER, &name).await.unwrap().remove(0).name;
    let slip = desk.document(RECEIVER, &slip).await.unwrap().acceptance_slip.unwrap();
    assert_eq!(slip.visitor(), Visitor::Representative);
    let compared = slip.papers.iter().filter(|paper| paper.compared).map(|paper| &paper.paper);
    assert_eq!(compared.collect::<Vec<_>>(), [PAPERS[1]]);
    assert!(slip.text_vi.contains("người được ủy quyền nộp"), "{}", slip.text_vi);
    assert!(slip.text_en.contains("compared with the original"), "{}", slip.text_en);
    let told = desk.timeline(&name).await;
    assert_eq!(told[0].actor(), pb::ActorKind::Officer);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_of_the_counter_is_in_the_hands_of_its_officers_and_its_owner() {
    let desk = Desk::open().await;
    let name = opened(&desk).await;
    for who in [OWNER, RECEIVER, COLLEAGUE, OFFICER] {
        assert!(desk.read(who, &name).await.is_ok(), "{who}");
    }
    for who in [ELSEWHERE, MAILING] {
        assert_eq!(reason(desk.read(who, &name).await), "NOT_PERMITTED", "{who}");
    }
    desk.fill_in(&name, "counter").await;
    for paper in PAPERS {
        desk.upload(OWNER, &name, paper, &pdf(1000)).await;
    }
    let filed = desk.submit(&name).await.unwrap();
    assert_eq!((filed.channel(), filed.handed_in), (Channel::Online, None));
    let online = desk.filled("post").await;
    assert_eq!(reason(desk.read(RECEIVER, &online).await), "NOT_PERMITTED");
    let refused = hand_in(&desk, RECEIVER, brought(&online, Visitor::Owner, &[])).await;
    assert_eq!(reason(refused), "NOT_PERMITTED");
    desk.delete(COLLEAGUE, &opened(&desk).await, "", &wish()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_opens_drafts_for_accounts_at_their_own_counter() {
    let desk = Desk::open().await;
    let nobody = "accounts/019abf00-0000-7000-8000-00000000000f";
    for (owner, agency, expected) in [
        ("", AGENCY, ("dossier.owner", "NAME_MALFORMED")),
        (nobody, AGENCY, ("dossier.owner", "ACCOUNT_UNKNOWN")),
        (OWNER, "agencies/99999", ("dossier.agency", "AGENCY_UNKNOWN")),
    ] {
        let refused = wrong(desk.create(RECEIVER, &draft_for(owner, agency)).await);
        assert_eq!(refused, [(expected.0.to_owned(), expected.1.to_owned())]);
    }
    let elsewhere = RECEIVER.replace("26860", "27484");
    let refused = wrong(desk.create(&elsewhere, &draft_for(OWNER, AGENCY)).await);
    assert_eq!(refused, [("dossier.agency".to_owned(), "AGENCY_NOT_OWN".to_owned())]);
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_is_wrong_with_what_was_brought_is_told_at_once() {
    let desk = Desk::open().await;
    let name = opened(&desk).await;
    desk.upload(RECEIVER, &name, PAPERS[0], &pdf(1000)).await;
    let asked = brought(&name, Visitor::Unspecified, &[PAPERS[0], PAPERS[0]]);
    let told = wrong(hand_in(&desk, RECEIVER, asked).await);
    let told: Vec<_> = told.iter().map(|(field, why)| (field.as_str(), why.as_str())).collect();
    for expected in [
        ("handed_in.visitor", "REQUIRED"),
        ("handed_in.compared[1]", "STATED_TWICE"),
        ("papers.purchase_invoice", "PAPER_REQUIRED"),
    ] {
        assert!(told.contains(&expected), "{expected:?} {told:?}");
    }
    let name = filled(&desk).await;
    let asked = brought(&name, Visitor::Owner, &[PAPERS[0], "a_poem"]);
    let told = wrong(hand_in(&desk, RECEIVER, asked).await);
    assert_eq!(told, [("handed_in.compared[1]".to_owned(), "NO_SUCH_PAPER".to_owned())]);
}
