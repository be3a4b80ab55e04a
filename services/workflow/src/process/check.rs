//! What a process must be before a case may go through it.

use std::collections::{BTreeSet, VecDeque};

use proto::motcua::r#type::v1::DossierStatus;

use super::status::is_final;
use super::{
    ACCEPTED, ESCALATED, MOST_STEPS, Process, ProcessError, RECEIVE, REFUSED, SUPPLEMENT_REQUESTED,
    Step, WITHDRAW, Wait, may_follow,
};

/// The longest id of a process, step or outcome, in bytes.
const LONGEST_ID: usize = 40;

/// Checks names first, then every path.
pub(super) fn check(process: &Process) -> Result<(), ProcessError> {
    let at = |place: String, problem: &str| ProcessError::Contradiction {
        process: process.id.clone(),
        place,
        problem: problem.into(),
    };
    if !is_id(&process.id) || process.version == 0 {
        return Err(at("id and version".into(), "write an id of a-z and _, and a version from 1"));
    }
    if process.steps.is_empty() || process.steps.len() > MOST_STEPS {
        return Err(at("steps".into(), "write 1 to 50 steps"));
    }
    let first = process.first();
    let accepted = first.outcomes().and_then(|outcomes| outcomes.get(ACCEPTED));
    let accepts = accepted.is_some_and(|outcome| outcome.status == DossierStatus::Accepted);
    if first.id != RECEIVE || !accepts {
        let problem = "begin with `receive`, and give it an outcome `accepted` with that status";
        return Err(at(format!("step {}", first.id), problem));
    }
    if first.outcomes().is_some_and(|outcomes| outcomes.contains_key(REFUSED)) {
        let problem = "every dossier can be refused, with reasons; remove the outcome `refused`";
        return Err(at(format!("step {}", first.id), problem));
    }
    let mut ids = BTreeSet::new();
    for step in &process.steps {
        let place = || format!("step {}", step.id);
        if !is_id(&step.id) || !ids.insert(&step.id) {
            return Err(at(place(), "write an id of a-z and _, once in the process"));
        }
        if step.id == WITHDRAW {
            return Err(at(place(), "every dossier can be withdrawn; give the step another id"));
        }
        if step.id == ESCALATED {
            return Err(at(place(), "every case can be late; give the step another id"));
        }
        if step.ends().is_empty() {
            return Err(at(place(), "write at least one outcome"));
        }
        check_outcomes(process, step)?;
    }
    walk(process)
}

fn check_outcomes(process: &Process, step: &Step) -> Result<(), ProcessError> {
    for (name, outcome) in step.ends() {
        let wrong = |problem: String| {
            let place = format!("step {}, outcome {name}", step.id);
            Err(ProcessError::Contradiction { process: process.id.clone(), place, problem })
        };
        if step.outcomes().is_some() && !is_id(name) {
            return wrong("write a name of a-z and _".into());
        }
        if name == SUPPLEMENT_REQUESTED {
            return wrong("a supplement can be asked for in every process; remove it".into());
        }
        match &outcome.then {
            Some(then) if process.step(then).is_none() => {
                return wrong(format!("`then` names the step {then}, which is not there"));
            }
            Some(then) if then == RECEIVE => {
                return wrong("a dossier is received once; let `then` name a later step".into());
            }
            None if !is_final(outcome.status) => {
                return wrong(
                    "it ends the case with a status that is not final; add `then`".into(),
                );
            }
            Some(_) if is_final(outcome.status) => {
                return wrong("its status is final, yet `then` goes on; remove one of them".into());
            }
            _ => {}
        }
    }
    Ok(())
}

/// A place that a case can come to: a step, the status the dossier has by then, and whether its result was issued.
type Place<'a> = (&'a Step, DossierStatus, bool);

/// Follows every path from the first step: each status must be one that may follow, and each step must be reached.
fn walk(process: &Process) -> Result<(), ProcessError> {
    let mut seen = BTreeSet::new();
    let mut ahead = VecDeque::from([(process.first(), DossierStatus::NewlyRegistered, false)]);
    while let Some(place) = ahead.pop_front() {
        let (step, before, issued) = place;
        if !seen.insert((&step.id, i32::from(before), issued)) {
            continue;
        }
        let wrong = |place: String, problem: String| {
            Err(ProcessError::Contradiction { process: process.id.clone(), place, problem })
        };
        if let Some(problem) = wrong_place(place) {
            return wrong(format!("step {}", step.id), problem.into());
        }
        let issued = issued || step.ways().is_some();
        for (name, outcome) in step.ends() {
            if let Some(problem) = wrong_end(before, outcome.status, issued) {
                return wrong(format!("step {}, outcome {name}", step.id), problem);
            }
            if let Some(next) = outcome.then.as_ref().and_then(|then| process.step(then)) {
                ahead.push_back((next, outcome.status, issued));
            }
        }
    }
    let unreached = process.steps.iter().find(|step| seen.iter().all(|(id, ..)| **id != step.id));
    unreached.map_or(Ok(()), |step| {
        Err(ProcessError::Contradiction {
            process: process.id.clone(),
            place: format!("step {}", step.id),
            problem: "no outcome leads to it; name it in a `then`, or remove it".into(),
        })
    })
}

/// In 6 the dossier waits for the fee and for nothing else, and there alone a fee is waited for. A result is issued once, when it is done.
fn wrong_place((step, before, issued): Place<'_>) -> Option<&'static str> {
    let owing = before == DossierStatus::FinancialObligationRequired;
    let paying = step.wait() == Some(Wait::Payment);
    let ways = step.ways();
    if paying && !owing {
        Some("it waits for a payment; what leads to it must give financial_obligation_required")
    } else if owing && !paying {
        Some("a fee is due when it begins; let it `wait: payment`, or mend what leads to it")
    } else if ways.is_some() && before != DossierStatus::ProcessingDone {
        Some("the result is issued in it; what leads to it must give processing_done")
    } else if ways.is_some() && issued {
        Some("the result was issued before; let no outcome lead back here")
    } else if issued && step.wait().is_some() {
        Some("the clock has stopped with the result; nothing is waited for after it was issued")
    } else if ways.is_some_and(|ways| ways.delivered.then.is_some()) {
        Some("a parcel that was delivered ends the case; remove the `then` of `delivered`")
    } else if ways.is_some_and(|ways| ways.undelivered.then.is_none()) {
        Some("a parcel that came back is still to be handed over; add a `then` to `undelivered`")
    } else {
        None
    }
}

fn wrong_end(before: DossierStatus, after: DossierStatus, issued: bool) -> Option<String> {
    if !may_follow(before, after) {
        let (before, after) = (i32::from(before), i32::from(after));
        Some(format!("status {after} may not follow status {before}"))
    } else if after == DossierStatus::ResultReturned && !issued {
        Some("no result was issued that could be returned; lead here by a step with `ways`".into())
    } else {
        None
    }
}

fn is_id(text: &str) -> bool {
    (1..=LONGEST_ID).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

#[cfg(test)]
mod tests;
