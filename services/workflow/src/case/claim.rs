//! Taking a task.

use chassis::refusal::{Kind, Refusal};
use chassis::write::{At, Command, Decided, Kept, Stream};
use proto::motcua::workflow::v1::TaskState;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Case, Named, Officer, closed};
use crate::rules::Rules;

/// The reason of the refusal of a task that another was faster to take.
pub const TASK_CLAIMED: &str = "TASK_CLAIMED";

/// Takes an open task for an officer.
#[derive(Clone, Debug)]
pub struct ClaimTask {
    /// The case.
    pub id: Uuid,
    /// The task's step.
    pub step: String,
    /// Who takes it.
    pub officer: Officer,
}

impl Command for ClaimTask {
    const NAME: &'static str = "ClaimTask";
    type Root = Case;
    type Answer = Named;

    fn stream(&self) -> Stream {
        Stream(self.id)
    }

    fn decide(
        &self,
        before: Option<&Case>,
        _: &Rules,
        _: &mut At<'_>,
    ) -> Result<Decided<Case, Named>, Refusal> {
        let mut case = Case::of_agency(before, &self.officer)?;
        let task = case.task_mut(&self.step)?;
        if !self.officer.roles.contains(&task.role) {
            return Err(Refusal::denied());
        }
        match task.state {
            TaskState::Closed => return Err(closed()),
            TaskState::Claimed if task.officer.as_ref() != Some(&self.officer.name) => {
                return Err(claimed());
            }
            _ => {}
        }
        task.state = TaskState::Claimed;
        task.officer = Some(self.officer.name.clone());
        Ok(Decided::quiet(case, Named { id: self.id }))
    }
}

/// Takes a task for an officer who asked for any, if it is still open.
#[derive(Clone, Debug)]
pub struct ClaimNextTask {
    /// The case.
    pub id: Uuid,
    /// The task's step.
    pub step: String,
    /// Who takes it.
    pub officer: Officer,
    /// What tells this wish from every other, for ever: a wish takes one task.
    pub wish: Uuid,
}

/// Answers an officer who asked for any task when none is open: a repeat still meets the answer that was kept.
#[derive(Clone, Debug)]
pub struct ClaimNothing {
    /// The officer's own stream, which nothing is ever written to.
    pub id: Uuid,
}

/// The task that was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picked {
    /// The case.
    pub id: Uuid,
    /// The task's step.
    pub step: String,
}

impl Kept for Picked {}

impl Command for ClaimNextTask {
    const NAME: &'static str = "ClaimNextTask";
    type Root = Case;
    type Answer = Picked;

    fn stream(&self) -> Stream {
        Stream(self.id)
    }

    fn decide(
        &self,
        before: Option<&Case>,
        _: &Rules,
        _: &mut At<'_>,
    ) -> Result<Decided<Case, Picked>, Refusal> {
        let mut case = Case::of_agency(before, &self.officer)?;
        let task = case.task_mut(&self.step)?;
        let picked = Picked { id: self.id, step: self.step.clone() };
        if task.wish == Some(self.wish) {
            return Ok(Decided::quiet(case, picked));
        }
        if task.state != TaskState::Open || !self.officer.roles.contains(&task.role) {
            return Err(claimed());
        }
        task.state = TaskState::Claimed;
        task.officer = Some(self.officer.name.clone());
        task.wish = Some(self.wish);
        Ok(Decided::quiet(case, picked))
    }
}

impl Command for ClaimNothing {
    const NAME: &'static str = "ClaimNothing";
    type Root = Case;
    type Answer = Picked;

    fn stream(&self) -> Stream {
        Stream(self.id)
    }

    fn decide(
        &self,
        _: Option<&Case>,
        _: &Rules,
        _: &mut At<'_>,
    ) -> Result<Decided<Case, Picked>, Refusal> {
        Err(Refusal::new(
            Kind::Precondition,
            "NO_TASK_WAITS",
            "Hiện không có việc nào chờ vai trò của bạn; hãy hỏi lại sau với request_id mới.",
            "No task waits for your roles now; ask again later with a new request_id.",
        ))
    }
}

fn claimed() -> Refusal {
    Refusal::new(
        Kind::Precondition,
        TASK_CLAIMED,
        "Cán bộ khác đã nhận việc này; hãy chọn việc khác.",
        "Another officer holds this task; take another one.",
    )
}
