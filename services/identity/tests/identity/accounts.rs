use prost::Message;
use proto::google::rpc::{self, BadRequest};
use proto::motcua::identity::v1 as pb;
use tonic::{Code, Status};

use crate::mesh::{HOA, LAN, Mesh, by, details, fresh, reason};

#[tokio::test]
async fn one_person_has_one_account_and_what_is_on_record_stands() {
    let mesh = Mesh::new().await;
    let name = mesh.account(HOA).await;
    let stranger = crate::mesh::Citizen { phone: LAN.phone, ..HOA };
    assert_eq!(mesh.account(stranger).await, name);
    let request = mesh.by_service(pb::GetAccountRequest { name: name.clone() });
    let account = mesh.accounts.clone().get_account(request).await.unwrap().into_inner();
    assert_eq!(account.phone_number, "+84901234567");
    assert_eq!((account.name, account.locale.as_str()), (name, "vi"));
    assert_eq!(account.personal_id, HOA.personal_id);
}

#[tokio::test]
async fn two_creations_at_once_meet_the_same_account() {
    let mesh = Mesh::new().await;
    let (one, other) = tokio::join!(mesh.account(HOA), mesh.account(HOA));
    assert_eq!(one, other);
    let count: i64 = sqlx::query_scalar("select count(*) from chassis.event")
        .fetch_one(&mesh.identity.database.pool())
        .await
        .unwrap();
    assert_eq!(count, 1);
}

#[tokio::test]
async fn wrong_fields_are_told_all_at_once() {
    let mesh = Mesh::new().await;
    let cases: [(pb::Account, &[&str]); 4] = [
        (
            pb::Account { locale: "fr".into(), ..pb::Account::default() },
            &["personal_id", "phone_number", "full_name", "birth_date", "sex", "locale"],
        ),
        (pb::Account { personal_id: "07919012345x".into(), ..details(HOA) }, &["personal_id"]),
        (pb::Account { sex: pb::Sex::Male.into(), ..details(HOA) }, &["personal_id"]),
        (pb::Account { phone_number: "113".into(), ..details(HOA) }, &["phone_number"]),
    ];
    for (account, fields) in cases {
        let request = pb::CreateAccountRequest { account: Some(account), request_id: fresh() };
        let status = mesh.accounts.clone().create_account(request).await.unwrap_err();
        let expected: Vec<_> = fields.iter().map(|field| format!("account.{field}")).collect();
        assert_eq!((status.code(), violated(&status)), (Code::InvalidArgument, expected));
    }
}

#[tokio::test]
async fn an_account_is_shown_to_its_owner_and_to_no_other_citizen() {
    let mesh = Mesh::new().await;
    let (hoa, lan) = (mesh.account(HOA).await, mesh.account(LAN).await);
    let token = mesh.signed_in(HOA, "").await.access_token;
    let get = |name: String| by(&token, pb::GetAccountRequest { name });
    assert!(mesh.accounts.clone().get_account(get(hoa)).await.is_ok());
    assert_eq!(reason(mesh.accounts.clone().get_account(get(lan)).await), "NOT_PERMITTED");
}

#[tokio::test]
async fn services_learn_contacts_for_a_purpose() {
    let mesh = Mesh::new().await;
    let hoa = mesh.account(HOA).await;
    let unknown = format!("accounts/{}", fresh());
    let mut asked = pb::ResolveContactsRequest {
        accounts: vec![hoa.clone(), unknown],
        purpose: pb::ContactPurpose::Notification.into(),
    };
    let answer = mesh.accounts.clone().resolve_contacts(mesh.by_service(asked.clone())).await;
    let contact = pb::Contact {
        account: hoa.clone(),
        phone_number: "+84901234567".into(),
        locale: "vi".into(),
        email: String::new(),
    };
    assert_eq!(answer.unwrap().into_inner().contacts, [contact]);

    asked.purpose = 0;
    let answer = mesh.accounts.clone().resolve_contacts(mesh.by_service(asked.clone())).await;
    assert_eq!(violated(&answer.unwrap_err()), ["purpose"]);
    asked.purpose = 2;
    asked.accounts = vec![hoa; 101];
    let answer = mesh.accounts.clone().resolve_contacts(mesh.by_service(asked.clone())).await;
    assert_eq!(violated(&answer.unwrap_err()), ["accounts"]);
    let token = mesh.signed_in(HOA, "").await.access_token;
    let answer = mesh.accounts.clone().resolve_contacts(by(&token, asked)).await;
    assert_eq!(reason(answer), "NOT_PERMITTED");
}

/// The fields a refusal names, once each.
fn violated(status: &Status) -> Vec<String> {
    let details = rpc::Status::decode(status.details()).unwrap().details;
    let bad = details.iter().find(|any| any.type_url.ends_with("/google.rpc.BadRequest")).unwrap();
    let violations = BadRequest::decode(bad.value.as_slice()).unwrap().field_violations;
    let mut fields: Vec<_> = violations.into_iter().map(|violation| violation.field).collect();
    fields.dedup();
    fields
}
