//! Refusals, and who reads why.

use chassis::access::{Person, Role};
use proto::motcua::r#type::v1::{DossierStatus, ReturnWay};
use proto::motcua::workflow::v1 as pb;
use support::{reason, wrong};
use tonic::Status;
use uuid::Uuid;

use crate::house::{AGENCY, ELSEWHERE, EVERY, House, by, wish};

const WORDS: &str = "Ông An thiếu trang 2 của hóa đơn.";

fn refusal(id: Uuid, reasons: &[(&str, &str)]) -> pb::RefuseDossierRequest {
    let stated = |(code, text): &(&str, &str)| pb::StatedReason {
        code: (*code).into(),
        text: (*text).into(),
    };
    pb::RefuseDossierRequest {
        name: format!("cases/{id}"),
        reasons: reasons.iter().map(stated).collect(),
        etag: String::new(),
        request_id: wish(),
    }
}

async fn read(house: &House, token: &str, name: &str) -> Result<pb::Grounds, Status> {
    let asked = pb::GetGroundsRequest { name: name.into() };
    Ok(house.grounds().get_grounds(by(token, asked)).await?.into_inner())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_dossier_has_grounds_that_its_agency_and_the_mesh_read_and_nobody_else() {
    let house = House::build().await;
    let id = house.submitted(AGENCY, ReturnWay::Counter).await;
    let officer = house.claims(id, "receive").await;
    let asked = refusal(id, &[("papers_lacking", WORDS), ("not_competent", "")]);
    let refused = house.cases().refuse_dossier(by(&officer, asked.clone())).await.unwrap();
    let again = house.cases().refuse_dossier(by(&officer, asked)).await.unwrap();
    assert_eq!(refused.get_ref(), again.get_ref(), "a repeat");
    assert_eq!(refused.get_ref().status(), DossierStatus::NotAccepted);
    let told = house.published(id).await;
    let expected = ["CaseOpened", "TaskOpened", "DossierRefused", "TaskClosed", "CaseClosed"];
    assert_eq!(told, expected);
    let fact: pb::DossierRefused = house.last(id).await;
    assert_eq!(fact.reasons, ["papers_lacking", "not_competent"]);
    assert_eq!(fact.status_after(), DossierStatus::NotAccepted);
    assert!(house.last::<pb::CaseClosed>(id).await.on_time);

    let clerk = house.officer(AGENCY, &[Role::Processing]);
    for reader in [clerk, house.alone.service("dossier")] {
        let grounds = read(&house, &reader, &fact.grounds).await.unwrap();
        assert_eq!((grounds.kind(), &grounds.officer), (pb::GroundsKind::Refusal, &fact.officer));
        let texts: Vec<_> = grounds.grounds.iter().map(|ground| ground.text.as_str()).collect();
        assert_eq!(texts, [WORDS, ""]);
        assert!(grounds.grounds[1].title_vi.contains("thẩm quyền"), "{grounds:?}");
    }
    let client = house.alone.token("clients/partner", Person::Service);
    let others = [house.citizen(), house.officer(ELSEWHERE, &EVERY), client];
    for other in others {
        assert_eq!(reason(read(&house, &other, &fact.grounds).await), "NOT_PERMITTED");
    }
    let reader = house.alone.service("dossier");
    assert_eq!(
        reason(read(&house, &reader, &format!("cases/{id}/grounds/2")).await),
        "NOT_PERMITTED"
    );
    let malformed = read(&house, &reader, &format!("cases/{id}/grounds/x")).await;
    assert_eq!(wrong(malformed), [("name".into(), "NAME_MALFORMED".into())]);
    let dump = house.alone.dump().await;
    assert!(dump.contains("papers_lacking") && !dump.contains("trang 2"), "what may be kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_without_sound_reasons_is_told_every_fault_and_changes_nothing() {
    let house = House::build().await;
    let id = house.submitted(AGENCY, ReturnWay::Counter).await;
    let officer = house.claims(id, "receive").await;
    let asked = refusal(id, &[("other", ""), ("weather", "")]);
    let refused = house.cases().refuse_dossier(by(&officer, asked)).await;
    let expected = [("reasons[0].text", "REQUIRED"), ("reasons[1].code", "NOT_IN_LIST")];
    assert_eq!(wrong(refused), expected.map(|(field, why)| (field.into(), why.into())));
    assert_eq!(house.case(id).await.status(), DossierStatus::NewlyRegistered);
    let known = house.grounds().get_refusal_reasons(pb::GetRefusalReasonsRequest {}).await;
    let known = known.unwrap().into_inner().reasons;
    assert!(known.iter().any(|reason| reason.code == "other" && reason.needs_text));
}
