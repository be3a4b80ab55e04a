//! A process as its file writes it.

use std::collections::BTreeMap;

use chassis::access::Role;
use proto::motcua::r#type::v1::DossierStatus;
use serde::Deserialize;

use super::{Outcome, Process, ProcessError, Step, StepKind, Wait, Ways};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Definition {
    id: String,
    version: u32,
    #[serde(default)]
    procedures: Vec<String>,
    steps: Vec<StepDefinition>,
}

/// Either `role` and `outcomes`, or `wait`, `status` and `then`, or `ways`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StepDefinition {
    id: String,
    role: Option<RoleWord>,
    outcomes: Option<BTreeMap<String, OutcomeDefinition>>,
    wait: Option<Wait>,
    status: Option<StatusWord>,
    then: Option<String>,
    ways: Option<WaysDefinition>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WaysDefinition {
    post: ParcelDefinition,
    counter: OutcomeDefinition,
    electronic: OutcomeDefinition,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ParcelDefinition {
    delivered: OutcomeDefinition,
    undelivered: OutcomeDefinition,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OutcomeDefinition {
    status: StatusWord,
    then: Option<String>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RoleWord {
    Receiving,
    Processing,
    Signing,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StatusWord {
    Accepted,
    NotAccepted,
    InProcessing,
    FinancialObligationRequired,
    ProcessingDone,
    ResultReturned,
}

/// Reads a process; whether it holds together is not looked at.
pub(super) fn read(text: &str) -> Result<Process, ProcessError> {
    let Definition { id, version, procedures, steps } = serde_norway::from_str(text)?;
    let steps = steps.into_iter().map(|definition| step(&id, definition));
    let steps = steps.collect::<Result<_, _>>()?;
    Ok(Process { id, version, procedures, steps })
}

fn step(process: &str, definition: StepDefinition) -> Result<Step, ProcessError> {
    let StepDefinition { id, role, outcomes, wait, status, then, ways } = definition;
    let kind = match (role, outcomes, wait, status, then, ways) {
        (Some(role), Some(outcomes), None, None, None, None) => {
            let outcomes = outcomes.into_iter().map(|(name, outcome)| (name, outcome.into()));
            StepKind::Task { role: role.into(), outcomes: outcomes.collect() }
        }
        (None, None, Some(wait), Some(status), then @ Some(_), None) => {
            StepKind::Wait { wait, over: Outcome { status: status.into(), then } }
        }
        (None, None, None, None, None, Some(ways)) => StepKind::Issue { ways: ways.into() },
        _ => {
            return Err(ProcessError::Contradiction {
                process: process.into(),
                place: format!("step {id}"),
                problem: "write `role` and `outcomes`, or `wait`, `status` and `then`, or `ways`"
                    .into(),
            });
        }
    };
    Ok(Step { id, kind })
}

impl From<WaysDefinition> for Ways {
    fn from(definition: WaysDefinition) -> Self {
        let WaysDefinition { post, counter, electronic } = definition;
        Self {
            delivered: post.delivered.into(),
            undelivered: post.undelivered.into(),
            counter: counter.into(),
            electronic: electronic.into(),
        }
    }
}

impl From<OutcomeDefinition> for Outcome {
    fn from(definition: OutcomeDefinition) -> Self {
        Self { status: definition.status.into(), then: definition.then }
    }
}

impl From<RoleWord> for Role {
    fn from(word: RoleWord) -> Self {
        match word {
            RoleWord::Receiving => Self::Receiving,
            RoleWord::Processing => Self::Processing,
            RoleWord::Signing => Self::Signing,
        }
    }
}

impl From<StatusWord> for DossierStatus {
    fn from(word: StatusWord) -> Self {
        match word {
            StatusWord::Accepted => Self::Accepted,
            StatusWord::NotAccepted => Self::NotAccepted,
            StatusWord::InProcessing => Self::InProcessing,
            StatusWord::FinancialObligationRequired => Self::FinancialObligationRequired,
            StatusWord::ProcessingDone => Self::ProcessingDone,
            StatusWord::ResultReturned => Self::ResultReturned,
        }
    }
}
