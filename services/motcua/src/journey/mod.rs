//! One dossier walked through the mesh, by its public contract alone.
//!
//! The walk observes every step from outside and fails at the first that is not as it should be. A person reads it as a timeline, a program
//! as one JSON object.

mod cashier;
mod clients;
mod counter;
mod deliver;
mod draw;
mod file;
mod lose;
mod misfits;
pub mod papers;
mod pay;
mod people;
mod rate;
mod refuse;
mod route;
mod settle;
mod sign_in;
mod slip;
mod supplement;
mod telling;
mod walk;
mod watch;
mod withdraw;

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

pub use clients::Endpoints;
pub use route::Route;
pub use telling::{as_json, as_timeline};
pub use walk::walk;

/// The whole walk must end within this time.
pub const LIMIT: Duration = Duration::from_secs(60);

/// What was done and seen in one step.
#[derive(Clone, Debug, Serialize)]
pub struct Step {
    /// The part of the journey it belongs to.
    pub chapter: &'static str,
    /// When it ended, by the walker's clock.
    pub time: Timestamp,
    /// Who acted: `citizen`, `officer`, `cashier`, `operator`, `bank`, `thief` or `anyone`.
    pub caller: &'static str,
    /// The service asked.
    pub service: &'static str,
    /// The rpc called, or the event whose consequence was waited for.
    pub what: &'static str,
    /// What was observed, in a sentence.
    pub observed: String,
    /// More of it, a line each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<String>,
    /// How long it took, in milliseconds.
    pub milliseconds: u64,
}

/// A walk, as far as it came.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Journey {
    /// The steps observed.
    pub steps: Vec<Step>,
    /// What is worth telling once more: a label and a text each.
    pub outcome: Vec<(&'static str, String)>,
    /// Why it ended early, naming the step; none if it came to its end.
    pub failure: Option<String>,
}
