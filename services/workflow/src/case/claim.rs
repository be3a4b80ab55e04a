//! Taking a task.

use chassis::refusal::{Kind, Refusal};
use chassis::write::{At, Command, Decided, Stream};
use proto::motcua::workflow::v1::TaskState;
use uuid::Uuid;

use super::{Case, Named, Officer, closed};
use crate::rules::Rules;

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

fn claimed() -> Refusal {
    Refusal::new(
        Kind::Precondition,
        "TASK_CLAIMED",
        "Cán bộ khác đã nhận việc này; hãy chọn việc khác.",
        "Another officer holds this task; take another one.",
    )
}
