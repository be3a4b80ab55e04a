//! Who calls, as a token says.

use serde::{Deserialize, Serialize};

pub use proto::motcua::access::v1::{Assurance, Role};

use crate::refusal::Refusal;

/// Who calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// Anyone: no token was sent.
    Anyone,
    /// Someone with a token.
    Known {
        /// Resource name: `accounts/{uuid}`, `agencies/{code}/officers/{uuid}`, `services/{name}` or `clients/{id}`.
        name: String,
        /// What kind of caller, and what it is trusted with.
        person: Person,
    },
}

/// What kind of caller, and what it is trusted with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Person {
    /// A person with an account.
    Citizen {
        /// How sure the sign-in was.
        assurance: i32,
    },
    /// A person who works for an agency.
    Officer {
        /// `agencies/{code}`.
        agency: String,
        /// Numbers of [`Role`].
        roles: Vec<i32>,
    },
    /// A service of the mesh, or a client registered with identity; their names differ.
    Service,
}

/// Who holds the installation's own key, that of identity, calls in this name: `motcua ctl` does. No service has it.
pub const INSTALLATION: &str = "services/ctl";

impl Caller {
    /// Whether whoever holds the installation's own key calls. No service may act so: a stolen key of one must open nothing for others.
    pub fn is_the_installation(&self) -> bool {
        matches!(self, Self::Known { name, person: Person::Service } if name == INSTALLATION)
    }

    /// Whether a service of the mesh, or the installation itself, calls. Clients registered with identity, which are services too, are named
    /// otherwise.
    pub fn is_of_the_mesh(&self) -> bool {
        matches!(self, Self::Known { name, person: Person::Service } if name.starts_with("services/"))
    }

    /// The resource name.
    ///
    /// # Errors
    /// Nobody is known to call; the rule of the method should have seen to that.
    pub fn name(&self) -> Result<&str, Refusal> {
        match self {
            Self::Known { name, .. } => Ok(name),
            Self::Anyone => Err(Refusal::denied()),
        }
    }

    /// The agency an officer works for.
    ///
    /// # Errors
    /// The caller is no officer.
    pub fn agency(&self) -> Result<&str, Refusal> {
        match self {
            Self::Known { person: Person::Officer { agency, .. }, .. } => Ok(agency),
            _ => Err(Refusal::denied()),
        }
    }

    /// Whether the caller is an officer with the role.
    pub fn has(&self, role: Role) -> bool {
        match self {
            Self::Known { person: Person::Officer { roles, .. }, .. } => {
                roles.contains(&i32::from(role))
            }
            _ => false,
        }
    }
}
