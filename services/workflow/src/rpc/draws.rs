//! `DrawService`: number plates drawn, and their proofs checked.

use std::sync::Arc;

use chassis::access::{Caller, Person, caller};
use chassis::clock::timestamp;
use chassis::names;
use chassis::peers::{PeerChannel, unanswered};
use chassis::refusal::{Failure, Kind, Refusal, Violation};
use chassis::write::{Door, Once};
use proto::motcua::dossier::v1::dossier_service_client::DossierServiceClient;
use proto::motcua::dossier::v1::{Dossier, GetDossierRequest};
use proto::motcua::r#type::v1::Channel;
use proto::motcua::workflow::v1 as pb;
use proto::motcua::workflow::v1::draw_service_server::DrawService;
use tonic::{Code, Request, Response, Status};
use uuid::Uuid;

use crate::case::{Case, DrawNumber, Drawn, EpochName};
use crate::draw::{SubjectKey, VehicleId, VehicleKind, subject_hash};
use crate::epochs::{Epochs, Open, POOL_EXHAUSTED};
use crate::events::{draw_name, epoch_name};
use crate::slip::{self, SlipError};
use crate::store::CaseStore;

/// The fields of a form, in whichever step, that say for which vehicle a number is drawn.
const VEHICLE: &str = "chassis_number";
const KIND: &str = "kind";

/// Whether a number that was drawn was drawn for what a field `answers.{step id}.{property}` says: to change it would give the number to another
/// vehicle.
pub(super) fn is_drawn_for(field: &str) -> bool {
    field.rsplit('.').next().is_some_and(|property| [VEHICLE, KIND].contains(&property))
}

/// Draws numbers and shows draws.
pub struct Draws {
    /// Reads cases.
    pub store: CaseStore,
    /// Changes them.
    pub door: Door<CaseStore>,
    /// The lists drawn from.
    pub epochs: Arc<Epochs>,
    /// Hashes who draws for which vehicle.
    pub subjects: SubjectKey,
    /// Tells whose a dossier is.
    pub dossiers: DossierServiceClient<PeerChannel>,
}

/// Who wants a number for which vehicle.
#[derive(Clone, Copy)]
struct Wish<'a> {
    /// The case.
    id: Uuid,
    /// `accounts/{uuid}`.
    citizen: &'a str,
    vehicle: &'a VehicleId,
}

#[tonic::async_trait]
impl DrawService for Draws {
    async fn draw_number(
        &self,
        request: Request<pb::DrawNumberRequest>,
    ) -> Result<Response<pb::Draw>, Status> {
        let caller = caller(&request);
        let asked = request.get_ref();
        let once = Once::call(caller.name()?, &asked.request_id, asked)?;
        let id = names::id("cases", &asked.name, "name")?;
        let (kind, vehicle) = (kind(asked.vehicle_kind())?, vehicle(&asked.vehicle)?);
        let dossier = self.acted_on(id, &caller).await?;
        as_filed(&dossier, asked.vehicle_kind(), &vehicle)?;
        let citizen = &dossier.owner;
        self.draw(once, Wish { id, citizen, vehicle: &vehicle }, kind).await?;
        let case = self.store.get(id).await?;
        let mut draw = self.slip(case.as_ref()).await?;
        draw.salt = self.subjects.salt(citizen, &vehicle).to_vec();
        Ok(Response::new(draw))
    }

    async fn get_draw(
        &self,
        request: Request<pb::GetDrawRequest>,
    ) -> Result<Response<pb::Draw>, Status> {
        let caller = caller(&request);
        let id = names::id("draws", &request.get_ref().name, "name")?;
        let case = self.store.get(id).await?;
        let case = case.filter(|case| may_read(&caller, case));
        Ok(Response::new(self.slip(case.as_ref()).await?))
    }

