//! Closing a task: what follows, the process says.

use chassis::refusal::{Kind, Refusal};
use chassis::write::{At, Command, Decided, Stream};
use proto::motcua::r#type::v1::{DossierStatus, Visitor};
use uuid::Uuid;

use super::{Case, Fact, NOTED, Named, Officer};
use crate::process::{ESCALATED, RECEIVE, WITHDRAW};
use crate::rules::Rules;

/// Closes a task that the officer holds, with an outcome of its step.
#[derive(Clone, Debug)]
pub struct CompleteTask {
    /// The case.
    pub id: Uuid,
    /// The task's step.
    pub step: String,
    /// One of the step's outcomes.
    pub outcome: String,
    /// Who came to the counter, if anyone did.
    pub visitor: Visitor,
    /// Who holds it.
    pub officer: Officer,
}

impl Command for CompleteTask {
    const NAME: &'static str = "CompleteTask";
    type Root = Case;
    type Answer = Named;

    fn stream(&self) -> Stream {
        Stream(self.id)
    }

    fn decide(
        &self,
        before: Option<&Case>,
        rules: &Rules,
        at: &mut At<'_>,
    ) -> Result<Decided<Case, Named>, Refusal> {
        let mut case = Case::of_agency(before, &self.officer)?;
        let facts = match self.step.as_str() {
            RECEIVE => return Err(accept_instead()),
            WITHDRAW => return Err(decide_withdrawal_instead()),
            ESCALATED if self.outcome != NOTED => return Err(no_such_outcome([NOTED])),
            ESCALATED => case.note_escalation(&self.officer)?,
            step => {
                if case.hands_over(step, &self.outcome, rules)? {
                    case.returned_to = known(self.visitor)?;
                }
                case.complete(step, &self.outcome, &self.officer, rules, at)?
            }
        };
        Ok(Decided { after: case, facts, answer: Named { id: self.id } })
    }
}

impl Case {
    /// Whether a task that is closed with this outcome hands the result over.
    fn hands_over(&self, step: &str, outcome: &str, rules: &Rules) -> Result<bool, Refusal> {
        let outcomes = rules.process(self)?.step(step).and_then(|step| step.outcomes());
        let chosen = outcomes.and_then(|outcomes| outcomes.get(outcome));
        Ok(chosen.is_some_and(|chosen| chosen.status == DossierStatus::ResultReturned))
    }

    /// Closes the task of a step that the officer holds and goes where the outcome leads.
    pub(super) fn complete(
        &mut self,
        step: &str,
        outcome: &str,
        officer: &Officer,
        rules: &Rules,
        at: &mut At<'_>,
    ) -> Result<Vec<Fact>, Refusal> {
        let process = rules.process(self)?;
        self.task_mut(step)?.held_by(officer)?;
        let outcomes = process.step(step).and_then(|step| step.outcomes());
        let chosen = outcomes.and_then(|outcomes| outcomes.get(outcome)).ok_or_else(|| {
            no_such_outcome(outcomes.into_iter().flatten().map(|(name, _)| &**name))
        })?;
        self.task_mut(step)?.close(outcome, officer)?;
        self.status = chosen.status;
        let closed = Fact::TaskClosed(Box::new(self.clone()), step.into());
        let went = self.follow(chosen, at.now, rules, at)?;
        Ok(std::iter::once(closed).chain(went).collect())
    }
}

fn known(visitor: Visitor) -> Result<Visitor, Refusal> {
    match visitor {
        Visitor::Owner | Visitor::Representative => Ok(visitor),
        Visitor::Unspecified => Err(Refusal::field(
            "visitor",
            "REQUIRED",
            "Hãy ghi ai đến nhận kết quả: chủ hồ sơ hay người được ủy quyền.",
            "Note who fetched the result: its owner or a representative.",
        )),
    }
}

fn no_such_outcome<'a>(outcomes: impl IntoIterator<Item = &'a str>) -> Refusal {
    let all = outcomes.into_iter().collect::<Vec<_>>().join(", ");
    Refusal::field(
        "outcome",
        "NOT_IN_LIST",
        format!("Hãy chọn một trong các kết quả: {all}."),
        format!("Choose one of the outcomes: {all}."),
    )
}

fn accept_instead() -> Refusal {
    Refusal::new(
        Kind::Precondition,
        "ACCEPT_DOSSIER_INSTEAD",
        "Bước tiếp nhận được hoàn thành bằng AcceptDossier, cùng với ngày hẹn trả, hoặc bằng \
         RefuseDossier, cùng với lý do.",
        "Receiving is completed by AcceptDossier, which promises the date, or by RefuseDossier, \
         which says why.",
    )
}

fn decide_withdrawal_instead() -> Refusal {
    Refusal::new(
        Kind::Precondition,
        "DECIDE_WITHDRAWAL_INSTEAD",
        "Việc rút hồ sơ được quyết định bằng GrantWithdrawal hoặc DenyWithdrawal.",
        "A withdrawal is decided by GrantWithdrawal or DenyWithdrawal.",
    )
}
