//! A stand-in for dossier, which knows one form.

use proto::motcua::dossier::v1 as pb;
use proto::motcua::dossier::v1::procedure_service_server::{
    ProcedureService, ProcedureServiceServer,
};
use tonic::service::Routes;
use tonic::{Request, Response, Status};

pub struct Forms;

impl Forms {
    /// Serves, and returns where.
    pub async fn serve(self) -> String {
        support::serve(Routes::new(ProcedureServiceServer::new(self))).await
    }
}

#[tonic::async_trait]
impl ProcedureService for Forms {
    async fn get_form(
        &self,
        asked: Request<pb::GetFormRequest>,
    ) -> Result<Response<pb::Form>, Status> {
        let step = pb::FormStep {
            number: 1,
            id: "applicant".into(),
            json_schema: r#"{"properties": {"full_name": {}, "phone": {}}}"#.into(),
            ..Default::default()
        };
        let paper = pb::FormPaper { id: "invoice".into(), ..Default::default() };
        let name = asked.into_inner().name;
        let (steps, papers) = (vec![step], vec![paper]);
        Ok(Response::new(pb::Form { name, steps, papers, ..Default::default() }))
    }

    async fn get_procedure_version(
        &self,
        _: Request<pb::GetProcedureVersionRequest>,
    ) -> Result<Response<pb::ProcedureVersion>, Status> {
        Err(Status::unimplemented("workflow does not ask this"))
    }

    async fn list_procedure_versions(
        &self,
        _: Request<pb::ListProcedureVersionsRequest>,
    ) -> Result<Response<pb::ListProcedureVersionsResponse>, Status> {
        Err(Status::unimplemented("workflow does not ask this"))
    }
}
