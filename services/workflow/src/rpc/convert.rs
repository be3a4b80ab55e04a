//! Domain types as messages.

use chassis::clock::timestamp;
use proto::motcua::workflow::v1 as pb;

use crate::case::{Case, Late, NOTED, Standstill, Task};
use crate::events::{name, reason, reference, task_name};
use crate::process::{ESCALATED, RECEIVE};
use crate::rules::Rules;

/// A case with its tasks.
pub fn case(rules: &Rules, case: &Case) -> pb::Case {
    pb::Case {
        name: name(case),
        dossier: Some(reference(case)),
        status: case.status.into(),
        submit_time: Some(timestamp(case.submitted_at)),
        accept_time: case.accepted_at.map(timestamp),
        due_time: case.due_at.map(timestamp),
        etag: case.etag(),
        tasks: case.tasks.iter().map(|one| task(rules, case, one)).collect(),
        pauses: case.pauses.iter().map(pause).collect(),
        process: format!("processes/{}/versions/{}", case.process, case.process_version),
        return_way: case.return_way.into(),
        issue_time: case.issued_at.map(timestamp),
        close_time: case.closed_at.map(timestamp),
        returned_to: case.returned_to.into(),
        warn_time: case.warned_at.map(timestamp),
        lateness: case.late.map(lateness),
    }
}

fn lateness(late: Late) -> pb::Lateness {
    pb::Lateness {
        since_time: Some(timestamp(late.since)),
        escalate_time: Some(timestamp(late.escalated_at)),
        new_due_time: late.new_date.map(timestamp),
    }
}

fn pause(Standstill { pause, asked, .. }: &Standstill) -> pb::Pause {
    pb::Pause {
        reason: reason(pause.reason).into(),
        from_time: Some(timestamp(pause.from)),
        to_time: pause.to.map(timestamp),
        expire_time: asked.map(|asked| timestamp(asked.expires_at)),
    }
}

/// A task of a case.
pub fn task(rules: &Rules, case: &Case, task: &Task) -> pb::Task {
    pb::Task {
        name: task_name(case, &task.step),
        dossier: Some(reference(case)),
        step: task.step.clone(),
        role: task.role.into(),
        state: task.state.into(),
        officer: task.officer.clone().unwrap_or_default(),
        open_time: Some(timestamp(task.opened_at)),
        outcomes: outcomes(rules, case, task),
        due_time: case.due_at.map(timestamp),
        warn_time: case.warned_at.map(timestamp),
        late_time: case.late_since().map(timestamp),
    }
}

/// What CompleteTask takes for a task; receiving is completed by AcceptDossier.
fn outcomes(rules: &Rules, case: &Case, task: &Task) -> Vec<String> {
    if task.step == ESCALATED {
        return vec![NOTED.into()];
    }
    let process = rules.process(case).ok().filter(|_| task.step != RECEIVE);
    let step = process.and_then(|process| process.step(&task.step));
    let outcomes = step.and_then(|step| step.outcomes());
    outcomes.map(|outcomes| outcomes.keys().cloned().collect()).unwrap_or_default()
}
