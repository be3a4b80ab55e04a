//! Filing: the citizen finds the procedure, fills the form in and submits.

use chassis::service::BoxError;
use proto::motcua::dossier::v1 as dossier;
use serde_json::Value;
use uuid::Uuid;

use super::clients::as_caller;
use super::people::AGENCY;
use super::telling::instant;
use super::walk::{Walker, expect, status, wish};

/// The procedure of the journey: first registration of a vehicle made in Vietnam.
const PROCEDURE: &str = "procedures/1.012575/versions/-";

/// Invented answers for its form.
const ANSWERS: &str = include_str!("../../../dossier/data/forms/1.012575/v1/sample.json");

/// The steps of its form, in order.
const FORM: [&str; 5] = ["applicant", "vehicle", "origin", "return", "confirmation"];

impl Walker<'_> {
    /// From the catalogue to a dossier code; anyone who knows the code can look it up.
    pub(super) async fn file(&mut self) -> Result<String, BoxError> {
        let name = self.prepare().await?;
        self.submit(&name).await?;
        self.look_up().await?;
        Ok(name)
    }

    /// A draft with every answer and paper.
    pub(super) async fn prepare(&mut self) -> Result<String, BoxError> {
        self.chapter("Filing");
        self.find_procedure().await?;
        let name = self.create().await?;
        self.fill_in(&name).await?;
        self.hand_in(&name).await?;
        Ok(name)
    }

    async fn find_procedure(&mut self) -> Result<(), BoxError> {
        self.begin("anyone", "dossier", "GetProcedureVersion");
        let asked = dossier::GetProcedureVersionRequest { name: PROCEDURE.into() };
        let found = self.clients.procedures.get_procedure_version(asked).await?.into_inner();
        let seen = format!("{} ({})", found.title_en, found.title_vi);
        self.saw(seen);
        Ok(())
    }

    async fn create(&mut self) -> Result<String, BoxError> {
        self.begin("citizen", "dossier", "CreateDossier");
        let draft = dossier::Dossier {
            procedure: PROCEDURE.into(),
            agency: AGENCY.into(),
            owner: self.owner.clone(),
            ..dossier::Dossier::default()
        };
        let asked = dossier::CreateDossierRequest {
            dossier: Some(draft),
            dossier_id: Uuid::now_v7().to_string(),
            request_id: wish(),
        };
        let request = as_caller(asked, &self.citizen)?;
        let created = self.clients.dossiers.create_dossier(request).await?.into_inner();
        self.saw_with(format!("a draft, {}", created.name), Vec::new());
        Ok(created.name)
    }

    async fn fill_in(&mut self, name: &str) -> Result<(), BoxError> {
        let answers = self.answers()?;
        self.begin("citizen", "dossier", "SaveStep");
        for (step, id) in (1..).zip(FORM) {
            self.save_step(name, step, &answers[id]).await?;
        }
        let seen = format!("the form, {} steps: {}", FORM.len(), FORM.join(", "));
        self.saw(seen);
        Ok(())
    }

    /// The answers of the journey, for its vehicle, how the result comes back, and the house that it is sent to.
    pub(super) fn answers(&self) -> Result<Value, BoxError> {
        let mut answers: Value = serde_json::from_str(ANSWERS)?;
        answers["vehicle"]["chassis_number"] = self.vehicle.clone().into();
        answers["return"]["way"] = self.way.into();
        answers["return"]["address"]["street"] = self.street.clone().into();
        Ok(answers)
    }

    pub(super) async fn save_step(
        &mut self,
        name: &str,
        step: i32,
        answers: &Value,
    ) -> Result<(), BoxError> {
        let asked = dossier::SaveStepRequest {
            name: name.into(),
            step: Some(dossier::StepAnswers { step, answers: Some(fields(answers)) }),
            etag: String::new(),
            request_id: wish(),
        };
        self.clients.dossiers.save_step(as_caller(asked, &self.citizen)?).await?;
        Ok(())
    }

    async fn submit(&mut self, name: &str) -> Result<(), BoxError> {
        self.begin("citizen", "dossier", "SubmitDossier");
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
        self.has_code(&submitted, vec!["sent twice, submitted once".to_owned()])
    }

    pub(super) fn has_code(
        &mut self,
        submitted: &dossier::Dossier,
        details: Vec<String>,
    ) -> Result<(), BoxError> {
        expect(!submitted.code.is_empty(), "no code was given")?;
        let seen =
            format!("dossier code {}, at {}", submitted.code, instant(submitted.submit_time));
        self.saw_with(seen, details);
        self.remember("Dossier", &submitted.code);
        self.code.clone_from(&submitted.code);
        Ok(())
    }

    pub(super) async fn look_up(&mut self) -> Result<(), BoxError> {
        self.begin("anyone", "dossier", "LookUpDossier");
        let asked = dossier::LookUpDossierRequest { code: self.code.to_ascii_lowercase() };
        let found = self.clients.dossiers.look_up_dossier(asked).await?.into_inner();
        let seen = format!("by code, no token: {}", status(found.status()));
        self.saw(seen);
        Ok(())
    }
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
