//! `CaseService`: cases of an agency.

use std::sync::Arc;

use chassis::access::{Caller, Person, caller};
use chassis::clock::{Clock, timestamp};
use chassis::filter::{Terms, quoted};
use chassis::names;
use chassis::pages::{Page, PageSize};
use chassis::refusal::{Failure, Refusal};
use chassis::write::{Door, Once};
use jiff::Timestamp;
use proto::motcua::r#type::v1::DossierStatus;
use proto::motcua::workflow::v1 as pb;
use proto::motcua::workflow::v1::case_service_server::CaseService;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::draws::is_drawn_for;
use super::{convert, officer, reasons};
use crate::case::{
    AcceptDossier, Case, DenyWithdrawal, GrantWithdrawal, RefuseDossier, RequestSupplement, no_date,
};
use crate::grounds::Seal;
use crate::outside::Forms;
use crate::rules::Rules;
use crate::store::{CaseFilter, CaseKey, CaseStore};
use crate::working_time::{Language, day_bounds};

const SIZES: PageSize = PageSize { default: 20, most: 100 };

/// What the one ground of a denied withdrawal is about.
const WITHDRAWAL: &str = "withdrawal";

/// What cases can be filtered by.
const FILTER: &str = "status = DOSSIER_STATUS_IN_PROCESSING, submit_day = \"2026-11-25\", late = true, \
                      joined by AND";

/// Shows and decides cases.
pub struct Cases {
    /// Reads cases.
    pub store: CaseStore,
    /// Changes them.
    pub door: Door<CaseStore>,
    /// Explains due times.
    pub rules: Arc<Rules>,
    /// Tells what is late.
    pub clock: Clock,
    /// Seals what officers write.
    pub seal: Seal,
    /// Tells what a supplement can ask for.
    pub forms: Forms,
}

#[tonic::async_trait]
impl CaseService for Cases {
    async fn get_case(
        &self,
        request: Request<pb::GetCaseRequest>,
    ) -> Result<Response<pb::Case>, Status> {
        let id = names::id("cases", &request.get_ref().name, "name")?;
        self.answer(id, &caller(&request)).await
    }

    async fn list_cases(
        &self,
        request: Request<pb::ListCasesRequest>,
    ) -> Result<Response<pb::ListCasesResponse>, Status> {
        let caller = caller(&request);
        let agency = caller.agency()?;
        let asked = request.get_ref();
        let filter = filter(&asked.filter, self.clock.now())?;
        let list = format!("cases of {agency} {}", asked.filter);
        let page = Page::<CaseKey>::asked(asked.page_size, &asked.page_token, SIZES, &list)?;
        let found = self.store.list(agency, &filter, page.after, page.size).await?;
        let last = found.last().map(|case| (case.submitted_at, case.id));
        Ok(Response::new(pb::ListCasesResponse {
            next_page_token: page.next(last, found.len()),
            cases: found.iter().map(|case| convert::case(&self.rules, case)).collect(),
        }))
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
        self.answer(id, &caller).await
    }

    async fn refuse_dossier(
        &self,
        request: Request<pb::RefuseDossierRequest>,
    ) -> Result<Response<pb::Case>, Status> {
        let caller = caller(&request);
        let asked = request.get_ref();
        let once = Once::call(caller.name()?, &asked.request_id, asked)?;
        let id = names::id("cases", &asked.name, "name")?;
        let reasons = reasons::of_refusal(&self.rules.refusal_reasons, &asked.reasons)?;
        let stated = self.seal.state(id, pb::GroundsKind::Refusal, reasons).map_err(broken)?;
        let (etag, officer) = (asked.etag.clone(), officer(&caller)?);
        self.door.run(once, RefuseDossier { id, etag, officer, stated }).await?;
        self.answer(id, &caller).await
    }

    async fn request_supplement(
        &self,
        request: Request<pb::RequestSupplementRequest>,
    ) -> Result<Response<pb::Case>, Status> {
        let caller = caller(&request);
        let asked = request.get_ref();
        let once = Once::call(caller.name()?, &asked.request_id, asked)?;
        let id = names::id("cases", &asked.name, "name")?;
        let case = self.readable(id, &caller).await?;
        let known = self.forms.subjects(&case.procedure).await?;
        let bound = |subject: &str| case.draw.is_some() && is_drawn_for(subject);
        let items = reasons::of_supplement(&known, bound, &asked.items)?;
        let stated = self.seal.state(id, pb::GroundsKind::Supplement, items).map_err(broken)?;
        let (etag, officer) = (asked.etag.clone(), officer(&caller)?);
        self.door.run(once, RequestSupplement { id, etag, officer, stated }).await?;
        self.answer(id, &caller).await
    }

