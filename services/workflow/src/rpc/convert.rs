//! Domain types as messages.

use chassis::clock::timestamp;
use proto::motcua::workflow::v1 as pb;

use crate::case::{Case, Task};
use crate::events::{name, reference, task_name};

/// A case with its tasks.
pub fn case(case: &Case) -> pb::Case {
    pb::Case {
        name: name(case),
        dossier: Some(reference(case)),
        status: case.status.into(),
        submit_time: Some(timestamp(case.submitted_at)),
        accept_time: case.accepted_at.map(timestamp),
        due_time: case.due_at.map(timestamp),
        etag: case.etag(),
        tasks: case.tasks.iter().map(|one| task(case, one)).collect(),
    }
}

/// A task of a case.
pub fn task(case: &Case, task: &Task) -> pb::Task {
    pb::Task {
        name: task_name(case, &task.step),
        dossier: Some(reference(case)),
        step: task.step.clone(),
        role: task.role.into(),
        state: task.state.into(),
        officer: task.officer.clone().unwrap_or_default(),
        open_time: Some(timestamp(task.opened_at)),
    }
}
