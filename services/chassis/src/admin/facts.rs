//! `FactService` and `ServerService`: what this service published, and what it is.

use proto::motcua::admin::v1 as pb;
use proto::motcua::admin::v1::fact_service_server::FactService;
use proto::motcua::admin::v1::server_service_server::ServerService;
use tonic::{Request, Response, Status};

use super::{Operations, failed, operator, trace};
use crate::clock::timestamp;
use crate::events::Event;
use crate::names;
use crate::pages::{Page, PageSize};
use crate::write::Stream;

const SIZES: PageSize = PageSize { default: 100, most: 500 };

#[tonic::async_trait]
impl FactService for Operations {
    async fn list_facts(
        &self,
        request: Request<pb::ListFactsRequest>,
    ) -> Result<Response<pb::ListFactsResponse>, Status> {
        operator(&request)?;
        let pb::ListFactsRequest { stream, page_size, page_token } = request.into_inner();
        let stream = Stream(names::uuid(&stream, "stream")?);
        let list = format!("facts {}", stream.0);
        let page = Page::<i64>::asked(page_size, &page_token, SIZES, &list)?;
        let after = page.after.unwrap_or_default();
        let facts = self.0.log.of_stream(stream, after, page.size).await.map_err(failed)?;
        let next_page_token = page.next(facts.last().map(|fact| fact.sequence), facts.len());
        let facts = facts.into_iter().map(fact).collect();
        Ok(Response::new(pb::ListFactsResponse { facts, next_page_token }))
    }
}

#[tonic::async_trait]
impl ServerService for Operations {
    async fn get_server_info(
        &self,
        request: Request<pb::GetServerInfoRequest>,
    ) -> Result<Response<pb::ServerInfo>, Status> {
        operator(&request)?;
        let (chassis_schema_version, schema_version) = self.0.schema;
        Ok(Response::new(pb::ServerInfo {
            service: self.0.log.source.into(),
            version: env!("CARGO_PKG_VERSION").into(),
            start_time: Some(timestamp(self.0.started)),
            chassis_schema_version,
            schema_version,
        }))
    }
}

fn fact(event: Event) -> pb::Fact {
    pb::Fact {
        name: format!("facts/{}", event.id),
        source: event.source,
        r#type: event.kind,
        sequence: event.sequence,
        subject: event.subject,
        time: Some(timestamp(event.time)),
        actor: event.actor,
        causation: event.causation,
        trace: trace(event.traceparent.as_deref()),
    }
}
