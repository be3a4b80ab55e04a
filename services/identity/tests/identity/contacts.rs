use jiff::SignedDuration;
use proto::motcua::identity::v1 as pb;
use tonic::Status;

use crate::mesh::{Citizen, HOA, LAN, Mesh, by, fresh, other_than, reason};

/// Where Hoa moves to.
const NEW: &str = "0912345678";

async fn update(
    mesh: &Mesh,
    tokens: &pb::Tokens,
    email: Option<&str>,
    locale: Option<&str>,
) -> Result<pb::Contact, Status> {
    let request = pb::UpdateContactRequest {
        account: tokens.account.clone(),
        email: email.map(Into::into),
        locale: locale.map(Into::into),
        request_id: fresh(),
    };
    let answer = mesh.contacts.clone().update_contact(by(&tokens.access_token, request)).await;
    answer.map(|contact| contact.into_inner())
}

async fn start(mesh: &Mesh, tokens: &pb::Tokens, phone: &str) -> Result<String, Status> {
    let request = pb::StartPhoneChangeRequest {
        account: tokens.account.clone(),
        phone_number: phone.into(),
        request_id: fresh(),
    };
    let answer = mesh.contacts.clone().start_phone_change(by(&tokens.access_token, request)).await;
    answer.map(|started| started.into_inner().phone_change)
}

fn completion(tokens: &pb::Tokens, change: &str, code: &str) -> pb::CompletePhoneChangeRequest {
    pb::CompletePhoneChangeRequest {
        name: change.into(),
        phone_number: NEW.into(),
        code: code.into(),
        refresh_token: tokens.refresh_token.clone(),
        request_id: fresh(),
    }
}

async fn complete(
    mesh: &Mesh,
    tokens: &pb::Tokens,
    request: pb::CompletePhoneChangeRequest,
) -> Result<pb::Contact, Status> {
    let request = by(&tokens.access_token, request);
    let answer = mesh.contacts.clone().complete_phone_change(request).await;
    answer.map(|contact| contact.into_inner())
}

async fn events(mesh: &Mesh) -> Vec<String> {
    sqlx::query_scalar("select type from chassis.event order by sequence")
        .fetch_all(&mesh.identity.database.pool())
        .await
        .unwrap()
}

#[tokio::test]
async fn the_owner_changes_address_and_language() {
    let mesh = Mesh::new().await;
    mesh.account(HOA).await;
    let tokens = mesh.signed_in(HOA, "").await;
    let contact = update(&mesh, &tokens, Some("Hoa@Example.VN"), None).await.unwrap();
    assert_eq!((contact.email.as_str(), contact.locale.as_str()), ("Hoa@example.vn", "vi"));
    let contact = update(&mesh, &tokens, None, Some("en")).await.unwrap();
    assert_eq!((contact.email.as_str(), contact.locale.as_str()), ("Hoa@example.vn", "en"));
    let same = update(&mesh, &tokens, Some("Hoa@example.vn"), Some("en")).await.unwrap();
    assert_eq!(same, contact);
    let none = update(&mesh, &tokens, Some(""), None).await.unwrap();
    assert_eq!(none.email, "");
    let updates = events(&mesh).await.iter().filter(|it| it.ends_with(".AccountUpdated")).count();
    assert_eq!(updates, 3, "what stays as it is is no fact");

    let wrong = update(&mesh, &tokens, Some("hoa"), Some("fr")).await;
    assert_eq!(reason(wrong), "FIELDS_INVALID");
    let lan = pb::Tokens { account: mesh.account(LAN).await, ..tokens };
    assert_eq!(reason(update(&mesh, &lan, Some("a@b.vn"), None).await), "NOT_PERMITTED");
    assert_eq!(reason(start(&mesh, &lan, NEW).await), "NOT_PERMITTED");
}