    async fn grant_withdrawal(
        &self,
        request: Request<pb::GrantWithdrawalRequest>,
    ) -> Result<Response<pb::Case>, Status> {
        let caller = caller(&request);
        let asked = request.get_ref();
        let once = Once::call(caller.name()?, &asked.request_id, asked)?;
        let id = names::id("cases", &asked.name, "name")?;
        let (etag, officer) = (asked.etag.clone(), officer(&caller)?);
        self.door.run(once, GrantWithdrawal { id, etag, officer }).await?;
        self.answer(id, &caller).await
    }

    async fn deny_withdrawal(
        &self,
        request: Request<pb::DenyWithdrawalRequest>,
    ) -> Result<Response<pb::Case>, Status> {
        let caller = caller(&request);
        let asked = request.get_ref();
        let once = Once::call(caller.name()?, &asked.request_id, asked)?;
        let id = names::id("cases", &asked.name, "name")?;
        let why = reasons::remark(&asked.text, "text".into(), true);
        let why = why.map_err(|violation| Refusal::fields(vec![violation]))?;
        let (kind, ground) = (pb::GroundsKind::WithdrawalDenial, (WITHDRAWAL.to_owned(), why));
        let stated = self.seal.state(id, kind, vec![ground]).map_err(broken)?;
        let (etag, officer) = (asked.etag.clone(), officer(&caller)?);
        self.door.run(once, DenyWithdrawal { id, etag, officer, stated }).await?;
        self.answer(id, &caller).await
    }

    async fn explain_due_time(
        &self,
        request: Request<pb::ExplainDueTimeRequest>,
    ) -> Result<Response<pb::ExplainDueTimeResponse>, Status> {
        let id = names::id("cases", &request.get_ref().name, "name")?;
        let case = self.readable(id, &caller(&request)).await?;
        let mut due = self
            .rules
            .calendar
            .due(case.submitted_at, case.limit, &case.counted_pauses())
            .map_err(|error| Failure::from(no_date(error)))?;
        if let Some(late) = case.late {
            due.explanation.miss(late.new_date);
        }
        Ok(Response::new(pb::ExplainDueTimeResponse {
            due_time: case.due_at.map(timestamp),
            lines_en: due.explanation.render(Language::En),
            lines_vi: due.explanation.render(Language::Vi),
        }))
    }
}

impl Cases {
    /// The case as it is now.
    async fn answer(&self, id: Uuid, caller: &Caller) -> Result<Response<pb::Case>, Status> {
        let case = self.readable(id, caller).await?;
        Ok(Response::new(convert::case(&self.rules, &case)))
    }

    /// The case, if it is of the officer's agency or a service asks.
    async fn readable(&self, id: Uuid, caller: &Caller) -> Result<Case, Failure> {
        let case = self.store.get(id).await?;
        let mine = |case: &Case| match caller {
            Caller::Known { person: Person::Officer { agency, .. }, .. } => case.agency == *agency,
            Caller::Known { person: Person::Service, .. } => true,
            _ => false,
        };
        Ok(case.filter(mine).ok_or_else(Refusal::denied)?)
    }
}

fn filter(text: &str, now: Timestamp) -> Result<CaseFilter, Refusal> {
    let mut terms = Terms::read(text, FILTER)?;
    let found = CaseFilter {
        status: terms.take("status", |value| {
            DossierStatus::from_str_name(value)
                .filter(|status| *status != DossierStatus::Unspecified)
        })?,
        submitted: terms.take("submit_day", |value| day(quoted(value)?))?,
        due_before: terms.take("late", |value| (value == "true").then_some(now))?,
    };
    terms.end()?;
    Ok(found)
}

fn broken(error: impl std::fmt::Display) -> Failure {
    Failure::Broken(error.to_string())
}

fn day(text: &str) -> Option<(Timestamp, Timestamp)> {
    day_bounds(text.parse().ok()?)
}
