//! Processes: which steps a case goes through, who takes them, and what follows from each outcome.
//!
//! A process is data. It is checked whole when it is loaded, every path through it against the portal's transitions, so that no case can
//! come to a place from which it cannot go on. A case keeps the version it was opened under.

mod check;
mod status;

use std::collections::BTreeMap;

use chassis::access::Role;
use proto::motcua::r#type::v1::DossierStatus;
use serde::Deserialize;
use thiserror::Error;

pub use status::may_follow;

/// The step every process begins with: a dossier is received.
pub const RECEIVE: &str = "receive";

/// The outcome of receiving that every process has: the dossier is accepted and a date promised.
pub const ACCEPTED: &str = "accepted";

/// The most steps of a process.
pub const MOST_STEPS: usize = 50;

/// A process, one version of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its id, for example `general`.
    pub id: String,
    /// Counts from 1 within the id.
    pub version: u32,
    steps: Vec<Step>,
}

/// A step: work for one officer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its id, unique in the process.
    pub id: String,
    /// The role it asks for.
    pub role: Role,
    /// What it can end with, by name.
    pub outcomes: BTreeMap<String, Outcome>,
}

/// What follows from a way of ending a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Where the dossier stands then.
    pub status: DossierStatus,
    /// The step that is opened; none ends the case.
    pub then: Option<String>,
}

/// A process that cannot be used.
#[derive(Debug, Error)]
pub enum ProcessError {
    /// Not the YAML it should be; the source names line and column.
    #[error("a process cannot be read: {0}")]
    Unreadable(#[from] serde_norway::Error),
    /// It contradicts itself.
    #[error("process {process}, {place}: {problem}")]
    Contradiction {
        /// Its id.
        process: String,
        /// Where, for example `step sign, outcome signed`.
        place: String,
        /// What is wrong, and what to write instead.
        problem: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Definition {
    id: String,
    version: u32,
    steps: Vec<StepDefinition>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StepDefinition {
    id: String,
    role: RoleWord,
    outcomes: BTreeMap<String, OutcomeDefinition>,
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
    ProcessingDone,
    ResultReturned,
}

impl Process {
    /// Reads a process and checks it whole.
    ///
    /// # Errors
    /// Names the place and what to write instead.
    pub fn from_yaml(text: &str) -> Result<Self, ProcessError> {
        let definition: Definition = serde_norway::from_str(text)?;
        let steps = definition.steps.into_iter().map(step).collect();
        let process = Self { id: definition.id, version: definition.version, steps };
        check::check(&process)?;
        Ok(process)
    }

    /// The step a case begins with.
    pub fn first(&self) -> &Step {
        self.steps.first().expect("a process without steps is refused when it is loaded")
    }

    /// A step by its id.
    pub fn step(&self, id: &str) -> Option<&Step> {
        self.steps.iter().find(|step| step.id == id)
    }

    /// All steps in the order of the data.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }
}

fn step(definition: StepDefinition) -> Step {
    let outcomes = definition.outcomes.into_iter().map(|(name, outcome)| {
        (name, Outcome { status: outcome.status.into(), then: outcome.then })
    });
    Step { id: definition.id, role: definition.role.into(), outcomes: outcomes.collect() }
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
            StatusWord::ProcessingDone => Self::ProcessingDone,
            StatusWord::ResultReturned => Self::ResultReturned,
        }
    }
}
