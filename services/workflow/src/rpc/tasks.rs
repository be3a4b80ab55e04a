//! `TaskService`: the worklist.

use std::sync::Arc;

use chassis::access::{Caller, caller};
use chassis::names::{self, malformed};
use chassis::pages::{Page, PageSize};
use chassis::refusal::{Failure, Refusal};
use chassis::write::{Door, Once};
use proto::motcua::workflow::v1 as pb;
use proto::motcua::workflow::v1::task_service_server::TaskService;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{convert, failed, officer};
use crate::case::{ClaimTask, CompleteTask, ReleaseTask};
use crate::rules::Rules;
use crate::store::{CaseStore, TaskKey};

const SIZES: PageSize = PageSize { default: 20, most: 100 };

/// The longest name of a step, in bytes.
const LONGEST_STEP: usize = 40;

/// Lists and hands out tasks.
pub struct Tasks {
    /// Reads tasks.
    pub store: CaseStore,
    /// Changes them.
    pub door: Door<CaseStore>,
    /// Tells a task's outcomes.
    pub rules: Arc<Rules>,
}

#[tonic::async_trait]
impl TaskService for Tasks {
    async fn list_tasks(
        &self,
        request: Request<pb::ListTasksRequest>,
    ) -> Result<Response<pb::ListTasksResponse>, Status> {
        let caller = caller(&request);
        let agency = caller.agency()?;
        let asked = request.get_ref();
        if asked.parent != "cases/-" {
            return Err(malformed("parent", "cases/-").into());
        }
        let dossier = filter(&asked.filter)?;
        let list = format!("tasks of {agency} {dossier:?}");
        let page = Page::<TaskKey>::asked(asked.page_size, &asked.page_token, SIZES, &list)?;
        let after = page.after.clone();
        let found = self.store.worklist(agency, dossier, after, page.size).await.map_err(failed)?;
        let last = found.last().map(|row| (row.task.opened_at, row.case.id, row.task.step.clone()));
        Ok(Response::new(pb::ListTasksResponse {
            next_page_token: page.next(last, found.len()),
            tasks: found
                .iter()
                .map(|row| convert::task(&self.rules, &row.case, &row.task))
                .collect(),
        }))
    }

    async fn claim_task(
        &self,
        request: Request<pb::ClaimTaskRequest>,
    ) -> Result<Response<pb::Task>, Status> {
        let caller = caller(&request);
        let asked = request.get_ref();
        let once = Once::call(caller.name()?, &asked.request_id, asked)?;
        let (id, step) = task(&asked.name)?;
        let command = ClaimTask { id, step: step.clone(), officer: officer(&caller)? };
        self.door.run(once, command).await?;
        self.answer(&caller, id, &step).await
    }

    async fn complete_task(
        &self,
        request: Request<pb::CompleteTaskRequest>,
    ) -> Result<Response<pb::Task>, Status> {
        let caller = caller(&request);
        let asked = request.get_ref();
        let once = Once::call(caller.name()?, &asked.request_id, asked)?;
        let (id, step) = task(&asked.name)?;
        let command = CompleteTask {
            id,
            step: step.clone(),
            outcome: asked.outcome.clone(),
            officer: officer(&caller)?,
        };
        self.door.run(once, command).await?;
        self.answer(&caller, id, &step).await
    }

    async fn release_task(
        &self,
        request: Request<pb::ReleaseTaskRequest>,
    ) -> Result<Response<pb::Task>, Status> {
        let caller = caller(&request);
        let asked = request.get_ref();
        let once = Once::call(caller.name()?, &asked.request_id, asked)?;
        let (id, step) = task(&asked.name)?;
        let command = ReleaseTask { id, step: step.clone(), officer: officer(&caller)? };
        self.door.run(once, command).await?;
        self.answer(&caller, id, &step).await
    }
}

impl Tasks {
    /// The task as it is now.
    async fn answer(
        &self,
        caller: &Caller,
        id: Uuid,
        step: &str,
    ) -> Result<Response<pb::Task>, Status> {
        let agency = caller.agency()?;
        let found = self.store.get(id).await.map_err(failed)?;
        let case = found.filter(|case| case.agency == agency).ok_or_else(Refusal::denied)?;
        let task = case.tasks.iter().find(|task| task.step == step);
        let task = task.ok_or_else(|| Failure::from(Refusal::denied()))?;
        Ok(Response::new(convert::task(&self.rules, &case, task)))
    }
}

/// The case and the step in `cases/{uuid}/tasks/{step}`.
fn task(name: &str) -> Result<(Uuid, String), Refusal> {
    let shape = || malformed("name", "cases/{uuid}/tasks/{step}");
    let (case, step) = name.split_once("/tasks/").ok_or_else(shape)?;
    let id = names::id("cases", case, "name").map_err(|_| shape())?;
    let named = (1..=LONGEST_STEP).contains(&step.len())
        && step.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    if named { Ok((id, step.to_owned())) } else { Err(shape()) }
}

/// Empty, or `dossier = "dossiers/{uuid}"`.
fn filter(text: &str) -> Result<Option<Uuid>, Refusal> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let dossier = text
        .strip_prefix("dossier")
        .and_then(|rest| rest.trim_start().strip_prefix('='))
        .and_then(|rest| rest.trim().strip_prefix('"')?.strip_suffix('"'))
        .and_then(|name| names::id("dossiers", name, "filter").ok());
    dossier.map(Some).ok_or_else(|| malformed("filter", r#"dossier = "dossiers/{uuid}""#))
}
