//! What people are told while their dossier is dealt with.

use std::time::Duration;

use chassis::access::Role;
use journeys::{AGENCY, House, new_person, wish};
use proto::motcua::identity::v1::CreateAccountRequest;
use proto::motcua::identity::v1::account_service_client::AccountServiceClient;
use sandbox::telephone::Message;
use support::eventually;

/// How long a message may take on a busy machine.
const SOON: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_of_an_accepted_dossier_is_told_its_code_and_date_once() {
    let house = House::build().await;
    let person = new_person();
    let number = person.phone_number.replacen('0', "+84", 1);
    let asked = CreateAccountRequest { account: Some(person), request_id: wish() };
    let mut accounts = AccountServiceClient::new(
        house.channel("/motcua.identity.v1.AccountService/CreateAccount"),
    );
    let owner = accounts.create_account(asked).await.expect("an account").into_inner().name;
    let owner = owner.strip_prefix("accounts/").and_then(|id| id.parse().ok()).expect("a UUID");

    let dossier = house.submitted(&house.people.citizen_again(owner)).await;
    let officer = house.people.officer(AGENCY, &[Role::Receiving]);
    let task = house.task(&dossier.name).await;
    house.claim(&officer, &task.name).await;
    house.accept(&officer, &dossier.name).await;

    let url = format!("{}/telephones/{number}/messages?wait_for=1", house.endpoints().telephone);
    let told = eventually(SOON, async || {
        let shown = reqwest::get(&url).await.expect("a telephone").json::<Vec<Message>>().await;
        Some(shown.expect("messages")).filter(|shown| !shown.is_empty())
    })
    .await;
    assert_eq!(told.len(), 1);
    assert!(told[0].text.contains(&dossier.code), "{}", told[0].text);
    assert!(told[0].text.contains("Hẹn trả kết quả"), "{}", told[0].text);
}
