//! The holder of one personal ID: with an account or without, signing in, signed in, and perhaps an officer.
//!
//! A sign-in for someone without an account is kept like any other, so that both look alike from outside.

mod account;
mod contact;
mod leave;
mod officer;
mod phone_change;
mod register;
mod roles;
mod session;
mod sign_in;

use chassis::write::{Kept, Root};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use account::{Account, CreateAccount};
pub use contact::{Part, Resealed, UpdateContact};
pub use leave::LeaveTaken;
pub use officer::{AppointOfficer, Appointer, Change, ChangeRoles, Officer};
pub(crate) use phone_change::phone_change_expired;
pub use phone_change::{CompletePhoneChange, PhoneChange, PhoneChanged, StartPhoneChange};
pub use register::{IdentityPaper, RegisterPerson};
pub use roles::Roles;
pub(crate) use session::ended;
pub use session::{EndReason, EndSession, RefreshSession, Refreshed, Session, SignOutEverywhere};
pub(crate) use sign_in::expired;
pub use sign_in::{CompleteSignIn, Completed, SignIn, StartSignIn};

/// All that is decided together about one personal ID.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holder {
    /// Blind index of the personal ID; the account's id.
    pub id: Uuid,
    /// The account, if there is one.
    pub account: Option<Account>,
    /// Sign-ins of the last hour.
    pub sign_ins: Vec<SignIn>,
    /// Changes of telephone of the last hour.
    pub phone_changes: Vec<PhoneChange>,
    /// Sessions that have not been ended; at most ten.
    pub sessions: Vec<Session>,
    /// Appointments, one for each agency.
    pub officers: Vec<Officer>,
}

impl Root for Holder {
    type Rules = ();
    type Wants = ();
    type Fact = Fact;
}

/// What is published about a holder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// There is an account.
    AccountCreated {
        /// Its id.
        account: Uuid,
        /// When.
        at: Timestamp,
    },
    /// The person can be reached otherwise.
    AccountUpdated {
        /// The account.
        account: Uuid,
        /// What is other; one part at least.
        changed: Vec<Part>,
        /// When.
        at: Timestamp,
    },
    /// An officer vouched for who the person is.
    PersonRegistered {
        /// The account.
        account: Uuid,
        /// The officer's resource name.
        officer: String,
        /// The paper that was compared.
        paper: IdentityPaper,
        /// Another telephone had the account before.
        telephone_replaced: bool,
        /// When.
        at: Timestamp,
    },
    /// Sessions were ended for the sake of safety.
    SessionsEnded {
        /// Whose.
        account: Uuid,
        /// Why, and so which.
        reason: EndReason,
        /// When.
        at: Timestamp,
    },
    /// A session was opened.
    SignedIn {
        /// Whose.
        account: Uuid,
        /// The agency the person acts for; none for a citizen.
        agency: Option<String>,
        /// When.
        at: Timestamp,
    },
    /// The person is an officer.
    OfficerAppointed(Officer),
    /// An officer's roles are others.
    RolesChanged {
        /// As they are now.
        officer: Officer,
        /// When.
        at: Timestamp,
    },
}

/// What a caller is told of a command, and a repeat of it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// The account, sign-in or officer's account.
    pub id: Uuid,
}

impl Kept for Named {}

impl Holder {
    /// The holder as stored, or one of whom nothing is known yet.
    fn of(before: Option<&Self>, id: Uuid) -> Self {
        before.cloned().unwrap_or(Self { id, ..Self::default() })
    }

    /// The roles held at an agency.
    pub fn roles_at(&self, agency: &str) -> Roles {
        let officer = self.officers.iter().find(|officer| officer.agency == agency);
        officer.map(|officer| officer.roles).unwrap_or_default()
    }

    /// Ends every session but perhaps one, and sign-ins under way, which from now on look like any that is astray. The contact rests then.
    fn end_sessions_but(&mut self, kept: Option<Uuid>, now: Timestamp) {
        for sign_in in &mut self.sign_ins {
            sign_in.reaches = false;
        }
        for session in self.sessions.iter_mut().filter(|session| Some(session.id) != kept) {
            session.ended_at = session.ended_at.or(Some(now));
        }
        if let Some(account) = &mut self.account {
            account.secured_at = Some(now);
        }
    }

    /// Whether the person may act for the agency; anyone may act as a citizen.
    fn may_act_for(&self, agency: Option<&str>) -> bool {
        agency.is_none_or(|agency| !self.roles_at(agency).is_empty())
    }
}
