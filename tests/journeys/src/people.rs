//! Who calls.

use chassis::access::{Assurance, INSTALLATION, Issuer, Person, Role};
use proto::google::r#type::Date;
use proto::motcua::identity::v1::{Account, Sex};
use uuid::Uuid;

/// The agency that settles the dossiers here.
pub const AGENCY: &str = "agencies/26860";

/// Another agency.
pub const ELSEWHERE: &str = "agencies/27484";

/// Signs the tokens of people that tests invent.
#[derive(Clone, Debug)]
pub struct People(Issuer);

impl People {
    /// People whose tokens this issuer signs.
    pub fn known_to(issuer: Issuer) -> Self {
        Self(issuer)
    }

    /// A new citizen's token.
    pub fn citizen(&self) -> String {
        self.citizen_again(Uuid::now_v7())
    }

    /// Another token of the citizen with this id.
    pub fn citizen_again(&self, id: Uuid) -> String {
        let assurance = Assurance::Substantial.into();
        self.token(&format!("accounts/{id}"), Person::Citizen { assurance })
    }

    /// The token of a new officer of an agency with these roles.
    pub fn officer(&self, agency: &str, roles: &[Role]) -> String {
        let roles = roles.iter().map(|role| i32::from(*role)).collect();
        let person = Person::Officer { agency: agency.into(), roles };
        self.token(&format!("{agency}/officers/{}", Uuid::now_v7()), person)
    }

    /// A service's token, to call a method.
    pub fn service(&self, path: &str) -> String {
        self.0.issue_to(service_of(path), "services/mailing").expect("a token")
    }

    /// The token of whoever holds the installation's own key, to call a method.
    pub fn installation(&self, path: &str) -> String {
        self.0.issue_to(service_of(path), INSTALLATION).expect("a token")
    }

    fn token(&self, name: &str, person: Person) -> String {
        self.0.issue(name, person).expect("a token")
    }
}

/// Who serves a method; every service serves the administration, so any of them does for it.
pub fn service_of(path: &str) -> &str {
    match path.split('.').nth(1).unwrap_or_default() {
        "admin" => "dossier",
        service => service,
    }
}

/// Someone born on 12 April 1990 in the city, as no one was before: the last digits and the telephone are drawn.
pub fn new_person() -> Account {
    let drawn = rand::random_range(0..1_000_000);
    Account {
        personal_id: format!("079090{drawn:06}"),
        full_name: "Nguyễn Văn An".into(),
        birth_date: Some(Date { year: 1990, month: 4, day: 12 }),
        sex: Sex::Male.into(),
        phone_number: format!("0901{drawn:06}"),
        ..Account::default()
    }
}
