//! In whose hands a dossier is: its owner's, and where it was opened at a counter, those of the officers there.

use chassis::access::{Caller, Person};
use chassis::refusal::Refusal;
use proto::motcua::dossier::v1::ActorKind;
use proto::motcua::r#type::v1::Channel;
use serde::{Deserialize, Serialize};

use super::Dossier;

/// Who acts on a dossier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hand {
    /// Resource name.
    pub name: String,
    /// The agency of an officer; none for a citizen.
    pub agency: Option<String>,
}

/// What is on record of a dossier that was handed in at the counter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandedIn {
    /// Who brought it.
    pub visitor: Visitor,
    /// Papers whose files were compared with the originals, by id.
    pub compared: Vec<String>,
    /// Resource name of the officer who took it in and compared them.
    pub officer: String,
}

/// Who comes to a counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Visitor {
    /// The owner of the dossier.
    Owner,
    /// Someone with the owner's authorization.
    Representative,
}

impl Hand {
    /// The caller's.
    ///
    /// # Errors
    /// Nobody calls, or a service, which acts on no dossier.
    pub fn of(caller: &Caller) -> Result<Self, Refusal> {
        match caller {
            Caller::Known { name, person: Person::Citizen { .. } } => {
                Ok(Self { name: name.clone(), agency: None })
            }
            Caller::Known { name, person: Person::Officer { agency, .. } } => {
                Ok(Self { name: name.clone(), agency: Some(agency.clone()) })
            }
            Caller::Known { person: Person::Service, .. } | Caller::Anyone => {
                Err(Refusal::denied())
            }
        }
    }

    /// Whether it may do what the owner of the dossier can.
    pub fn holds(&self, dossier: &Dossier) -> bool {
        match &self.agency {
            None => dossier.owner == self.name,
            Some(agency) => dossier.is_of_counter() && dossier.agency == *agency,
        }
    }

    /// How what it opens comes in.
    pub fn channel(&self) -> Channel {
        if self.agency.is_some() { Channel::Direct } else { Channel::Online }
    }

    /// What sort of party it is.
    pub fn actor(&self) -> ActorKind {
        if self.agency.is_some() { ActorKind::Officer } else { ActorKind::Citizen }
    }
}

impl Dossier {
    /// Whether it was opened or handed in at the counter of its agency; a draft that was deleted is nobody's.
    fn is_of_counter(&self) -> bool {
        self.channel == Channel::Direct && !self.owner.is_empty()
    }
}