#[tokio::test]
async fn a_code_to_the_new_telephone_moves_the_account_there() {
    let mesh = Mesh::new().await;
    mesh.account(HOA).await;
    let elsewhere = mesh.signed_in(HOA, "").await;
    let tokens = mesh.signed_in(HOA, "").await;
    let under_way = mesh.start(HOA).await.unwrap().sign_in;
    let old_code = mesh.code_of(&under_way).await;
    update(&mesh, &tokens, Some("hoa@example.vn"), None).await.unwrap();

    let change = start(&mesh, &tokens, NEW).await.unwrap();
    let code = mesh.code_of(&change).await;
    assert_eq!(mesh.sendings_of(&change)[0].phone_number, "+84912345678");
    let request = completion(&tokens, &change, &code);
    let contact = complete(&mesh, &tokens, request.clone()).await.unwrap();
    assert_eq!(
        (contact.phone_number.as_str(), contact.email.as_str()),
        ("+84912345678", "hoa@example.vn")
    );
    assert_eq!(complete(&mesh, &tokens, request).await.unwrap(), contact, "a repeat");
    let again = completion(&tokens, &change, &code);
    assert_eq!(reason(complete(&mesh, &tokens, again).await), "PHONE_CHANGE_EXPIRED");

    assert_eq!(reason(mesh.refresh(&elsewhere.refresh_token).await), "SESSION_ENDED");
    assert_eq!(reason(mesh.complete(&under_way, &old_code).await), "CODE_WRONG");
    assert!(mesh.refresh(&tokens.refresh_token).await.is_ok());
    mesh.signed_in(Citizen { phone: NEW, ..HOA }, "").await;
    let sent = mesh.sendings();
    mesh.start(HOA).await.unwrap();
    mesh.signed_in(Citizen { phone: NEW, ..HOA }, "").await;
    assert_eq!(mesh.sendings(), sent + 1, "no code goes to the old telephone");
}

#[tokio::test]
async fn a_change_needs_code_telephone_and_a_living_session() {
    let mesh = Mesh::new().await;
    mesh.account(HOA).await;
    let tokens = mesh.signed_in(HOA, "").await;
    let change = start(&mesh, &tokens, NEW).await.unwrap();
    let code = mesh.code_of(&change).await;
    let right = || completion(&tokens, &change, &code);
    let cases = [
        (pb::CompletePhoneChangeRequest { code: other_than(&code), ..right() }, "CODE_WRONG"),
        (
            pb::CompletePhoneChangeRequest { phone_number: LAN.phone.into(), ..right() },
            "CODE_WRONG",
        ),
        (
            pb::CompletePhoneChangeRequest { refresh_token: "AAAA".into(), ..right() },
            "REFRESH_TOKEN_INVALID",
        ),
        (
            pb::CompletePhoneChangeRequest {
                name: format!("{}/phoneChanges/{}", tokens.account, fresh()),
                ..right()
            },
            "PHONE_CHANGE_EXPIRED",
        ),
    ];
    for (request, expected) in cases {
        assert_eq!(reason(complete(&mesh, &tokens, request).await), expected);
    }
    let next = mesh.refresh(&tokens.refresh_token).await.unwrap();
    assert_eq!(reason(complete(&mesh, &tokens, right()).await), "SESSION_ENDED");
    for _ in 0..3 {
        let wrong = completion(&next, &change, &other_than(&code));
        assert_eq!(reason(complete(&mesh, &next, wrong).await), "CODE_WRONG");
    }
    let locked = completion(&next, &change, &code);
    assert_eq!(reason(complete(&mesh, &next, locked).await), "PHONE_CHANGE_LOCKED");

    let change = start(&mesh, &next, NEW).await.unwrap();
    let code = mesh.code_of(&change).await;
    mesh.identity.clock.advance(SignedDuration::from_mins(4));
    let next = mesh.refresh(&next.refresh_token).await.unwrap();
    mesh.identity.clock.advance(SignedDuration::from_mins(1));
    let late = completion(&next, &change, &code);
    assert_eq!(reason(complete(&mesh, &next, late).await), "PHONE_CHANGE_EXPIRED");
    for _ in 0..3 {
        start(&mesh, &next, NEW).await.unwrap();
    }
    assert_eq!(reason(start(&mesh, &next, NEW).await), "TOO_MANY_CODES");
    assert_eq!(reason(start(&mesh, &next, "113").await), "FIELDS_INVALID");
}
