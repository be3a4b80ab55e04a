//! `OfficerService`: who may do what at an agency.

use std::sync::Arc;

use chassis::access::{Caller, Person, Role, caller};
use chassis::clock::timestamp;
use chassis::names::{self, malformed};
use chassis::refusal::{Failure, Refusal};
use chassis::write::Once;
use proto::motcua::identity::v1 as pb;
use proto::motcua::identity::v1::officer_service_server::OfficerService;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{Room, agency, failed, unit_code};
use crate::agency::Agencies;
use crate::events::{account_name, officer_name};
use crate::holder::{AppointOfficer, Appointer, Change, ChangeRoles, Officer, Roles};

/// Roles told in one request, at most: more than there are.
const MOST: usize = 16;

/// Appoints officers and grants their roles.
pub struct Officers {
    /// Changes holders and reads them.
    pub room: Room,
    /// Those there are.
    pub agencies: Arc<Agencies>,
}

#[tonic::async_trait]
impl OfficerService for Officers {
    async fn appoint_officer(
        &self,
        request: Request<pb::AppointOfficerRequest>,
    ) -> Result<Response<pb::Officer>, Status> {
        let caller = caller(&request);
        let asked = request.get_ref();
        let once = self.room.secrets.once(caller.name()?, asked, &asked.request_id)?;
        let agency = self.known(&asked.parent)?;
        let account = names::id("accounts", &asked.account, "account")?;
        let roles = roles(&asked.roles)?;
        let by = appointer(&caller)?;
        let command = AppointOfficer { account, agency: agency.clone(), roles, by };
        self.room.door.run(once, command).await?;
        Ok(Response::new(self.officer(account, &agency).await?))
    }

    async fn get_officer(
        &self,
        request: Request<pb::GetOfficerRequest>,
    ) -> Result<Response<pb::Officer>, Status> {
        let caller = caller(&request);
        let (agency, account) = parsed(&request.get_ref().name)?;
        if !may_read(&caller, &agency) {
            return Err(Refusal::denied().into());
        }
        Ok(Response::new(self.officer(account, &agency).await?))
    }

    async fn grant_role(
        &self,
        request: Request<pb::GrantRoleRequest>,
    ) -> Result<Response<pb::Officer>, Status> {
        let caller = caller(&request);
        let asked = request.get_ref();
        let once = self.room.secrets.once(caller.name()?, asked, &asked.request_id)?;
        let change = Change::Grant(role(asked.role, "role")?);
        Ok(Response::new(self.change(&caller, once, &asked.name, change).await?))
    }

    async fn revoke_role(
        &self,
        request: Request<pb::RevokeRoleRequest>,
    ) -> Result<Response<pb::Officer>, Status> {
        let caller = caller(&request);
        let asked = request.get_ref();
        let once = self.room.secrets.once(caller.name()?, asked, &asked.request_id)?;
        let change = Change::Revoke(role(asked.role, "role")?);
        Ok(Response::new(self.change(&caller, once, &asked.name, change).await?))
    }
}

impl Officers {
    /// The resource name of an agency that exists.
    fn known(&self, parent: &str) -> Result<String, Refusal> {
        let code = unit_code(parent, "parent")?;
        self.agencies.get(code).map(|_| parent.to_owned()).ok_or_else(no_such_agency)
    }

    async fn change(
        &self,
        caller: &Caller,
        once: Once,
        name: &str,
        change: Change,
    ) -> Result<pb::Officer, Failure> {
        let (agency, account) = parsed(name)?;
        let by = appointer(caller)?;
        let command = ChangeRoles { account, agency: agency.clone(), change, by };
        self.room.door.run(once, command).await?;
        self.officer(account, &agency).await
    }

    async fn officer(&self, account: Uuid, agency: &str) -> Result<pb::Officer, Failure> {
        let found = self.room.store.officer(account, agency).await.map_err(failed)?;
        Ok(shown(&found.ok_or_else(Refusal::denied)?))
    }
}

/// Officers of the same agency, and services.
fn may_read(caller: &Caller, agency: &str) -> bool {
    match caller {
        Caller::Known { person: Person::Officer { agency: own, .. }, .. } => own == agency,
        Caller::Known { person: Person::Service, .. } => true,
        _ => false,
    }
}

fn shown(officer: &Officer) -> pb::Officer {
    pb::Officer {
        name: officer_name(&officer.agency, officer.account),
        account: account_name(officer.account),
        roles: officer.roles.numbers(),
        appoint_time: Some(timestamp(officer.appointed_at)),
    }
}

fn appointer(caller: &Caller) -> Result<Appointer, Refusal> {
    match caller {
        caller if caller.is_the_installation() => Ok(Appointer::Installation),
        Caller::Known { person: Person::Officer { agency, .. }, .. } => {
            Ok(Appointer::Administrator(agency.clone()))
        }
        _ => Err(Refusal::denied()),
    }
}

/// Agency and account in an officer's name.
fn parsed(name: &str) -> Result<(String, Uuid), Refusal> {
    let shape = || malformed("name", "agencies/{five-digit unit code}/officers/{uuid}");
    let (of, id) = name.split_once("/officers/").ok_or_else(shape)?;
    let account = Uuid::try_parse(id).ok().filter(|id| !id.is_nil()).ok_or_else(shape)?;
    Ok((agency(of, "name").map_err(|_| shape())?, account))
}

fn roles(numbers: &[i32]) -> Result<Roles, Refusal> {
    if !(1..=MOST).contains(&numbers.len()) {
        return Err(no_role("roles"));
    }
    numbers.iter().map(|number| role(*number, "roles")).collect()
}

fn role(number: i32, field: &str) -> Result<Role, Refusal> {
    let role = Role::try_from(number).ok().filter(|role| *role != Role::Unspecified);
    role.ok_or_else(|| no_role(field))
}

fn no_role(field: &str) -> Refusal {
    Refusal::field(
        field,
        "ROLE_REQUIRED",
        "Hãy nêu vai trò có trong danh mục.",
        "Name roles that exist, at least one.",
    )
}

fn no_such_agency() -> Refusal {
    Refusal::field(
        "parent",
        "AGENCY_UNKNOWN",
        "Không có cơ quan nào mang mã này; hãy tìm trong danh sách cơ quan.",
        "No agency has this code; look it up in the list of agencies.",
    )
}
