//! `CaseService`: cases of an agency.

use std::sync::Arc;

use chassis::access::{Caller, Person, caller};
use chassis::clock::timestamp;
use chassis::names;
use chassis::refusal::{Failure, Refusal};
use chassis::write::{Door, Once};
use proto::motcua::workflow::v1 as pb;
use proto::motcua::workflow::v1::case_service_server::CaseService;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{convert, failed, officer};
use crate::case::{AcceptDossier, Case};
use crate::rules::Rules;
use crate::store::CaseStore;
use crate::working_time::Language;

/// Shows and decides cases.
pub struct Cases {
    /// Reads cases.
    pub store: CaseStore,
    /// Changes them.
    pub door: Door<CaseStore>,
    /// Explains due times.
    pub rules: Arc<Rules>,
}

#[tonic::async_trait]
impl CaseService for Cases {
    async fn get_case(
        &self,
        request: Request<pb::GetCaseRequest>,
    ) -> Result<Response<pb::Case>, Status> {
        let id = names::id("cases", &request.get_ref().name, "name")?;
        let case = self.readable(id, &caller(&request)).await?;
        Ok(Response::new(convert::case(&self.rules, &case)))
    }

    async fn accept_dossier(
        &self,
        request: Request<pb::AcceptDossierRequest>,
    ) -> Result<Response<pb::Case>, Status> {
        let caller = caller(&request);
        let asked = request.get_ref();
        let once = Once::call(caller.name()?, &asked.request_id, asked)?;
        let id = names::id("cases", &asked.name, "name")?;
        let command = AcceptDossier { id, etag: asked.etag.clone(), officer: officer(&caller)? };
        self.door.run(once, command).await?;
        let case = self.readable(id, &caller).await?;
        Ok(Response::new(convert::case(&self.rules, &case)))
    }

    async fn explain_due_time(
        &self,
        request: Request<pb::ExplainDueTimeRequest>,
    ) -> Result<Response<pb::ExplainDueTimeResponse>, Status> {
        let id = names::id("cases", &request.get_ref().name, "name")?;
        let case = self.readable(id, &caller(&request)).await?;
        let due = self
            .rules
            .calendar
            .due(case.submitted_at, case.limit, &case.counted_pauses())
            .map_err(|error| Failure::Broken(error.to_string()))?;
        Ok(Response::new(pb::ExplainDueTimeResponse {
            due_time: case.due_at.map(timestamp),
            lines_en: due.explanation.render(Language::En),
            lines_vi: due.explanation.render(Language::Vi),
        }))
    }
}

impl Cases {
    /// The case, if it is of the officer's agency or a service asks.
    async fn readable(&self, id: Uuid, caller: &Caller) -> Result<Case, Failure> {
        let case = self.store.get(id).await.map_err(failed)?;
        let mine = |case: &Case| match caller {
            Caller::Known { person: Person::Officer { agency, .. }, .. } => case.agency == *agency,
            Caller::Known { person: Person::Service, .. } => true,
            _ => false,
        };
        Ok(case.filter(mine).ok_or_else(Refusal::denied)?)
    }
}
