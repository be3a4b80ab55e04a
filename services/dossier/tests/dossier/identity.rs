//! A stand-in for identity, which knows two agencies.

use proto::motcua::identity::v1::agency_service_server::{AgencyService, AgencyServiceServer};
use proto::motcua::identity::v1::{
    Agency, GetAgencyRequest, ListAgenciesRequest, ListAgenciesResponse,
};
use tonic::service::Routes;
use tonic::{Request, Response, Status};

pub struct Identity;

impl Identity {
    /// Serves, and returns where.
    pub async fn serve(self) -> String {
        support::serve(Routes::new(AgencyServiceServer::new(self))).await
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
