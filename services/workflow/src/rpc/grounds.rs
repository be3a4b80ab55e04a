//! `GroundsService`: why agencies decided as they did.

use std::sync::Arc;

use chassis::access::{Caller, Person, caller};
use chassis::clock::timestamp;
use chassis::names::{self, malformed};
use chassis::refusal::{Failure, Refusal};
use proto::motcua::workflow::v1 as pb;
use proto::motcua::workflow::v1::grounds_service_server::GroundsService;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use crate::case::Case;
use crate::events::{grounds_name, reference};
use crate::grounds::{Grounds, RefusalReason, Seal};
use crate::rules::Rules;
use crate::store::CaseStore;

/// Shows grounds.
pub struct GroundsOfCases {
    /// Reads them.
    pub store: CaseStore,
    /// Opens what officers wrote.
    pub seal: Seal,
    /// Tells what reasons are called.
    pub rules: Arc<Rules>,
}

#[tonic::async_trait]
impl GroundsService for GroundsOfCases {
    async fn get_grounds(
        &self,
        request: Request<pb::GetGroundsRequest>,
    ) -> Result<Response<pb::Grounds>, Status> {
        let (id, number) = named(&request.get_ref().name)?;
        let found = self.store.get(id).await?;
        let case = found.filter(|case| may_read(&caller(&request), case));
        let case = case.ok_or_else(Refusal::denied)?;
        let grounds = self.store.grounds(id, number).await?.ok_or_else(Refusal::denied)?;
        Ok(Response::new(self.shown(&case, grounds)?))
    }

    async fn get_refusal_reasons(
        &self,
        _: Request<pb::GetRefusalReasonsRequest>,
    ) -> Result<Response<pb::RefusalReasons>, Status> {
        let reasons = self.rules.refusal_reasons.all().iter().map(reason).collect();
        Ok(Response::new(pb::RefusalReasons { reasons }))
    }
}

impl GroundsOfCases {
    fn shown(&self, case: &Case, grounds: Grounds) -> Result<pb::Grounds, Failure> {
        let texts = self.seal.open(case.id, &grounds.stated);
        let texts = texts.map_err(|error| Failure::Broken(error.to_string()))?;
        let ground = |(subject, text): (String, String)| {
            let reason = self.rules.refusal_reasons.of(&subject);
            let titles = reason.map(|reason| (reason.vi.clone(), reason.en.clone()));
            let (title_vi, title_en) = titles.unwrap_or_default();
            pb::Ground { subject, title_vi, title_en, text }
        };
        Ok(pb::Grounds {
            name: grounds_name(case, grounds.number),
            dossier: Some(reference(case)),
            kind: grounds.stated.kind.into(),
            grounds: grounds.stated.subjects.into_iter().zip(texts).map(ground).collect(),
            officer: grounds.officer,
            state_time: Some(timestamp(grounds.at)),
        })
    }
}

/// Officers of the case's agency, and services of the mesh alone: what officers write may be personal data.
fn may_read(caller: &Caller, case: &Case) -> bool {
    match caller {
        Caller::Known { person: Person::Officer { agency, .. }, .. } => *agency == case.agency,
        _ => caller.is_of_the_mesh(),
    }
}

/// The case and the number in `cases/{uuid}/grounds/{number}`.
fn named(name: &str) -> Result<(Uuid, i32), Refusal> {
    let shape = || malformed("name", "cases/{uuid}/grounds/{number}");
    let (case, number) = name.split_once("/grounds/").ok_or_else(shape)?;
    let id = names::id("cases", case, "name").map_err(|_| shape())?;
    Ok((id, number.parse().map_err(|_| shape())?))
}

fn reason(reason: &RefusalReason) -> pb::RefusalReason {
    pb::RefusalReason {
        code: reason.code.clone(),
        title_vi: reason.vi.clone(),
        title_en: reason.en.clone(),
        needs_text: reason.needs_text,
    }
}