    async fn verify_draw(
        &self,
        request: Request<pb::VerifyDrawRequest>,
    ) -> Result<Response<pb::VerifyDrawResponse>, Status> {
        let draw = request.into_inner().draw.unwrap_or_default();
        let claim = slip::claim(&draw).map_err(unreadable)?;
        let told = slip::epoch(&draw.epoch.unwrap_or_default()).map_err(unreadable)?;
        let name = EpochName { pool: told.pool.clone(), id: told.id };
        let published = self.epochs.summary(&name).await?.ok_or_else(epoch_unknown)?;
        let problem = if told == published {
            claim.verify(&published).err().map(|error| error.to_string())
        } else {
            Some("the epoch on the slip is not the one that was published".into())
        };
        Ok(Response::new(pb::VerifyDrawResponse {
            valid: problem.is_none(),
            problem: problem.unwrap_or_default(),
        }))
    }
}

impl Draws {
    /// The dossier, for whoever acts on it; a draft is nobody's business here.
    async fn acted_on(&self, id: Uuid, caller: &Caller) -> Result<Dossier, Failure> {
        let asked = GetDossierRequest { name: format!("dossiers/{id}") };
        match self.dossiers.clone().get_dossier(asked).await {
            Ok(found) if acts_on(caller, found.get_ref()) => Ok(found.into_inner()),
            Ok(_) => Err(Refusal::denied().into()),
            Err(status) if matches!(status.code(), Code::PermissionDenied | Code::NotFound) => {
                Err(Refusal::denied().into())
            }
            Err(status) => Err(unanswered("dossier", &status)),
        }
    }

    /// Draws from the current epoch, and if that has nothing left from the next.
    async fn draw(&self, once: Once, wish: Wish<'_>, kind: VehicleKind) -> Result<(), Failure> {
        let pool = self.epochs.pool_for(kind)?;
        let open = self.epochs.current(pool).await?;
        let drawn = match self.door.run(once.clone(), self.prepare(&open, wish)?).await {
            Err(Failure::Refused(refusal)) if refusal.reason == POOL_EXHAUSTED => {
                let next = self.epochs.after(pool, open.name().id).await?;
                self.door.run(once, self.prepare(&next, wish)?).await
            }
            outcome => outcome,
        };
        drawn.map(|_| ())
    }

    /// All that can be computed before the lock: the proof, the candidates, their numbers.
    fn prepare(&self, open: &Open, wish: Wish<'_>) -> Result<DrawNumber, Failure> {
        let Wish { id, citizen, vehicle } = wish;
        let salt = self.subjects.salt(citizen, vehicle);
        let subject = subject_hash(&salt, citizen, vehicle);
        let draw = self.epochs.draw(open, &subject)?;
        let numbered = |index: &u32| Some((*index, open.epoch.number(*index)?));
        Ok(DrawNumber {
            id,
            epoch: open.name(),
            subject,
            vehicle: self.subjects.vehicle(vehicle),
            citizen: citizen.into(),
            row: draw.candidates.iter().filter_map(numbered).collect(),
            draw,
        })
    }

    /// The draw of a case as its slip, without the salt.
    async fn slip(&self, case: Option<&Case>) -> Result<pb::Draw, Failure> {
        let drawn = case.and_then(|case| Some((case, case.draw.as_ref()?)));
        let (case, drawn) = drawn.ok_or_else(Refusal::denied)?;
        let open = self.epochs.of(&drawn.epoch).await?;
        let entry = open.epoch.entry(drawn.index);
        let (_, inclusion) =
            entry.ok_or_else(|| Failure::Broken("a draw lies outside of its list".into()))?;
        let inclusion = inclusion.iter().map(|hash| hash.to_vec()).collect();
        Ok(pb::Draw { inclusion, epoch: Some(epoch(&open)), ..record(case, drawn) })
    }
}

/// What is stored of a draw.
fn record(case: &Case, drawn: &Drawn) -> pb::Draw {
    pb::Draw {
        name: draw_name(case),
        number: drawn.number.to_string(),
        state: drawn.state.into(),
        index: drawn.index,
        skipped: drawn.skipped.clone(),
        proof: drawn.proof.as_bytes().to_vec(),
        subject: drawn.subject.0.to_vec(),
        draw_time: Some(timestamp(drawn.drawn_at)),
        ..pb::Draw::default()
    }
}

fn epoch(open: &Open) -> pb::Epoch {
    let summary = open.epoch.summary();
    pb::Epoch {
        name: epoch_name(&open.name()),
        size: summary.size.get(),
        root: summary.root.to_vec(),
        public_key: summary.public_key.as_bytes().to_vec(),
        open_time: Some(timestamp(open.opened_at)),
    }
}

