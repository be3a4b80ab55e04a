//! A journey told: as a timeline a person enjoys reading, or as JSON.

use std::fmt::Write;

use chassis::clock::VIETNAM;
use jiff::{Timestamp, Zoned};
use serde_json::json;

use super::{Journey, Step};

/// Characters before what was seen: the time, who acted, what they called.
const MARGIN: usize = 48;

/// Characters of a line of details; what is longer goes on in the next.
const WIDTH: usize = 72;

/// One JSON object: the steps, what is worth telling once more, and a verdict.
pub fn as_json(journey: &Journey) -> String {
    let verdict = if journey.failure.is_none() { "passed" } else { "failed" };
    let outcome: serde_json::Map<_, _> =
        journey.outcome.iter().map(|(what, it)| ((*what).to_owned(), it.clone().into())).collect();
    json!({
        "steps": journey.steps,
        "outcome": outcome,
        "verdict": verdict,
        "failure": journey.failure,
    })
    .to_string()
}

/// A line for each step under the title of its part, what was seen beside it, and what it all came to. Times are Vietnam's.
pub fn as_timeline(journey: &Journey) -> String {
    let mut told = String::new();
    let mut chapter = "";
    for step in &journey.steps {
        if step.chapter != chapter {
            chapter = step.chapter;
            put(&mut told, format_args!("\n  {chapter}"));
        }
        tell(&mut told, step);
    }
    match &journey.failure {
        None => sum_up(&mut told, journey),
        Some(failure) => put(&mut told, format_args!("\n  The journey failed at {failure}")),
    }
    told
}

fn tell(told: &mut String, step: &Step) {
    let time = local(step.time).strftime("%H:%M:%S%.3f").to_string();
    let Step { caller, what, observed, .. } = step;
    let mut lines = wrapped(observed).into_iter();
    let first = lines.next().unwrap_or_default();
    put(told, format_args!("    {time}  {caller:<8}  {what:<19}  {first}"));
    for line in lines.chain(step.details.iter().flat_map(|detail| wrapped(detail))) {
        put(told, format_args!("{:MARGIN$}{line}", ""));
    }
}

fn sum_up(told: &mut String, journey: &Journey) {
    put(told, format_args!("\n  What came of it"));
    for (what, it) in &journey.outcome {
        for (place, line) in wrapped(it).into_iter().enumerate() {
            let label = if place == 0 { what } else { "" };
            put(told, format_args!("    {label:<10}  {line}"));
        }
    }
    let took: u64 = journey.steps.iter().map(|step| step.milliseconds).sum();
    let count = journey.steps.len();
    put(
        told,
        format_args!("\n  Every one of {count} steps was observed from outside, in {took} ms."),
    );
}

fn put(told: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = writeln!(told, "{line}");
}

/// A text in lines of at most [`WIDTH`] characters, broken at spaces, and within what is longer than a line.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ').flat_map(pieces) {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= WIDTH => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}

fn pieces(word: &str) -> Vec<String> {
    let letters: Vec<char> = word.chars().collect();
    letters.chunks(WIDTH).map(|piece| piece.iter().collect()).collect()
}

/// An instant as a citizen reads it.
pub(super) fn instant(at: Option<prost_types::Timestamp>) -> String {
    let at = at.and_then(chassis::clock::instant);
    at.map_or_else(|| "no time".into(), |at| local(at).strftime("%a %-d %b %Y %H:%M").to_string())
}

/// An instant on the clocks of Vietnam.
pub(super) fn local(at: Timestamp) -> Zoned {
    at.to_zoned(VIETNAM.to_time_zone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_go_on_in_the_next_line() {
        assert_eq!(wrapped("a status"), ["a status"]);
        let words = ["word"; 30].join(" ");
        let lines = wrapped(&words);
        assert!(lines.iter().all(|line| line.chars().count() <= WIDTH), "{lines:?}");
        assert_eq!(lines.join(" "), words);
        let proof = "0f".repeat(80);
        let lines = wrapped(&format!("proof {proof}"));
        assert!(lines.iter().all(|line| line.chars().count() <= WIDTH), "{lines:?}");
        assert_eq!(lines.concat().replace(' ', ""), format!("proof{proof}"));
    }
}
