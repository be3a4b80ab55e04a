//! Officers: appointed at an agency, trusted with roles there.

use chassis::access::Role;
use chassis::refusal::{Kind, Refusal};
use chassis::write::{At, Command, Decided, Stream};
use jiff::Timestamp;
use uuid::Uuid;

use super::{Fact, Holder, Named, Roles};

/// A person who works for an agency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Officer {
    /// The person's account.
    pub account: Uuid,
    /// Resource name of the agency.
    pub agency: String,
    /// The roles held.
    pub roles: Roles,
    /// When the person was appointed.
    pub appointed_at: Timestamp,
}

/// The roles whose work is that of every agency: the mesh, and the account that citizens pay to.
const OF_EVERY_AGENCY: [Role; 2] = [Role::Operator, Role::Cashier];

/// Who appoints and grants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Appointer {
    /// Whoever holds the installation's own key, in every agency and every role.
    Installation,
    /// An administrator, within the agency of this resource name, and no roles whose work is that of every agency.
    Administrator(String),
}

impl Appointer {
    fn check(&self, agency: &str, roles: Roles) -> Result<(), Refusal> {
        let may = match self {
            Self::Installation => true,
            Self::Administrator(own) => {
                own == agency && !OF_EVERY_AGENCY.iter().any(|role| roles.contains(*role))
            }
        };
        if may { Ok(()) } else { Err(Refusal::denied()) }
    }
}

/// Appoints the owner of an account.
#[derive(Clone, Debug)]
pub struct AppointOfficer {
    /// The account.
    pub account: Uuid,
    /// Resource name of the agency.
    pub agency: String,
    /// One role at least.
    pub roles: Roles,
    /// Who appoints.
    pub by: Appointer,
}

impl Command for AppointOfficer {
    const NAME: &'static str = "AppointOfficer";
    type Root = Holder;
    type Answer = Named;

    fn stream(&self) -> Stream {
        Stream(self.account)
    }

    fn decide(
        &self,
        before: Option<&Holder>,
        (): &(),
        at: &mut At<'_>,
    ) -> Result<Decided<Holder, Named>, Refusal> {
        self.by.check(&self.agency, self.roles)?;
        let before = before.filter(|holder| holder.account.is_some());
        let mut holder = before.ok_or_else(Refusal::denied)?.clone();
        if holder.officers.iter().any(|officer| officer.agency == self.agency) {
            return Err(exists());
        }
        let officer = Officer {
            account: self.account,
            agency: self.agency.clone(),
            roles: self.roles,
            appointed_at: at.now,
        };
        holder.officers.push(officer.clone());
        let facts = vec![Fact::OfficerAppointed(officer)];
        Ok(Decided { after: holder, facts, answer: Named { id: self.account } })
    }
}

/// What happens to a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is granted.
    Grant(Role),
    /// It is revoked.
    Revoke(Role),
}

/// Grants or revokes a role.
#[derive(Clone, Debug)]
pub struct ChangeRoles {
    /// The officer's account.
    pub account: Uuid,
    /// Resource name of the agency.
    pub agency: String,
    /// What changes.
    pub change: Change,
    /// Who changes it.
    pub by: Appointer,
}

impl Command for ChangeRoles {
    const NAME: &'static str = "ChangeRoles";
    type Root = Holder;
    type Answer = Named;

    fn stream(&self) -> Stream {
        Stream(self.account)
    }

    fn decide(
        &self,
        before: Option<&Holder>,
        (): &(),
        at: &mut At<'_>,
    ) -> Result<Decided<Holder, Named>, Refusal> {
        let (Change::Grant(role) | Change::Revoke(role)) = self.change;
        self.by.check(&self.agency, Roles::default().with(role))?;
        let mut holder = Holder::of(before, self.account);
        let officer = holder.officers.iter_mut().find(|officer| officer.agency == self.agency);
        let officer = officer.ok_or_else(Refusal::denied)?;
        let held = officer.roles;
        officer.roles = match self.change {
            Change::Grant(role) => held.with(role),
            Change::Revoke(role) => held.without(role),
        };
        let changed = Fact::RolesChanged { officer: officer.clone(), at: at.now };
        let facts = if officer.roles == held { Vec::new() } else { vec![changed] };
        Ok(Decided { after: holder, facts, answer: Named { id: self.account } })
    }
}

fn exists() -> Refusal {
    Refusal::new(
        Kind::Exists,
        "OFFICER_EXISTS",
        "Người này đã là cán bộ của cơ quan; hãy cấp vai trò.",
        "This person is an officer of the agency already; grant roles instead.",
    )
}
