//! Whoever lost the telephone, or was robbed of it, comes to a counter with their papers.

use chassis::access::Role;
use jiff::SignedDuration;
use proto::motcua::identity::v1 as pb;
use proto::motcua::mailing::v1::AccountNotice;
use tonic::Status;

use crate::mesh::{Citizen, HOA, LAN, Mesh, by, details, fresh, reason};

const WARD: &str = "agencies/26860";

/// Hoa, with the telephone she buys.
const HOA_ANEW: Citizen<'_> = Citizen { phone: "0912345678", ..HOA };

/// A mesh in which Lan is a registrar, and her access token.
async fn with_registrar() -> (Mesh, String) {
    let mesh = Mesh::new().await;
    let lan = mesh.account(LAN).await;
    mesh.appoint(WARD, &lan, &[Role::Registrar.into()]).await;
    let token = mesh.signed_in(LAN, WARD).await.access_token;
    (mesh, token)
}

fn registration(person: Citizen<'_>) -> pb::RegisterPersonRequest {
    pb::RegisterPersonRequest {
        account: Some(details(person)),
        paper: pb::IdentityPaper::IdentityCard.into(),
        request_id: fresh(),
    }
}

async fn register(
    mesh: &Mesh,
    token: &str,
    asked: pb::RegisterPersonRequest,
) -> Result<String, Status> {
    let answer = mesh.counter.clone().register_person(by(token, asked)).await;
    answer.map(|account| account.into_inner().name)
}

async fn set_email(mesh: &Mesh, tokens: &pb::Tokens, email: &str) -> Result<pb::Contact, Status> {
    let asked = pb::UpdateContactRequest {
        account: tokens.account.clone(),
        email: Some(email.into()),
        locale: None,
        request_id: fresh(),
    };
    let answer = mesh.contacts.clone().update_contact(by(&tokens.access_token, asked)).await;
    answer.map(tonic::Response::into_inner)
}

#[tokio::test]
async fn a_new_telephone_at_the_counter_shuts_the_thief_out_and_lets_the_owner_go_on() {
    let (mesh, registrar) = with_registrar().await;
    let account = mesh.account(HOA).await;
    let thief = mesh.signed_in(HOA, "").await;
    set_email(&mesh, &thief, "thief@example.vn").await.unwrap();
    let under_way = mesh.start(HOA).await.unwrap().sign_in;
    let code = mesh.code_of(&under_way).await;

    let asked = registration(HOA_ANEW);
    assert_eq!(register(&mesh, &registrar, asked.clone()).await.unwrap(), account);
    assert_eq!(register(&mesh, &registrar, asked).await.unwrap(), account, "a repeat");

    assert_eq!(reason(mesh.refresh(&thief.refresh_token).await), "SESSION_ENDED");
    assert_eq!(reason(mesh.complete(&under_way, &code).await), "CODE_WRONG");
    let sent = mesh.sendings();
    mesh.start(HOA).await.unwrap();
    let owner = mesh.signed_in(HOA_ANEW, "").await;
    assert_eq!((mesh.sendings(), &owner.account), (sent + 1, &account));

    let told = mesh.notices(1).await;
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].phone_number.as_str(), told[0].locale.as_str()), ("+84901234567", "vi"));
    assert_eq!(told[0].notice(), AccountNotice::TelephoneReplaced);
}

#[tokio::test]
async fn the_contact_rests_until_the_thiefs_access_token_has_lived_out() {
    let (mesh, registrar) = with_registrar().await;
    mesh.account(HOA).await;
    let thief = mesh.signed_in(HOA, "").await;
    register(&mesh, &registrar, registration(HOA_ANEW)).await.unwrap();
    let owner = mesh.signed_in(HOA_ANEW, "").await;
    for tokens in [&thief, &owner] {
        let refused = set_email(&mesh, tokens, "someone@example.vn").await;
        assert_eq!(reason(refused), "CONTACT_RESTS");
    }
    mesh.identity.clock.advance(SignedDuration::from_secs(299));
    assert!(
        mesh.identity.verifier.caller("identity", &thief.access_token).is_ok(),
        "it lives out its minutes"
    );
    mesh.identity.clock.advance(SignedDuration::from_secs(1));
    assert!(mesh.identity.verifier.caller("identity", &thief.access_token).is_err());
    let owner = mesh.refresh(&owner.refresh_token).await.unwrap();
    let contact = set_email(&mesh, &owner, "hoa@example.vn").await.unwrap();
    assert_eq!(contact.phone_number, "+84912345678");
}

