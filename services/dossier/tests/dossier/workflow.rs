//! A stand-in for workflow, which keeps the grounds of every decision.

use proto::motcua::workflow::v1 as pb;
use proto::motcua::workflow::v1::grounds_service_server::{GroundsService, GroundsServiceServer};
use tonic::service::Routes;
use tonic::{Request, Response, Status};

/// What the officer wrote.
pub const WORDS: &str = "Thiếu trang 2 của hóa đơn.";

/// What a supplement asks for.
pub const SUBJECTS: [&str; 2] = ["answers.vehicle.colour", "papers.purchase_invoice"];

/// It keeps as the first grounds of a case those of a refusal, as any other those of a supplement.
pub struct Workflow;

fn refusal() -> Vec<pb::Ground> {
    vec![pb::Ground {
        subject: "papers_lacking".into(),
        title_vi: "Thành phần hồ sơ không đầy đủ".into(),
        title_en: "Papers are lacking".into(),
        text: WORDS.into(),
    }]
}

fn supplement() -> Vec<pb::Ground> {
    let ground = |subject: &str| pb::Ground {
        subject: subject.into(),
        text: WORDS.into(),
        ..Default::default()
    };
    SUBJECTS.map(ground).into()
}

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
        let name = asked.into_inner().name;
        let grounds = if name.ends_with("/1") { refusal() } else { supplement() };
        Ok(Response::new(pb::Grounds { name, grounds, ..Default::default() }))
    }

    async fn get_refusal_reasons(
        &self,
        _: Request<pb::GetRefusalReasonsRequest>,
    ) -> Result<Response<pb::RefusalReasons>, Status> {
        Err(Status::unimplemented("dossier does not ask this"))
    }
}
