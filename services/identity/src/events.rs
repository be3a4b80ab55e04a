//! Facts as messages, and names of what they are about.

use chassis::access::Assurance;
use chassis::clock::timestamp;
use chassis::write::Outgoing;
use proto::motcua::identity::v1::{
    AccountCreated, AccountUpdated, OfficerAppointed, RolesChanged, SignedIn,
};
use uuid::Uuid;

use crate::holder::Fact;

/// A fact as the message to publish.
pub fn message(fact: &Fact) -> Outgoing {
    match fact {
        Fact::AccountCreated { account, at } => {
            let name = account_name(*account);
            let message =
                AccountCreated { account: name.clone(), create_time: Some(timestamp(*at)) };
            Outgoing::of(&message, &name, "")
        }
        Fact::AccountUpdated { account, changed, at } => {
            let name = account_name(*account);
            let message = AccountUpdated {
                account: name.clone(),
                changed_fields: changed.iter().map(|part| part.field().to_owned()).collect(),
                update_time: Some(timestamp(*at)),
            };
            Outgoing::of(&message, &name, "")
        }
        Fact::SignedIn { account, agency, at } => {
            let name = account_name(*account);
            let agency = agency.as_deref();
            let message = SignedIn {
                account: name.clone(),
                officer: agency.map(|agency| officer_name(agency, *account)).unwrap_or_default(),
                assurance: Assurance::Low.into(),
                sign_in_time: Some(timestamp(*at)),
            };
            Outgoing::of(&message, &name, agency.unwrap_or_default())
        }
        Fact::OfficerAppointed(officer) => {
            let name = officer_name(&officer.agency, officer.account);
            let message = OfficerAppointed {
                officer: name.clone(),
                account: account_name(officer.account),
                roles: officer.roles.numbers(),
                appoint_time: Some(timestamp(officer.appointed_at)),
            };
            Outgoing::of(&message, &name, &officer.agency)
        }
        Fact::RolesChanged { officer, at } => {
            let name = officer_name(&officer.agency, officer.account);
            let message = RolesChanged {
                officer: name.clone(),
                roles: officer.roles.numbers(),
                change_time: Some(timestamp(*at)),
            };
            Outgoing::of(&message, &name, &officer.agency)
        }
    }
}

/// The resource name of an account.
pub fn account_name(account: Uuid) -> String {
    format!("accounts/{account}")
}

/// The resource name of the owner of `account` as an officer of `agency`, itself a resource name.
pub fn officer_name(agency: &str, account: Uuid) -> String {
    format!("{agency}/officers/{account}")
}
