//! Facts as messages, and names of what they are about.

use chassis::access::Assurance;
use chassis::clock::timestamp;
use chassis::write::Outgoing;
use proto::motcua::identity::v1 as pb;
use proto::motcua::identity::v1::{
    AccountCreated, AccountUpdated, OfficerAppointed, PersonRegistered, RolesChanged,
    SessionsEnded, SignedIn,
};
use uuid::Uuid;

use crate::holder::{EndReason, Fact, IdentityPaper};

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
        Fact::PersonRegistered { account, officer, paper, telephone_replaced, at } => {
            let name = account_name(*account);
            let message = PersonRegistered {
                account: name.clone(),
                officer: officer.clone(),
                paper: identity_paper(*paper).into(),
                telephone_replaced: *telephone_replaced,
                register_time: Some(timestamp(*at)),
            };
            let agency = officer.split("/officers/").next().unwrap_or_default();
            Outgoing::of(&message, &name, agency)
        }
        Fact::SessionsEnded { account, reason, at } => {
            let name = account_name(*account);
            let message = SessionsEnded {
                account: name.clone(),
                reason: end_reason(*reason).into(),
                end_time: Some(timestamp(*at)),
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

fn identity_paper(paper: IdentityPaper) -> pb::IdentityPaper {
    match paper {
        IdentityPaper::IdentityCard => pb::IdentityPaper::IdentityCard,
        IdentityPaper::Passport => pb::IdentityPaper::Passport,
    }
}

fn end_reason(reason: EndReason) -> pb::SessionsEndedReason {
    match reason {
        EndReason::RefreshTokenReused => pb::SessionsEndedReason::RefreshTokenReused,
        EndReason::SignedOutEverywhere => pb::SessionsEndedReason::SignedOutEverywhere,
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
