//! Processes: which steps a case goes through, who takes them, and what follows from each outcome.
//!
//! A step is work for an officer, a wait for the citizen, in which the clock stands, or the issuing of the result, which goes the way its
//! citizen chose.
//!
//! A process is data. It is checked whole when it is loaded, every path through it against the portal's transitions, so that no case can
//! come to a place from which it cannot go on. A case keeps the version it was opened under.

mod check;
mod data;
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

/// The outcome of receiving that no process need give, for the law gives it to all: the dossier is refused, and the case ends.
pub const REFUSED: &str = "refused";

/// The outcome of a task that no process need give, for the law gives it to all: the owner of the dossier is asked for a supplement.
pub const SUPPLEMENT_REQUESTED: &str = "supplement_requested";

/// The step that no process need have, for the law gives it to all: the withdrawal that the owner of a dossier asked for is decided.
pub const WITHDRAW: &str = "withdraw";

/// The step that no process need have: the head of the unit is told of a late case.
pub const ESCALATED: &str = "escalated";

/// Whether a step is in no process, but beside every one.
pub fn is_beside(step: &str) -> bool {
    matches!(step, WITHDRAW | ESCALATED)
}

/// The process of every procedure that no other process names.
pub const GENERAL: &str = "general";

/// The most steps of a process.
pub const MOST_STEPS: usize = 50;

/// A process, one version of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its id, for example `general`.
    pub id: String,
    /// Counts from 1 within the id.
    pub version: u32,
    /// Codes of the procedures whose new cases go through it; the process [`GENERAL`] takes all others.
    pub procedures: Vec<String>,
    steps: Vec<Step>,
}

/// A step of a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its id, unique in the process.
    pub id: String,
    /// What is done in it.
    pub kind: StepKind,
}

/// What is done in a step, and what follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepKind {
    /// Work for one officer.
    Task {
        /// The role it asks for.
        role: Role,
        /// What it can end with, by name.
        outcomes: BTreeMap<String, Outcome>,
    },
    /// The citizen's turn; the clock stands.
    Wait {
        /// What is waited for.
        wait: Wait,
        /// What follows when it came.
        over: Outcome,
    },
    /// The result is issued, and what follows depends on how the citizen wants it.
    Issue {
        /// What follows.
        ways: Ways,
    },
}

/// What follows from issuing a result, for each way it can go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ways {
    /// By post: the parcel was delivered.
    pub delivered: Outcome,
    /// By post: the parcel came back; it goes on to a step.
    pub undelivered: Outcome,
    /// At the counter.
    pub counter: Outcome,
    /// As an electronic document.
    pub electronic: Outcome,
}

impl Ways {
    fn named(&self) -> [(&'static str, &Outcome); 4] {
        [
            ("post delivered", &self.delivered),
            ("post undelivered", &self.undelivered),
            ("counter", &self.counter),
            ("electronic", &self.electronic),
        ]
    }
}

/// What a step can wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wait {
    /// The citizen draws a number plate.
    Draw,
    /// The fee, which falls due when the wait begins, is paid.
    Payment,
}

impl Step {
    /// Every way it can end, by name; a wait ends in one.
    pub fn ends(&self) -> Vec<(&str, &Outcome)> {
        match &self.kind {
            StepKind::Task { outcomes, .. } => {
                outcomes.iter().map(|(name, outcome)| (name.as_str(), outcome)).collect()
            }
            StepKind::Wait { over, .. } => vec![("then", over)],
            StepKind::Issue { ways } => ways.named().to_vec(),
        }
    }

    /// The outcomes an officer can choose from; none of a step that is no officer's.
    pub fn outcomes(&self) -> Option<&BTreeMap<String, Outcome>> {
        match &self.kind {
            StepKind::Task { outcomes, .. } => Some(outcomes),
            StepKind::Wait { .. } | StepKind::Issue { .. } => None,
        }
    }

    /// What it waits for, if it waits.
    pub fn wait(&self) -> Option<Wait> {
        match self.kind {
            StepKind::Wait { wait, .. } => Some(wait),
            StepKind::Task { .. } | StepKind::Issue { .. } => None,
        }
    }

    /// What follows from issuing the result, if that is done here.
    pub fn ways(&self) -> Option<&Ways> {
        match &self.kind {
            StepKind::Issue { ways } => Some(ways),
            StepKind::Task { .. } | StepKind::Wait { .. } => None,
        }
    }
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

impl Process {
    /// Reads a process and checks it whole.
    ///
    /// # Errors
    /// Names the place and what to write instead.
    pub fn from_yaml(text: &str) -> Result<Self, ProcessError> {
        let process = data::read(text)?;
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
