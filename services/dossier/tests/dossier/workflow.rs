//! A stand-in for workflow, which keeps the grounds of every decision.

use proto::motcua::workflow::v1 as pb;
use proto::motcua::workflow::v1::grounds_service_server::{GroundsService, GroundsServiceServer};
use tonic::service::Routes;
use tonic::{Request, Response, Status};

/// What the officer wrote.
pub const WORDS: &str = "Thiếu trang 2 của hóa đơn.";

pub struct Workflow;

impl Workflow {
    /// Serves, and returns where.
    pub async fn serve(self) -> String {
        support::serve(Routes::new(GroundsServiceServer::new(self))).await
    }
}

#[tonic::async_trait]
impl GroundsService for Workflow {
    async fn get_grounds(
        &self,
        asked: Request<pb::GetGroundsRequest>,
    ) -> Result<Response<pb::Grounds>, Status> {
        assert!(asked.metadata().contains_key("authorization"), "a service shows who it is");
        let ground = pb::Ground {
            subject: "papers_lacking".into(),
            title_vi: "Thành phần hồ sơ không đầy đủ".into(),
            title_en: "Papers are lacking".into(),
            text: WORDS.into(),
        };
        let name = asked.into_inner().name;
        Ok(Response::new(pb::Grounds { name, grounds: vec![ground], ..Default::default() }))
    }

    async fn get_refusal_reasons(
        &self,
        _: Request<pb::GetRefusalReasonsRequest>,
    ) -> Result<Response<pb::RefusalReasons>, Status> {
        Err(Status::unimplemented("dossier does not ask this"))
    }
}
