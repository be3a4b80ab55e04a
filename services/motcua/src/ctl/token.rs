//! `motcua ctl token`: a token for trying.

use chassis::access::{Assurance, Issuer, Person, Role};
use chassis::service::BoxError;
use clap::{Args, ValueEnum};
use uuid::Uuid;

/// Whose token.
#[derive(Args)]
pub struct TokenFor {
    /// Who it speaks for
    who: Who,
    /// Unit code of the officer's agency
    #[arg(long, value_name = "CODE", default_value = "26860")]
    agency: String,
    /// The account's UUID, to speak for one that exists or for the same one again; a new one if not given
    #[arg(long, value_name = "UUID")]
    id: Option<Uuid>,
}

/// Who a token speaks for.
#[derive(Clone, Copy, ValueEnum)]
enum Who {
    /// A citizen, signed in at assurance level substantial
    Citizen,
    /// An officer who receives, processes and signs; identity need not have appointed them
    Officer,
    /// An officer who appoints others of the agency
    Administrator,
}

impl TokenFor {
    /// It, signed.
    ///
    /// # Errors
    /// It cannot be signed.
    pub fn token(&self, issuer: &Issuer) -> Result<String, BoxError> {
        let id = self.id.unwrap_or_else(Uuid::now_v7);
        let agency = format!("agencies/{}", self.agency);
        let officer = |roles: &[Role]| {
            let roles = roles.iter().copied().map(i32::from).collect();
            let name = format!("{agency}/officers/{id}");
            (name, Person::Officer { agency: agency.clone(), roles })
        };
        let (name, person) = match self.who {
            Who::Citizen => {
                let assurance = Assurance::Substantial.into();
                (format!("accounts/{id}"), Person::Citizen { assurance })
            }
            Who::Officer => officer(&[Role::Receiving, Role::Processing, Role::Signing]),
            Who::Administrator => officer(&[Role::AgencyAdministrator]),
        };
        Ok(issuer.issue(&name, person)?)
    }
}
