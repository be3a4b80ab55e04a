//! A fee was paid: what was held for it is assigned, and the clock runs again.

use chassis::refusal::{Kind, Refusal};
use chassis::write::{At, Command, Decided, Stream};
use jiff::Timestamp;
use proto::motcua::workflow::v1::NumberState;
use uuid::Uuid;

use super::{Case, Fact};
use crate::process::Wait;
use crate::rules::Rules;

/// Goes on with a case whose fee was paid, as InvoicePaid asks for it.
#[derive(Clone, Debug)]
pub struct PayFee {
    /// The case.
    pub id: Uuid,
    /// What was paid.
    pub obligation: Uuid,
    /// The instant of payment, by the bank's clock.
    pub paid_at: Timestamp,
}

impl Command for PayFee {
    const NAME: &'static str = "PayFee";
    type Root = Case;
    type Answer = ();

    fn stream(&self) -> Stream {
        Stream(self.id)
    }

    fn decide(
        &self,
        before: Option<&Case>,
        rules: &Rules,
        at: &mut At<'_>,
    ) -> Result<Decided<Case, ()>, Refusal> {
        let case = before.filter(|case| case.obligation == Some(self.obligation));
        let case = case.ok_or_else(not_owed)?;
        let mut case = Case { revision: case.revision + 1, ..case.clone() };
        let assigned = case.assign_number();
        let went = case.end_wait(Wait::Payment, self.paid_at, rules, at)?;
        Ok(Decided { after: case, facts: assigned.into_iter().chain(went).collect(), answer: () })
    }
}

impl Case {
    fn assign_number(&mut self) -> Option<Fact> {
        self.draw.as_mut()?.state = NumberState::Assigned;
        Some(Fact::NumberAssigned(Box::new(self.clone())))
    }
}

pub(super) fn not_owed() -> Refusal {
    Refusal::new(
        Kind::Precondition,
        "FEE_NOT_OWED",
        "Hồ sơ không có khoản phải nộp này.",
        "The case does not owe this.",
    )
}
