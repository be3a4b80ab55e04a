//! Putting a task back.

use chassis::refusal::Refusal;
use chassis::write::{At, Command, Decided, Stream};
use proto::motcua::workflow::v1::TaskState;
use uuid::Uuid;

use super::{Case, Named, Officer};
use crate::rules::Rules;

/// Puts a task that the officer holds back on the worklist.
#[derive(Clone, Debug)]
pub struct ReleaseTask {
    /// The case.
    pub id: Uuid,
    /// The task's step.
    pub step: String,
    /// Who holds it.
    pub officer: Officer,
}

impl Command for ReleaseTask {
    const NAME: &'static str = "ReleaseTask";
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
        task.held_by(&self.officer)?;
        task.state = TaskState::Open;
        task.officer = None;
        Ok(Decided::quiet(case, Named { id: self.id }))
    }
}