/// Its owner, and of what was handed in at the counter the officers there.
fn acts_on(caller: &Caller, dossier: &Dossier) -> bool {
    match caller {
        Caller::Known { name, person: Person::Citizen { .. } } => *name == dossier.owner,
        Caller::Known { person: Person::Officer { agency, .. }, .. } => {
            dossier.channel() == Channel::Direct && *agency == dossier.agency
        }
        Caller::Known { person: Person::Service, .. } | Caller::Anyone => false,
    }
}

fn may_read(caller: &Caller, case: &Case) -> bool {
    match caller {
        Caller::Anyone => false,
        Caller::Known { person: Person::Service, .. } => true,
        Caller::Known { person: Person::Officer { agency, .. }, .. } => case.agency == *agency,
        Caller::Known { name, person: Person::Citizen { .. } } => {
            case.draw.as_ref().is_some_and(|drawn| drawn.drawn_by == *name)
        }
    }
}

fn kind(kind: pb::VehicleKind) -> Result<VehicleKind, Refusal> {
    match kind {
        pb::VehicleKind::Car => Ok(VehicleKind::Car),
        pb::VehicleKind::Motorcycle => Ok(VehicleKind::Motorcycle),
        pb::VehicleKind::Unspecified => Err(Refusal::field(
            "vehicle_kind",
            "REQUIRED",
            "Hãy chọn loại xe: ô tô hoặc xe máy.",
            "Choose the kind of vehicle: car or motorcycle.",
        )),
    }
}

/// The number is drawn for the vehicle that was filed, and of its kind: otherwise one could draw again with an invented one, or in the
/// way of somebody else's.
fn as_filed(dossier: &Dossier, kind: pb::VehicleKind, vehicle: &VehicleId) -> Result<(), Refusal> {
    let word = match kind {
        pb::VehicleKind::Car => "car",
        _ => "motorcycle",
    };
    let wrong = |field: &str| {
        Violation::new(
            field,
            "NOT_AS_FILED",
            "Hãy gửi đúng như đã khai trong hồ sơ.",
            "Send it as it was filed in the dossier.",
        )
    };
    let filed = answer(dossier, VEHICLE).and_then(|number| number.parse().ok());
    let mut violations = Vec::new();
    if answer(dossier, KIND) != Some(word) {
        violations.push(wrong("vehicle_kind"));
    }
    if filed.as_ref() != Some(vehicle) {
        violations.push(wrong("vehicle"));
    }
    if violations.is_empty() { Ok(()) } else { Err(Refusal::fields(violations)) }
}

/// What was answered to a question of the form in words.
fn answer<'a>(dossier: &'a Dossier, name: &str) -> Option<&'a str> {
    let answers = dossier.steps.iter().filter_map(|step| step.answers.as_ref());
    let value = answers.filter_map(|answers| answers.fields.get(name)).next()?;
    match value.kind.as_ref()? {
        prost_types::value::Kind::StringValue(text) => Some(text),
        _ => None,
    }
}

fn vehicle(text: &str) -> Result<VehicleId, Refusal> {
    text.parse().map_err(|_| {
        Refusal::field(
            "vehicle",
            "VEHICLE_MALFORMED",
            "Số khung gồm 6 đến 32 chữ cái A-Z và chữ số, như trên giấy tờ xe.",
            "The identification number has 6 to 32 letters A-Z and digits, as on the vehicle's papers.",
        )
    })
}

fn unreadable(error: SlipError) -> Refusal {
    let SlipError { field, shape } = error;
    let field = format!("draw.{field}");
    Refusal::field(
        field,
        "MALFORMED",
        format!("Phải là: {shape}."),
        format!("It must be: {shape}."),
    )
}

fn epoch_unknown() -> Refusal {
    Refusal::new(
        Kind::Missing,
        "EPOCH_UNKNOWN",
        "Không có đợt bấm số này; hãy gửi phiếu đúng như đã nhận.",
        "There is no such epoch; send the slip as it was given.",
    )
}
