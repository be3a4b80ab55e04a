//! `DossierService`: from the first form to the code.

use std::sync::Arc;

use chassis::access::{Caller, Person, caller};
use chassis::names::{self, malformed};
use chassis::pages::{Page, PageSize};
use chassis::refusal::{Failure, Kind, Refusal, Violation};
use chassis::write::{Door, Once};
use jiff::Timestamp;
use proto::motcua::dossier::v1 as pb;
use proto::motcua::dossier::v1::dossier_service_server::DossierService;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::answers::{Answers, Checked};
use super::{convert, failed, filter, procedures};
use crate::document::Results;
use crate::dossier::{
    CreateDossier, DeleteDossier, Dossier, DossierCode, RequestWithdrawal, SaveStep, SubmitDossier,
};
use crate::outside::agencies::Agencies;
use crate::paper;
use crate::procedure::{Catalogue, Procedure};
use crate::store::{DossierStore, Whole};

/// Drafts a citizen may have. It keeps one from filling the database, and is no quota: calls that are under way at once do not see each
/// other's drafts, so that as many as a citizen has under way may come on top.
const MOST_DRAFTS: i64 = 50;

const SIZES: PageSize = PageSize { default: 20, most: 100 };

/// Takes dossiers in.
pub struct Dossiers {
    /// The procedures there are.
    pub catalogue: Arc<Catalogue>,
    /// The agencies there are.
    pub agencies: Agencies,
    /// Opens and checks answers.
    pub answers: Answers,
    /// Reads dossiers.
    pub store: DossierStore,
    /// Changes them.
    pub door: Door<DossierStore>,
    /// Days that a draft is kept after its last change.
    pub draft_days: u16,
}

#[tonic::async_trait]
impl DossierService for Dossiers {
    async fn create_dossier(
        &self,
        request: Request<pb::CreateDossierRequest>,
    ) -> Result<Response<pb::Dossier>, Status> {
        let caller = caller(&request);
        let asked = request.get_ref();
        let once = Once::call(caller.name()?, &asked.request_id, asked)?;
        let command = self.creation(caller.name()?, asked, &once).await?;
        let drafts = self.store.drafts_besides(&command.owner, command.id, MOST_DRAFTS).await;
        if drafts.map_err(failed)? >= MOST_DRAFTS {
            return Err(too_many_drafts().into());
        }
        let created = self.door.run(once, command).await?;
        self.answer(created.id, caller.name()?).await
    }

    async fn save_step(
        &self,
        request: Request<pb::SaveStepRequest>,
    ) -> Result<Response<pb::Dossier>, Status> {
        let caller = caller(&request);
        let asked = request.get_ref();
        let once = Once::call(caller.name()?, &asked.request_id, asked)?;
        let id = names::id("dossiers", &asked.name, "name")?;
        let step = asked.step.clone().ok_or_else(|| required("step"))?;
        let whole = self.of_owner(id, caller.name()?).await?;
        let Checked { step, sealed, supplement } = self.answers.checked(&whole, step)?;
        let (caller_name, etag) = (caller.name()?.to_owned(), asked.etag.clone());
        let command = SaveStep { id, caller: caller_name, etag, step, sealed, supplement };
        self.door.run(once, command).await?;
        self.answer(id, caller.name()?).await
    }

    async fn delete_dossier(
        &self,
        request: Request<pb::DeleteDossierRequest>,
    ) -> Result<Response<()>, Status> {
        let caller = caller(&request);
        let asked = request.get_ref();
        let once = Once::call(caller.name()?, &asked.request_id, asked)?;
        let id = names::id("dossiers", &asked.name, "name")?;
        let (caller, etag) = (caller.name()?.to_owned(), asked.etag.clone());
        self.door.run(once, DeleteDossier { id, caller, etag }).await?;
        Ok(Response::new(()))
    }

    async fn submit_dossier(
        &self,
        request: Request<pb::SubmitDossierRequest>,
    ) -> Result<Response<pb::Dossier>, Status> {
        let caller = caller(&request);
        let asked = request.get_ref();
        let once = Once::call(caller.name()?, &asked.request_id, asked)?;
        let id = names::id("dossiers", &asked.name, "name")?;
        let Whole { dossier, steps, held, under_way, .. } =
            self.of_owner(id, caller.name()?).await?;
        let procedure = self.answers.procedure(&dossier)?;
        let steps = self.answers.opened(&dossier, &steps)?;
        // A repeat finds the dossier submitted: its answers passed then and are not judged by another day's clock.
        let is_draft = dossier.is_draft();
        let return_way = if is_draft {
            let of_papers = paper::wrong(&procedure.papers, &held, &under_way);
            self.answers.check_complete(procedure, &steps, of_papers)?
        } else {
            dossier.return_way
        };
        let command = SubmitDossier {
            id,
            caller: caller.name()?.into(),
            etag: asked.etag.clone(),
            checked: dossier.etag(),
            limit: convert::legal_limit(procedure.limit),
            return_way,
        };
        let submitted = self.door.run(once, command).await?;
        if !is_draft {
            return self.answer(id, caller.name()?).await;
        }
        let submitted = dossier.as_submitted(submitted, return_way);
        Ok(Response::new(self.answers.whole(&submitted, steps)?))
    }

