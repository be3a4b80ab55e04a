//! `TaskService`: the worklist.

use std::sync::Arc;

use chassis::access::{Caller, caller};
use chassis::filter::{Terms, quoted};
use chassis::names::{self, malformed};
use chassis::pages::{Page, PageSize};
use chassis::refusal::{Failure, Refusal};
use chassis::write::{Door, Once};
use proto::motcua::access::v1::Role;
use proto::motcua::workflow::v1 as pb;
use proto::motcua::workflow::v1::TaskState;
use proto::motcua::workflow::v1::task_service_server::TaskService;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{convert, officer};
use crate::case::{
    ClaimNextTask, ClaimNothing, ClaimTask, CompleteTask, Officer, Picked, ReleaseTask,
    TASK_CLAIMED,
};
use crate::rules::Rules;
use crate::store::{CaseStore, Order, TaskFilter, TaskKey};

const SIZES: PageSize = PageSize { default: 20, most: 100 };

/// The longest name of a step, in bytes.
const LONGEST_STEP: usize = 40;

/// Open tasks that are looked at for a caller who asks for the next: as many others may take theirs meanwhile.
const NEXT: i64 = 32;

/// How often they are looked at, at most.
const ROUNDS: usize = 4;

/// What a worklist can be filtered by.
const FILTER: &str = "dossier = \"dossiers/{uuid}\", role = ROLE_SIGNING, state = TASK_STATE_OPEN, \
                      step = \"sign\", officer = me, joined by AND";

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
        let (filter, order) = (filter(&asked.filter, caller.name()?)?, order(&asked.order_by)?);
        let list = format!("tasks of {agency} {filter:?} {order:?}");
        let page = Page::<TaskKey>::asked(asked.page_size, &asked.page_token, SIZES, &list)?;
        let after = page.after.clone();
        let found = self.store.worklist(agency, &filter, order, after, page.size).await?;
        let last = found.last().map(|row| row.key(order));
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

    async fn claim_next_task(
        &self,
        request: Request<pb::ClaimNextTaskRequest>,
    ) -> Result<Response<pb::Task>, Status> {
        let caller = caller(&request);
        let asked = request.get_ref();
        let once = Once::call(caller.name()?, &asked.request_id, asked)?;
        let Picked { id, step } = self.next(once, officer(&caller)?).await?;
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
            visitor: asked.visitor(),
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
    /// Takes the oldest open task that no other caller takes at the same moment; of a repeat, the task that the wish took before.
    async fn next(&self, once: Once, officer: Officer) -> Result<Picked, Failure> {
        let wish = once.derived_id();
        if let Some((id, step)) = self.store.taken_by(wish).await? {
            return self.door.run(once, ClaimNextTask { id, step, officer, wish }).await;
        }
        for _ in 0..ROUNDS {
            let open = self.store.open_tasks(&officer.agency, &officer.roles, NEXT).await?;
            let some = !open.is_empty();
            for (id, step) in open {
                let command = ClaimNextTask { id, step, officer: officer.clone(), wish };
                match self.door.run(once.clone(), command).await {
                    Err(Failure::Refused(refusal)) if refusal.reason == TASK_CLAIMED => {}
                    outcome => return outcome,
                }
            }
            if !some {
                break;
            }
        }
        let own = officer.name.rsplit('/').next().and_then(|id| id.parse().ok());
        self.door.run(once, ClaimNothing { id: own.unwrap_or(wish) }).await
    }

    /// The task as it is now.
    async fn answer(
        &self,
        caller: &Caller,
        id: Uuid,
        step: &str,
    ) -> Result<Response<pb::Task>, Status> {
        let agency = caller.agency()?;
        let found = self.store.get(id).await?;
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

fn filter(text: &str, caller: &str) -> Result<TaskFilter, Refusal> {
    let mut terms = Terms::read(text, FILTER)?;
    let found = TaskFilter {
        dossier: terms.take("dossier", |value| {
            quoted(value).and_then(|name| names::id("dossiers", name, "filter").ok())
        })?,
        role: terms.take("role", Role::from_str_name)?,
        state: terms.take("state", |value| {
            TaskState::from_str_name(value)
                .filter(|state| matches!(state, TaskState::Open | TaskState::Claimed))
        })?,
        step: terms.take("step", |value| quoted(value).map(ToOwned::to_owned))?,
        officer: terms.take("officer", |value| (value == "me").then(|| caller.to_owned()))?,
    };
    terms.end()?;
    Ok(found)
}

fn order(text: &str) -> Result<Order, Refusal> {
    match text {
        "" | "open_time" => Ok(Order::OpenTime),
        "due_time" => Ok(Order::DueTime),
        _ => Err(Refusal::field(
            "order_by",
            "ORDER_UNKNOWN",
            "Hãy sắp theo `open_time` hoặc `due_time`.",
            "Order by `open_time` or `due_time`.",
        )),
    }
}
