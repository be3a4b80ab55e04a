//! A stand-in for identity, which knows two agencies and one account.

use proto::motcua::identity::v1::account_service_server::{AccountService, AccountServiceServer};
use proto::motcua::identity::v1::agency_service_server::{AgencyService, AgencyServiceServer};
use proto::motcua::identity::v1::{
    Account, Agency, CreateAccountRequest, GetAccountRequest, GetAgencyRequest,
    ListAgenciesRequest, ListAgenciesResponse, ResolveContactsRequest, ResolveContactsResponse,
};
use tonic::service::Routes;
use tonic::{Request, Response, Status};

use crate::desk::OWNER;

pub struct Identity;

impl Identity {
    /// Serves, and returns where.
    pub async fn serve(self) -> String {
        let agencies = Routes::new(AgencyServiceServer::new(Self));
        support::serve(agencies.add_service(AccountServiceServer::new(self))).await
    }
}

type Answer<T> = Result<Response<T>, Status>;

fn not_asked<T>() -> Answer<T> {
    Err(Status::unimplemented("dossier does not ask this"))
}

#[tonic::async_trait]
impl AccountService for Identity {
    async fn get_account(&self, request: Request<GetAccountRequest>) -> Answer<Account> {
        let name = request.into_inner().name;
        if name == OWNER {
            Ok(Response::new(Account { name, ..Default::default() }))
        } else {
            Err(Status::permission_denied("no such account"))
        }
    }

    async fn create_account(&self, _: Request<CreateAccountRequest>) -> Answer<Account> {
        not_asked()
    }

    async fn resolve_contacts(
        &self,
        _: Request<ResolveContactsRequest>,
    ) -> Answer<ResolveContactsResponse> {
        not_asked()
    }
}

#[tonic::async_trait]
impl AgencyService for Identity {
    async fn get_agency(
        &self,
        request: Request<GetAgencyRequest>,
    ) -> Result<Response<Agency>, Status> {
        let name = request.into_inner().name;
        let levels: &[&str] = match name.as_str() {
            "agencies/26860" => &["police", "ward"],
            "agencies/00079" => &["city"],
            _ => return Err(Status::not_found("no such agency")),
        };
        let agency_levels = levels.iter().map(ToString::to_string).collect();
        let (title_vi, title_en) = ("Phường Thủ Đức".into(), "Thu Duc Ward".into());
        Ok(Response::new(Agency { name, title_vi, title_en, agency_levels, ..Default::default() }))
    }

    async fn list_agencies(
        &self,
        _: Request<ListAgenciesRequest>,
    ) -> Result<Response<ListAgenciesResponse>, Status> {
        Err(Status::unimplemented("dossier does not ask this"))
    }
}
