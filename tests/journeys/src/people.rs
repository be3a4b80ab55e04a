//! Who calls.

use chassis::access::{Assurance, Issuer, Person, Role};
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
        let assurance = Assurance::Substantial.into();
        self.token(&format!("accounts/{}", Uuid::now_v7()), Person::Citizen { assurance })
    }

    /// The token of a new officer of an agency with these roles.
    pub fn officer(&self, agency: &str, roles: &[Role]) -> String {
        let roles = roles.iter().map(|role| i32::from(*role)).collect();
        let person = Person::Officer { agency: agency.into(), roles };
        self.token(&format!("{agency}/officers/{}", Uuid::now_v7()), person)
    }

    /// A service's token.
    pub fn service(&self) -> String {
        self.token("services/mailing", Person::Service)
    }

    fn token(&self, name: &str, person: Person) -> String {
        self.0.issue(name, person).expect("a token")
    }
}