#[tokio::test]
async fn who_has_no_telephone_has_an_account_that_nobody_signs_in_to() {
    let (mesh, registrar) = with_registrar().await;
    let without = Citizen { phone: "", ..HOA };
    let name = register(&mesh, &registrar, registration(without)).await.unwrap();
    let sent = mesh.sendings();
    mesh.start(HOA).await.unwrap();
    assert_eq!(mesh.sendings(), sent, "nobody is sent a code");
    let purpose = pb::ContactPurpose::Notification.into();
    let contacts = pb::ResolveContactsRequest { accounts: vec![name.clone()], purpose };
    let found = mesh.accounts.clone().resolve_contacts(mesh.by_service(contacts)).await.unwrap();
    assert_eq!(found.into_inner().contacts[0].phone_number, "");
    assert_eq!(register(&mesh, &registrar, registration(HOA)).await.unwrap(), name);
    mesh.signed_in(HOA, "").await;
    assert!(mesh.notices(0).await.is_empty(), "there was no telephone to tell");
}

#[tokio::test]
async fn who_finds_their_number_taken_by_another_gets_the_account_as_their_papers_say() {
    let (mesh, registrar) = with_registrar().await;
    let impostor = pb::Account { full_name: "Kẻ Gian".into(), ..details(HOA) };
    let asked = pb::CreateAccountRequest { account: Some(impostor), request_id: fresh() };
    mesh.accounts.clone().create_account(asked).await.unwrap();
    let name = register(&mesh, &registrar, registration(HOA_ANEW)).await.unwrap();
    let asked = mesh.by_service(pb::GetAccountRequest { name: name.clone() });
    let found = mesh.accounts.clone().get_account(asked).await.unwrap().into_inner();
    assert_eq!(
        found,
        pb::Account {
            name,
            phone_number: "+84912345678".into(),
            locale: "vi".into(),
            create_time: found.create_time,
            ..details(HOA_ANEW)
        }
    );
}

#[tokio::test]
async fn who_registered_whom_by_which_paper_is_a_fact() {
    let (mesh, registrar) = with_registrar().await;
    let account = register(&mesh, &registrar, registration(HOA)).await.unwrap();
    register(&mesh, &registrar, registration(HOA_ANEW)).await.unwrap();
    let facts: Vec<pb::PersonRegistered> = mesh.identity.facts().await;
    let lan = mesh.account(LAN).await;
    let officer = format!("{WARD}/officers/{}", lan.trim_start_matches("accounts/"));
    assert_eq!(facts.len(), 2);
    for (fact, replaced) in facts.iter().zip([false, true]) {
        assert_eq!((&fact.account, &fact.officer), (&account, &officer));
        assert_eq!(fact.paper(), pb::IdentityPaper::IdentityCard);
        assert_eq!(fact.telephone_replaced, replaced);
    }
    assert_eq!(mesh.identity.facts::<pb::AccountCreated>().await.len(), 2);
}

#[tokio::test]
async fn a_telephone_is_told_once_mailing_is_back_and_nothing_that_waits_shows_it() {
    let (mesh, registrar) = with_registrar().await;
    mesh.account(HOA).await;
    mesh.mailing_gets_stuck();
    register(&mesh, &registrar, registration(HOA_ANEW)).await.unwrap();
    let waiting = "select count(*) from chassis.job where detail is not null";
    support::eventually(support::PATIENCE, async || mesh.identity.number(waiting).await == 1).await;
    assert!(!mesh.identity.dump().await.contains("901234567"));
    mesh.mailing_comes_back();
    mesh.identity.clock.advance(SignedDuration::from_mins(1));
    assert_eq!(mesh.notices(1).await.len(), 1);
}

#[tokio::test]
async fn a_registration_is_refused_with_all_that_is_wrong_and_for_officers() {
    let (mesh, registrar) = with_registrar().await;
    let nothing = pb::RegisterPersonRequest { request_id: fresh(), ..Default::default() };
    let wrong = support::wrong(register(&mesh, &registrar, nothing).await);
    let fields: Vec<_> = wrong.iter().map(|(field, _)| field.as_str()).collect();
    assert!(fields.contains(&"paper") && fields.contains(&"account.personal_id"), "{wrong:?}");
    let own = registration(Citizen { phone: HOA_ANEW.phone, ..LAN });
    assert_eq!(reason(register(&mesh, &registrar, own).await), "PERSON_IS_CALLER");
    let hoa = mesh.account(HOA).await;
    mesh.appoint(WARD, &hoa, &[Role::Signing.into()]).await;
    let officer = register(&mesh, &registrar, registration(HOA_ANEW)).await;
    assert_eq!(reason(officer), "PERSON_IS_OFFICER");
    let citizen = mesh.signed_in(HOA, "").await;
    let denied = register(&mesh, &citizen.access_token, registration(HOA_ANEW)).await;
    assert_eq!(reason(denied), "NOT_PERMITTED");
}
