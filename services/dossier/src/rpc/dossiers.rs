//! `DossierService`: from the first form to the code.

use std::sync::Arc;

use chassis::access::{Caller, Person, caller};
use chassis::names::{self, malformed};
use chassis::pages::{Page, PageSize};
use chassis::refusal::{Failure, Kind, Refusal};
use chassis::write::{Door, Once};
use jiff::Timestamp;
use proto::motcua::dossier::v1 as pb;
use proto::motcua::dossier::v1::dossier_service_server::DossierService;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::answers::{Answers, Checked};
use super::submission::Wish;
use super::{convert, failed, filter};
use crate::document::Results;
use crate::dossier::{DeleteDossier, Dossier, DossierCode, Hand, RequestWithdrawal, SaveStep};
use crate::outside::accounts::Accounts;
use crate::outside::agencies::Agencies;
use crate::procedure::Catalogue;
use crate::store::{DossierStore, Whole};

/// Drafts a citizen may have. It keeps one from filling the database, and is no quota: calls that are under way at once do not see each
/// other's drafts, so that as many as a citizen has under way may come on top.
const MOST_DRAFTS: i64 = 50;

const SIZES: PageSize = PageSize { default: 20, most: 100 };

/// Takes dossiers in.
pub struct Dossiers {
    /// The procedures there are.
    pub catalogue: Arc<Catalogue>,
    /// The accounts there are.
    pub accounts: Accounts,
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
        let hand = Hand::of(&caller)?;
        let command = self.creation(&hand, asked, &once).await?;
        let drafts = self.store.drafts_besides(&command.owner, command.id, MOST_DRAFTS).await;
        if drafts.map_err(failed)? >= MOST_DRAFTS {
            return Err(too_many_drafts().into());
        }
        let created = self.door.run(once, command).await?;
        self.answer(created.id, &hand).await
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
        let hand = Hand::of(&caller)?;
        let whole = held_by(&hand, &self.store, id).await?;
        let Checked { step, sealed, supplement } = self.answers.checked(&whole, step)?;
        let etag = asked.etag.clone();
        let command = SaveStep { id, hand: hand.clone(), etag, step, sealed, supplement };
        self.door.run(once, command).await?;
        self.answer(id, &hand).await
    }

    async fn delete_dossier(
        &self,
        request: Request<pb::DeleteDossierRequest>,
    ) -> Result<Response<()>, Status> {
        let caller = caller(&request);
        let asked = request.get_ref();
        let once = Once::call(caller.name()?, &asked.request_id, asked)?;
        let id = names::id("dossiers", &asked.name, "name")?;
        let (hand, etag) = (Hand::of(&caller)?, asked.etag.clone());
        self.door.run(once, DeleteDossier { id, hand, etag }).await?;
        Ok(Response::new(()))
    }

    async fn submit_dossier(
        &self,
        request: Request<pb::SubmitDossierRequest>,
    ) -> Result<Response<pb::Dossier>, Status> {
        let caller = caller(&request);
        let asked = request.get_ref();
        let once = Once::call(caller.name()?, &asked.request_id, asked)?;
        let wish = Wish { id: &asked.name, etag: &asked.etag, handed_in: None };
        Ok(Response::new(self.submit(Hand::of(&caller)?, once, wish).await?))
    }

    async fn hand_in_dossier(
        &self,
        request: Request<pb::HandInDossierRequest>,
    ) -> Result<Response<pb::Dossier>, Status> {
        let caller = caller(&request);
        let asked = request.get_ref();
        let once = Once::call(caller.name()?, &asked.request_id, asked)?;
        let handed_in = Some(asked.handed_in.clone().unwrap_or_default());
        let wish = Wish { id: &asked.name, etag: &asked.etag, handed_in };
        Ok(Response::new(self.submit(Hand::of(&caller)?, once, wish).await?))
    }

    async fn request_withdrawal(
        &self,
        request: Request<pb::RequestWithdrawalRequest>,
    ) -> Result<Response<pb::Dossier>, Status> {
        let caller = caller(&request);
        let asked = request.get_ref();
        let once = Once::call(caller.name()?, &asked.request_id, asked)?;
        let id = names::id("dossiers", &asked.name, "name")?;
        let (hand, etag) = (Hand::of(&caller)?, asked.etag.clone());
        self.door.run(once, RequestWithdrawal { id, hand: hand.clone(), etag }).await?;
        self.answer(id, &hand).await
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
    /// The dossier as it is now, to who acts on it: whose repeat comes late may find another's under the id of one that was deleted.
    async fn answer(&self, id: Uuid, hand: &Hand) -> Result<Response<pb::Dossier>, Status> {
        let whole = held_by(hand, &self.store, id).await?;
        Ok(Response::new(self.answers.of_owner(whole)?))
    }
}

/// The dossier with its sealed steps and its papers, if it is in this hand.
pub(super) async fn held_by(hand: &Hand, store: &DossierStore, id: Uuid) -> Result<Whole, Failure> {
    let found = store.get(id).await?;
    Ok(found.filter(|found| hand.holds(&found.dossier)).ok_or_else(Refusal::denied)?)
}

/// Whether the caller may do what the owner of the dossier can.
pub(super) fn acts_on(caller: &Caller, dossier: &Dossier) -> bool {
    Hand::of(caller).is_ok_and(|hand| hand.holds(dossier))
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

/// Its owner always, and the counter where it was opened; once submitted, its agency and services.
pub(super) fn may_read(caller: &Caller, dossier: &Dossier) -> bool {
    let Caller::Known { name, person } = caller else { return false };
    match person {
        Person::Citizen { .. } => *name == dossier.owner,
        Person::Officer { agency, .. } => {
            acts_on(caller, dossier) || (!dossier.is_draft() && *agency == dossier.agency)
        }
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

pub(super) fn required(field: &str) -> Refusal {
    Refusal::field(field, "REQUIRED", "Trường này là bắt buộc.", "This field is required.")
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