    async fn request_withdrawal(
        &self,
        request: Request<pb::RequestWithdrawalRequest>,
    ) -> Result<Response<pb::Dossier>, Status> {
        let caller = caller(&request);
        let asked = request.get_ref();
        let once = Once::call(caller.name()?, &asked.request_id, asked)?;
        let id = names::id("dossiers", &asked.name, "name")?;
        let (owner, etag) = (caller.name()?.to_owned(), asked.etag.clone());
        self.door.run(once, RequestWithdrawal { id, caller: owner, etag }).await?;
        self.answer(id, caller.name()?).await
    }

    async fn get_dossier(
        &self,
        request: Request<pb::GetDossierRequest>,
    ) -> Result<Response<pb::Dossier>, Status> {
        let caller = caller(&request);
        let id = names::id("dossiers", &request.get_ref().name, "name")?;
        let found = self.store.get(id).await?;
        let found = found.filter(|found| may_read(&caller, &found.dossier));
        let found = found.ok_or_else(Refusal::denied)?;
        Ok(Response::new(self.answers.shown(&caller, found)?))
    }

    async fn list_dossiers(
        &self,
        request: Request<pb::ListDossiersRequest>,
    ) -> Result<Response<pb::ListDossiersResponse>, Status> {
        let caller = caller(&request);
        let owner = caller.name()?;
        let asked = request.get_ref();
        let sought = filter::of_dossiers(&asked.filter)?;
        let list = format!("dossiers of {owner} {}", asked.filter);
        let page =
            Page::<(Timestamp, Uuid)>::asked(asked.page_size, &asked.page_token, SIZES, &list)?;
        let found =
            self.store.of_owner(owner, &sought, page.after, page.size).await.map_err(failed)?;
        let last = found.last().map(|dossier| (dossier.created_at, dossier.id));
        let now = self.answers.clock.now();
        Ok(Response::new(pb::ListDossiersResponse {
            next_page_token: page.next(last, found.len()),
            dossiers: found.iter().map(|found| convert::dossier(found, now)).collect(),
        }))
    }

    async fn look_up_dossier(
        &self,
        request: Request<pb::LookUpDossierRequest>,
    ) -> Result<Response<pb::LookUpDossierResponse>, Status> {
        let code = DossierCode::parse(&request.get_ref().code)
            .ok_or_else(|| malformed("code", "H29.27.484-20261125-0000001"))?;
        let found = self.store.by_code(&code).await.map_err(failed)?.ok_or_else(not_found)?;
        let for_an_operator = caller(&request).is_the_installation();
        let dossier = convert::dossier(&found, self.answers.clock.now());
        Ok(Response::new(pb::LookUpDossierResponse {
            dossier: if for_an_operator { dossier.name } else { String::new() },
            code: dossier.code,
            procedure: dossier.procedure,
            agency: dossier.agency,
            status: dossier.status,
            submit_time: dossier.submit_time,
            due_time: dossier.due_time,
        }))
    }
}

impl Dossiers {
    async fn creation(
        &self,
        owner: &str,
        asked: &pb::CreateDossierRequest,
        once: &Once,
    ) -> Result<CreateDossier, Failure> {
        let dossier = asked.dossier.as_ref().ok_or_else(|| required("dossier"))?;
        let id = match asked.dossier_id.as_str() {
            "" => Ok(once.derived_id()),
            chosen => names::uuid(chosen, "dossier_id"),
        };
        let procedure = procedures::find(&self.catalogue, &dossier.procedure, "dossier.procedure")
            .map_err(|refusal| named(refusal, "dossier.procedure"))
            .and_then(may_be_drafted);
        let agency = self.agency(&dossier.agency, procedure.as_ref().ok().copied()).await?;
        match (id, procedure, agency) {
            (Ok(id), Ok(procedure), Ok(agency)) => Ok(CreateDossier {
                id,
                owner: owner.into(),
                procedure: procedure.code.clone(),
                version: procedure.version,
                agency,
                draft_days: self.draft_days,
            }),
            (id, procedure, agency) => {
                let refusals = [id.err(), procedure.err(), agency.err()];
                let violations = refusals.into_iter().flatten().flat_map(|r| r.violations);
                Err(Refusal::fields(violations.collect()).into())
            }
        }
    }

    /// The agency of this name, if it is one and settles the procedure; else what is wrong with it.
    async fn agency(
        &self,
        name: &str,
        procedure: Option<&Procedure>,
    ) -> Result<Result<String, Refusal>, Failure> {
        let name = match agency(name) {
            Ok(name) => name,
            Err(malformed) => return Ok(Err(malformed)),
        };
        let Some(procedure) = procedure else { return Ok(Ok(name)) };
        let level = convert::agency_level(procedure.agency_level);
        Ok(self.agencies.judge(&name, level).await?.map_or(Ok(name), Err))
    }

