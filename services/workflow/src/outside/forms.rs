//! What a procedure's form asks for: dossier knows. A form never changes, and is asked for when an officer asks for a supplement.

use std::collections::BTreeSet;
use std::time::Duration;

use chassis::peers::PeerChannel;
use chassis::refusal::{Failure, Kind, Refusal};
use proto::motcua::dossier::v1::procedure_service_client::ProcedureServiceClient;
use proto::motcua::dossier::v1::{FormStep, GetFormRequest};
use serde_json::Value;

/// The forms of procedures.
#[derive(Clone)]
pub struct Forms(ProcedureServiceClient<PeerChannel>);

impl Forms {
    /// Those that dossier, behind this channel, knows.
    pub fn told_by(channel: PeerChannel) -> Self {
        Self(ProcedureServiceClient::new(channel))
    }

    /// What a supplement to a dossier under this procedure version can ask for: `answers.{step id}.{property}` and `papers.{id}`.
    ///
    /// # Errors
    /// FORMS_UNAVAILABLE: dossier does not tell.
    pub async fn subjects(&self, procedure: &str) -> Result<BTreeSet<String>, Failure> {
        let asked = GetFormRequest { name: format!("{procedure}/form") };
        let form = self.0.clone().get_form(asked).await.map_err(|status| {
            tracing::warn!(code = ?status.code(), "dossier does not tell a form");
            unavailable()
        })?;
        let form = form.into_inner();
        let papers = form.papers.into_iter().map(|paper| format!("papers.{}", paper.id));
        Ok(form.steps.iter().flat_map(fields).chain(papers).collect())
    }
}

/// The fields of a step, as its schema names them.
fn fields(step: &FormStep) -> Vec<String> {
    let schema: Value = serde_json::from_str(&step.json_schema).unwrap_or_default();
    let properties = schema.get("properties").and_then(Value::as_object);
    let names = properties.into_iter().flat_map(|properties| properties.keys());
    names.map(|name| format!("answers.{}.{name}", step.id)).collect()
}

fn unavailable() -> Refusal {
    Refusal::new(
        Kind::Unavailable,
        "FORMS_UNAVAILABLE",
        "Chưa tra được biểu mẫu của thủ tục; hãy gửi lại đúng yêu cầu này sau ít giây.",
        "The form of the procedure cannot be looked up now; repeat the same request in a few seconds.",
    )
    .after(Duration::from_secs(2))
}
