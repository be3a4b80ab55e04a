//! The steps of the journey.

use std::time::Duration;

use chassis::service::BoxError;
use proto::motcua::dossier::v1 as dossier;
use proto::motcua::r#type::v1::DossierStatus;
use proto::motcua::workflow::v1 as workflow;
use serde_json::Value;
use tokio::time::Instant;
use uuid::Uuid;

use super::clients::{Clients, as_caller};
use super::people::{self, AGENCY};
use super::telling::instant;
use super::{Endpoints, Journey, LIMIT, Step, slip};

/// The procedure of the journey: first registration of a vehicle made in Vietnam.
const PROCEDURE: &str = "procedures/1.012575/versions/-";

/// Invented answers for its form.
const ANSWERS: &str = include_str!("../../../dossier/data/forms/1.012575/v1/sample.json");

/// The steps of its form, in order.
const FORM: [&str; 5] = ["applicant", "vehicle", "origin", "return", "confirmation"];

/// Walks a new dossier from its draft to the result in the citizen's hands, within [`LIMIT`].
/// `operator` is a token of a service of the mesh, which may appoint officers.
pub async fn walk(endpoints: &Endpoints, operator: &str) -> Journey {
    let mut journey = Journey::default();
    let mut step = "connect";
    let walking = async {
        let clients = Clients::of(endpoints)?;
        let (citizen, officer) = (String::new(), String::new());
        let (journey, step) = (&mut journey, &mut step);
        let vehicle = people::new_vehicle();
        let mut walker = Walker { clients, operator, citizen, officer, vehicle, journey, step };
        walker.citizen_signs_in().await?;
        let name = walker.file().await?;
        walker.officer_signs_in().await?;
        walker.receive(&name).await?;
        walker.draw(&name).await?;
        walker.pay(&name).await?;
        walker.settle(&name).await
    };
    let failure = match tokio::time::timeout(LIMIT, walking).await {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(format!("{step}: {}", words(&*error))),
        Err(_) => Some(format!("{step}: not within {} seconds", LIMIT.as_secs())),
    };
    journey.failure = failure;
    journey
}

/// What a failed step says: a status in its own words, anything else as it is.
fn words(error: &(dyn std::error::Error + 'static)) -> String {
    match error.downcast_ref::<tonic::Status>() {
        Some(status) => {
            let reason = chassis::status::reason(status).unwrap_or_default();
            format!("{:?} {reason} {}", status.code(), status.message())
        }
        None => error.to_string(),
    }
}

pub(super) struct Walker<'a> {
    pub(super) clients: Clients,
    /// Tokens: of the mesh's operator, and of the two people once they have signed in.
    pub(super) operator: &'a str,
    pub(super) citizen: String,
    pub(super) officer: String,
    /// The vehicle's identification number.
    vehicle: String,
    journey: &'a mut Journey,
    step: &'a mut &'static str,
}