    async fn of_owner(&self, id: Uuid, caller: &str) -> Result<Whole, Failure> {
        owned(&self.store, id, caller).await
    }

    /// The dossier as it is now, to its owner: whose repeat comes late may find another's under the id of one that was deleted.
    async fn answer(&self, id: Uuid, owner: &str) -> Result<Response<pb::Dossier>, Status> {
        let whole = self.of_owner(id, owner).await?;
        Ok(Response::new(self.answers.of_owner(whole)?))
    }
}

/// The dossier with its sealed steps and its papers, if the caller owns it.
pub(super) async fn owned(store: &DossierStore, id: Uuid, caller: &str) -> Result<Whole, Failure> {
    let found = store.get(id).await?;
    Ok(found.filter(|found| found.dossier.owner == caller).ok_or_else(Refusal::denied)?)
}

/// The dossier, if the caller may read it.
pub(super) async fn readable(
    store: &DossierStore,
    caller: &Caller,
    id: Uuid,
) -> Result<Dossier, Failure> {
    let found = store.find(id).await.map_err(failed)?;
    Ok(found.filter(|dossier| may_read(caller, dossier)).ok_or_else(Refusal::denied)?)
}

/// Its owner always; once submitted, its agency and services.
pub(super) fn may_read(caller: &Caller, dossier: &Dossier) -> bool {
    let Caller::Known { name, person } = caller else { return false };
    match person {
        Person::Citizen { .. } => *name == dossier.owner,
        Person::Officer { agency, .. } => !dossier.is_draft() && *agency == dossier.agency,
        Person::Service => !dossier.is_draft(),
    }
}

/// Which results someone sees who may read the dossier: its owner what was signed.
pub(super) fn results_for(caller: &Caller, dossier: &Dossier) -> Results {
    match caller {
        Caller::Known { person: Person::Citizen { .. }, .. } if dossier.tells_results() => {
            Results::Issued
        }
        Caller::Known { person: Person::Citizen { .. }, .. } | Caller::Anyone => Results::None,
        Caller::Known { .. } => Results::All,
    }
}

fn agency(name: &str) -> Result<String, Refusal> {
    let unit = name.strip_prefix("agencies/").unwrap_or_default();
    if unit.len() == 5 && unit.bytes().all(|byte| byte.is_ascii_digit()) {
        Ok(name.to_owned())
    } else {
        Err(malformed("dossier.agency", "agencies/{five-digit unit code}"))
    }
}

fn required(field: &str) -> Refusal {
    Refusal::field(field, "REQUIRED", "Trường này là bắt buộc.", "This field is required.")
}

/// A refusal about one thing as a violation of the field that named it.
fn named(refusal: Refusal, field: &str) -> Refusal {
    if refusal.violations.is_empty() {
        let text = refusal.public;
        Refusal::fields(vec![Violation {
            field: field.into(),
            reason: refusal.reason.into(),
            text,
        }])
    } else {
        refusal
    }
}

/// A draft is of a procedure that can be filed here to its end.
fn may_be_drafted(procedure: &Procedure) -> Result<&Procedure, Refusal> {
    match (procedure.online, &procedure.form) {
        (false, _) => Err(not_online()),
        (true, None) => Err(named(without_form(), "dossier.procedure")),
        (true, Some(_)) => Ok(procedure),
    }
}

fn not_online() -> Refusal {
    Refusal::field(
        "dossier.procedure",
        "NOT_ONLINE",
        "Thủ tục này chưa nộp trực tuyến được; hãy đến bộ phận một cửa.",
        "This procedure cannot be filed online; go to the one-stop desk.",
    )
}

fn too_many_drafts() -> Refusal {
    Refusal::new(
        Kind::Precondition,
        "TOO_MANY_DRAFTS",
        format!("Bạn đã có {MOST_DRAFTS} bản nháp; hãy nộp hoặc xóa bớt rồi mở bản mới."),
        format!("You have {MOST_DRAFTS} drafts; submit or delete some before you open another."),
    )
}

pub(super) fn without_form() -> Refusal {
    Refusal::new(
        Kind::Precondition,
        "PROCEDURE_WITHOUT_FORM",
        "Thủ tục này chưa có biểu mẫu điện tử; hãy nộp tại bộ phận một cửa.",
        "This procedure has no form yet; file it at the one-stop desk.",
    )
}

fn not_found() -> Refusal {
    Refusal::new(
        Kind::Missing,
        "DOSSIER_NOT_FOUND",
        "Không có hồ sơ nào mang mã này; hãy kiểm tra lại mã trên giấy hẹn.",
        "No dossier has this code; compare it with the slip.",
    )
}
