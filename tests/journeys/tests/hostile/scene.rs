//! Things that are there, to be named by messages, and those who call.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chassis::access::{Assurance, Person, Role};
use journeys::{AGENCY, ELSEWHERE, House, in_name_of};
use proto::motcua::dossier::v1::{ListDossiersRequest, ListFilesRequest};
use proto::motcua::workflow::v1::ListTasksRequest;
use uuid::Uuid;

/// What messages name.
pub struct Scene {
    /// Every kind of caller; none is a stranger.
    pub callers: Vec<Asker>,
    /// Names of things that are there.
    pub names: Vec<String>,
    /// What a caller may have been told: ids, codes, etags and tokens of pages.
    pub told: Vec<String>,
}

impl Scene {
    /// A draft, a dossier that waits, one that is accepted, and an account that is an officer's too.
    pub async fn set(house: &House) -> Self {
        let people = &house.people;
        let account = house.account().await.name;
        let id: Uuid = account.trim_start_matches("accounts/").parse().expect("a UUID");
        let owner = people.citizen_again(id);
        house.appoint(&account, AGENCY).await;
        let receiver = people.officer(AGENCY, &[Role::Receiving, Role::Processing]);
        let draft = house.filled(&owner).await;
        let waiting = house.submitted(&owner).await;
        let accepted = house.submitted(&owner).await;
        let task = house.task(&accepted.name).await.name;
        house.claim(&receiver, &task).await;
        house.accept(&receiver, &accepted.name).await;
        let slip = house.slip(&owner, &accepted.name).await;
        let pages = tokens_of_pages(house, &owner).await;
        let mut names = vec![
            format!("{}/documents/{slip}", accepted.name),
            format!("{AGENCY}/officers/{id}"),
            house.task(&waiting.name).await.name,
            account,
        ];
        for dossier in [&draft, &waiting, &accepted] {
            names.extend(names_of(&dossier.name));
            names.extend(files(house, &owner, &dossier.name).await);
        }
        let mut told =
            vec![draft.etag, waiting.code, accepted.code, id.to_string(), slip.to_string()];
        told.extend(pages.iter().flat_map(|token| forged(token)).chain(pages.clone()));
        Self { callers: callers(house, owner, receiver), names, told }
    }
}

/// What other services call by a dossier's id.
fn names_of(dossier: &str) -> Vec<String> {
    let id = dossier.trim_start_matches("dossiers/");
    let of_collection = |collection| format!("{collection}/{id}");
    let mut names = vec![dossier.into(), format!("{dossier}/supplements/1")];
    names.push(format!("cases/{id}/grounds/refusal"));
    let elsewhere = ["cases", "ratings", "draws", "invoices", "shipments", "transfers"];
    names.extend(elsewhere.map(of_collection));
    names
}

async fn files(house: &House, owner: &str, dossier: &str) -> Vec<String> {
    let asked = ListFilesRequest { parent: dossier.into(), ..Default::default() };
    let listed = house.files().list_files(in_name_of(owner, asked)).await;
    listed.expect("files").into_inner().files.into_iter().map(|file| file.name).collect()
}

/// Someone who asks.
pub enum Asker {
    /// Whoever has no token.
    Nobody,
    /// Whoever has one that every service takes.
    Somebody(String),
    /// A service of the mesh.
    Service,
    /// Whoever holds the installation's own key.
    Installation,
}

impl Asker {
    /// The token with which a method is called.
    pub fn token(&self, house: &House, path: &str) -> Option<String> {
        match self {
            Self::Nobody => None,
            Self::Somebody(token) => Some(token.clone()),
            Self::Service => Some(house.people.service(path)),
            Self::Installation => Some(house.people.installation(path)),
        }
    }
}

fn callers(house: &House, owner: String, receiver: String) -> Vec<Asker> {
    let people = &house.people;
    let single = [Role::Signing, Role::Operator, Role::AgencyAdministrator, Role::Cashier];
    let every = [&[Role::Receiving, Role::Processing], single.as_slice()].concat();
    let client = Person::Service;
    let unsure = Person::Citizen { assurance: Assurance::Low.into() };
    let issued = |name, person| house.issuer().issue(name, person).expect("a token");
    let tokens = [
        owner,
        people.citizen(),
        receiver,
        people.officer(AGENCY, &every),
        people.officer(ELSEWHERE, &every),
        issued("clients/partner", client),
        issued("accounts/unsure", unsure),
    ];
    let tokens = tokens.into_iter().chain(single.map(|role| people.officer(AGENCY, &[role])));
    let unknown = [Asker::Nobody, Asker::Service, Asker::Installation];
    unknown.into_iter().chain(tokens.map(Asker::Somebody)).collect()
}

/// One token of a page of each list of rows.
pub async fn tokens_of_pages(house: &House, citizen: &str) -> [String; 2] {
    let asked = ListDossiersRequest { page_size: 1, ..Default::default() };
    let dossiers = house.dossiers().list_dossiers(in_name_of(citizen, asked)).await;
    let officer = house.people.officer(AGENCY, &[Role::Receiving]);
    let asked = ListTasksRequest { parent: "cases/-".into(), page_size: 1, ..Default::default() };
    let tasks = house.tasks().list_tasks(in_name_of(&officer, asked)).await;
    [
        dossiers.expect("a page").into_inner().next_page_token,
        tasks.expect("a page").into_inner().next_page_token,
    ]
}

/// Tokens for the same list with keys that no row has: nobody signs them, so anyone can make them.
pub fn forged(token: &str) -> Vec<String> {
    let json = URL_SAFE_NO_PAD.decode(token).expect("a token");
    let (binding, mut key): (String, serde_json::Value) =
        serde_json::from_slice(&json).expect("a token's insides");
    let mut made = Vec::new();
    for instant in
        ["-009999-01-02T01:59:59Z", "9999-12-30T22:00:00.999999999Z", "0000-01-01T00:00:00Z"]
    {
        key[0] = instant.into();
        for step in ["\0", "a\0b", "ạ"] {
            if let Some(last) = key.get_mut(2) {
                *last = step.into();
            }
            made.push(URL_SAFE_NO_PAD.encode(serde_json::to_vec(&(&binding, &key)).expect("JSON")));
        }
    }
    made
}