impl Walker<'_> {
    /// The citizen finds the procedure, fills the form in and submits.
    async fn file(&mut self) -> Result<String, BoxError> {
        self.find_procedure().await?;
        let name = self.create().await?;
        self.fill_in(&name).await?;
        self.hand_in(&name).await?;
        let code = self.submit(&name).await?;
        self.look_up(&code).await?;
        Ok(name)
    }

    /// The officer takes the dossier from the worklist and accepts it; the citizen sees the promise.
    async fn receive(&mut self, dossier: &str) -> Result<(), BoxError> {
        let task = self.find_task(dossier).await?;
        self.claim(&task).await?;
        let case = dossier.replace("dossiers/", "cases/");
        self.accept(&case).await?;
        self.explain(&case).await?;
        self.see(dossier, "DossierAccepted", DossierStatus::Accepted).await?;
        self.read_slip(dossier).await
    }

    /// The citizen draws a number and checks the proof without us; the fee falls due.
    async fn draw(&mut self, dossier: &str) -> Result<(), BoxError> {
        let vehicle = self.vehicle.clone();
        let drawn = self.draw_number(dossier, &vehicle).await?;
        self.verify(dossier, &vehicle, drawn).await?;
        self.see(dossier, "FeeFellDue", DossierStatus::FinancialObligationRequired).await
    }

    /// The dossier is processed and signed, and the result handed over; the citizen sees the end.
    async fn settle(&mut self, dossier: &str) -> Result<(), BoxError> {
        self.see(dossier, "ClockResumed", DossierStatus::InProcessing).await?;
        self.work(dossier, "process", "done").await?;
        self.add_result(dossier).await?;
        self.work(dossier, "sign", "signed").await?;
        self.see(dossier, "TaskClosed", DossierStatus::ProcessingDone).await?;
        self.work(dossier, "return", "returned").await?;
        self.see(dossier, "CaseClosed", DossierStatus::ResultReturned).await
    }

    async fn find_procedure(&mut self) -> Result<(), BoxError> {
        let began = self.begin("GetProcedureVersion");
        let asked = dossier::GetProcedureVersionRequest { name: PROCEDURE.into() };
        let found = self.clients.procedures.get_procedure_version(asked).await?.into_inner();
        let seen = format!("{} ({})", found.title_en, found.title_vi);
        self.saw(began, "anyone", "dossier", seen, Vec::new());
        Ok(())
    }

    async fn create(&mut self) -> Result<String, BoxError> {
        let began = self.begin("CreateDossier");
        let draft = dossier::Dossier {
            procedure: PROCEDURE.into(),
            agency: AGENCY.into(),
            ..dossier::Dossier::default()
        };
        let asked = dossier::CreateDossierRequest {
            dossier: Some(draft),
            dossier_id: Uuid::now_v7().to_string(),
            request_id: wish(),
        };
        let request = as_caller(asked, &self.citizen)?;
        let created = self.clients.dossiers.create_dossier(request).await?.into_inner();
        self.saw(began, "citizen", "dossier", format!("a draft, {}", created.name), Vec::new());
        Ok(created.name)
    }

    async fn fill_in(&mut self, name: &str) -> Result<(), BoxError> {
        let mut answers: Value = serde_json::from_str(ANSWERS)?;
        answers["vehicle"]["chassis_number"] = self.vehicle.clone().into();
        let began = self.begin("SaveStep");
        for (step, id) in (1..).zip(FORM) {
            let asked = dossier::SaveStepRequest {
                name: name.into(),
                step: Some(dossier::StepAnswers { step, answers: Some(fields(&answers[id])) }),
                etag: String::new(),
                request_id: wish(),
            };
            let request = as_caller(asked, &self.citizen)?;
            self.clients.dossiers.save_step(request).await?;
        }
        let seen = format!("the form, {} steps: {}", FORM.len(), FORM.join(", "));
        self.saw(began, "citizen", "dossier", seen, Vec::new());
        Ok(())
    }

    async fn submit(&mut self, name: &str) -> Result<String, BoxError> {
        let began = self.begin("SubmitDossier");
        let asked = dossier::SubmitDossierRequest {
            name: name.into(),
            etag: String::new(),
            request_id: wish(),
        };
        let request = as_caller(asked.clone(), &self.citizen)?;
        let submitted = self.clients.dossiers.submit_dossier(request).await?.into_inner();
        // A telephone in a tunnel sends it again.
        let request = as_caller(asked, &self.citizen)?;
        let again = self.clients.dossiers.submit_dossier(request).await?.into_inner();
        expect(again.code == submitted.code, "a repeat gave another code")?;
        expect(!submitted.code.is_empty(), "no code was given")?;
        let seen =
            format!("dossier code {}, at {}", submitted.code, instant(submitted.submit_time));
        let details = vec!["sent twice, submitted once".to_owned()];
        self.saw(began, "citizen", "dossier", seen, details);
        Ok(submitted.code)
    }

    async fn look_up(&mut self, code: &str) -> Result<(), BoxError> {
        let began = self.begin("LookUpDossier");
        let asked = dossier::LookUpDossierRequest { code: code.to_ascii_lowercase() };
        let found = self.clients.dossiers.look_up_dossier(asked).await?.into_inner();
        let seen = format!("by code, no token: {}", status(found.status()));
        self.saw(began, "anyone", "dossier", seen, Vec::new());
        Ok(())
    }

    /// The event opens the case: it is there a moment later.
    async fn find_task(&mut self, dossier: &str) -> Result<String, BoxError> {
        let began = self.begin("DossierSubmitted");
        loop {
            let asked = workflow::ListTasksRequest {
                parent: "cases/-".into(),
                filter: format!(r#"dossier = "{dossier}""#),
                ..workflow::ListTasksRequest::default()
            };
            let request = as_caller(asked, &self.officer)?;
            let listed = self.clients.tasks.list_tasks(request).await?.into_inner();
            if let Some(task) = listed.tasks.into_iter().next() {
                let seen = format!("a task on the worklist of {AGENCY}: {}", task.step);
                self.saw(began, "officer", "workflow", seen, Vec::new());
                return Ok(task.name);
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn claim(&mut self, task: &str) -> Result<(), BoxError> {
        let began = self.begin("ClaimTask");
        let asked = workflow::ClaimTaskRequest { name: task.into(), request_id: wish() };
        let request = as_caller(asked, &self.officer)?;
        let claimed = self.clients.tasks.claim_task(request).await?.into_inner();
        expect(claimed.state() == workflow::TaskState::Claimed, "the task is not claimed")?;
        self.saw(began, "officer", "workflow", "the task is theirs".into(), Vec::new());
        Ok(())
    }

    async fn accept(&mut self, case: &str) -> Result<(), BoxError> {
        let began = self.begin("AcceptDossier");
        let asked = workflow::AcceptDossierRequest {
            name: case.into(),
            etag: String::new(),
            request_id: wish(),
        };
        let request = as_caller(asked, &self.officer)?;
        let case = self.clients.cases.accept_dossier(request).await?.into_inner();
        let pause = case.pauses.last().ok_or("the clock does not stand for the draw")?;
        let seen = format!("accepted; the clock stands since {}", instant(pause.from_time));
        self.saw(began, "officer", "workflow", seen, Vec::new());
        Ok(())
    }

    async fn explain(&mut self, case: &str) -> Result<(), BoxError> {
        let began = self.begin("ExplainDueTime");
        let asked = workflow::ExplainDueTimeRequest { name: case.into() };
        let request = as_caller(asked, &self.officer)?;
        let why = self.clients.cases.explain_due_time(request).await?.into_inner();
        expect(!why.lines_en.is_empty(), "the date is not explained")?;
        self.saw(began, "officer", "workflow", "why then:".into(), why.lines_en);
        Ok(())
    }

    async fn draw_number(
        &mut self,
        dossier: &str,
        vehicle: &str,
    ) -> Result<workflow::Draw, BoxError> {
        let began = self.begin("DrawNumber");
        let asked = workflow::DrawNumberRequest {
            name: dossier.replace("dossiers/", "cases/"),
            vehicle_kind: workflow::VehicleKind::Motorcycle.into(),
            vehicle: vehicle.into(),
            request_id: wish(),
        };
        let request = as_caller(asked.clone(), &self.citizen)?;
        let drawn = self.clients.draws.draw_number(request).await?.into_inner();
        let request = as_caller(asked, &self.citizen)?;
        let again = self.clients.draws.draw_number(request).await?.into_inner();
        expect(again == drawn, "a repeat drew another number")?;
        let seen = format!("{}, sent twice, drawn once", drawn.number);
        self.saw(began, "citizen", "workflow", seen, slip::lines(&drawn));
        Ok(drawn)
    }

    /// First without any server, then by the convenience that anyone may use; a slip that was altered convinces neither.
    async fn verify(
        &mut self,
        dossier: &str,
        vehicle: &str,
        drawn: workflow::Draw,
    ) -> Result<(), BoxError> {
        let began = self.begin("VerifyDraw");
        let asked = dossier::GetDossierRequest { name: dossier.into() };
        let request = as_caller(asked, &self.citizen)?;
        let owner = self.clients.dossiers.get_dossier(request).await?.into_inner().owner;
        slip::check(&drawn, &owner, vehicle)?;
        let altered = workflow::Draw { index: drawn.index ^ 1, ..drawn.clone() };
        expect(slip::check(&altered, &owner, vehicle).is_err(), "an altered slip convinces")?;
        for (draw, valid) in [(drawn, true), (altered, false)] {
            // The salt stays with the citizen.
            let draw = Some(workflow::Draw { salt: Vec::new(), ..draw });
            let asked = workflow::VerifyDrawRequest { draw };
            let verdict = self.clients.draws.verify_draw(asked).await?.into_inner();
            expect(verdict.valid == valid, &verdict.problem)?;
        }
        let seen = "the proof holds, computed by the citizen's own machine".into();
        self.saw(began, "citizen", "workflow", seen, Vec::new());
        Ok(())
    }

    /// An officer takes the task of a step and closes it.
    async fn work(&mut self, dossier: &str, step: &str, outcome: &str) -> Result<(), BoxError> {
        let began = self.begin("CompleteTask");
        let task = format!("{}/tasks/{step}", dossier.replace("dossiers/", "cases/"));
        let claim = workflow::ClaimTaskRequest { name: task.clone(), request_id: wish() };
        self.clients.tasks.claim_task(as_caller(claim, &self.officer)?).await?;
        let complete = workflow::CompleteTaskRequest {
            name: task,
            outcome: outcome.into(),
            request_id: wish(),
        };
        let request = as_caller(complete, &self.officer)?;
        let closed = self.clients.tasks.complete_task(request).await?.into_inner();
        expect(closed.state() == workflow::TaskState::Closed, "the task is not closed")?;
        self.saw(began, "officer", "workflow", format!("{step}: {outcome}"), Vec::new());
        Ok(())
    }

    /// A fact of workflow comes back: the citizen sees the status it gives a moment later.
    async fn see(
        &mut self,
        name: &str,
        fact: &'static str,
        wanted: DossierStatus,
    ) -> Result<(), BoxError> {
        let began = self.begin(fact);
        loop {
            let asked = dossier::GetDossierRequest { name: name.into() };
            let request = as_caller(asked, &self.citizen)?;
            let found = self.clients.dossiers.get_dossier(request).await?.into_inner();
            if found.status() == wanted {
                self.saw(began, "citizen", "dossier", status(found.status()), Vec::new());
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    pub(super) fn begin(&mut self, step: &'static str) -> Instant {
        *self.step = step;
        Instant::now()
    }

    pub(super) fn saw(
        &mut self,
        began: Instant,
        caller: &'static str,
        service: &'static str,
        observed: String,
        details: Vec<String>,
    ) {
        let milliseconds = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let what = *self.step;
        self.journey.steps.push(Step { caller, service, what, observed, details, milliseconds });
    }
}

pub(super) fn wish() -> String {
    Uuid::now_v7().to_string()
}

pub(super) fn expect(holds: bool, otherwise: &str) -> Result<(), BoxError> {
    if holds { Ok(()) } else { Err(otherwise.into()) }
}

fn status(status: DossierStatus) -> String {
    let words = status.as_str_name().trim_start_matches("DOSSIER_STATUS_").to_lowercase();
    format!("status {}, {}", i32::from(status), words.replace('_', " "))
}

/// JSON answers as the message takes them.
fn fields(answers: &Value) -> prost_types::Struct {
    let fields = answers.as_object().into_iter().flatten();
    prost_types::Struct {
        fields: fields.map(|(name, value)| (name.clone(), wire(value))).collect(),
    }
}

fn wire(value: &Value) -> prost_types::Value {
    use prost_types::value::Kind;
    let kind = match value {
        Value::Null => Kind::NullValue(0),
        Value::Bool(flag) => Kind::BoolValue(*flag),
        Value::Number(number) => Kind::NumberValue(number.as_f64().unwrap_or_default()),
        Value::String(text) => Kind::StringValue(text.clone()),
        Value::Object(_) => Kind::StructValue(fields(value)),
        Value::Array(values) => {
            Kind::ListValue(prost_types::ListValue { values: values.iter().map(wire).collect() })
        }
    };
    prost_types::Value { kind: Some(kind) }
}
