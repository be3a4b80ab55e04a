//! A journey told: as a timeline a person enjoys reading, or as JSON.

use std::fmt::Write;

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use serde_json::json;

use super::Journey;

/// Vietnam's offset from UTC, its only one since 1975.
const VIETNAM: Offset = Offset::constant(7);

/// One JSON object: the steps and a verdict.
pub fn as_json(journey: &Journey) -> String {
    let verdict = if journey.failure.is_none() { "passed" } else { "failed" };
    json!({"steps": journey.steps, "verdict": verdict, "failure": journey.failure}).to_string()
}

/// A line for each step, and what was seen under it.
pub fn as_timeline(journey: &Journey) -> String {
    let mut told = String::new();
    for step in &journey.steps {
        let after = format!("{} ms", step.milliseconds);
        // Writing to a string cannot fail.
        let _ = writeln!(
            told,
            "  {:>8}  {:<8} {:<20} {}",
            after, step.caller, step.what, step.observed
        );
        for line in &step.details {
            let _ = writeln!(told, "{:41}{line}", "");
        }
    }
    match &journey.failure {
        None => told.push_str("\n  Every step was observed from outside.\n"),
        Some(failure) => {
            let _ = writeln!(told, "\n  The journey failed at {failure}");
        }
    }
    told
}

/// An instant as a citizen reads it.
pub(super) fn instant(at: Option<prost_types::Timestamp>) -> String {
    let at = at.and_then(|at| Timestamp::new(at.seconds, at.nanos).ok());
    at.map_or_else(
        || "no time".into(),
        |at| at.to_zoned(TimeZone::fixed(VIETNAM)).strftime("%a %-d %b %Y %H:%M").to_string(),
    )
}
