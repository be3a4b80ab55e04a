//! A fee was not paid in time: what was held for it goes back, and processing stops.

use chassis::refusal::Refusal;
use chassis::write::{At, Command, Decided, Stream};
use jiff::Timestamp;
use proto::motcua::r#type::v1::StopReason;
use uuid::Uuid;

use super::Case;
use super::course::not_awaited;
use super::paid::not_owed;
use crate::process::Wait;
use crate::rules::Rules;

/// Stops a case whose fee can no longer be paid, as InvoiceExpired asks for it.
#[derive(Clone, Debug)]
pub struct LapseFee {
    /// The case.
    pub id: Uuid,
    /// What was not paid.
    pub obligation: Uuid,
    /// The deadline that passed.
    pub lapsed_at: Timestamp,
}

impl Command for LapseFee {
    const NAME: &'static str = "LapseFee";
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
        if !case.awaits(Wait::Payment, rules) {
            return Err(not_awaited());
        }
        let mut case = Case { revision: case.revision + 1, ..case.clone() };
        let facts = case.stop(StopReason::FeeLapsed, self.lapsed_at, at.now);
        Ok(Decided { after: case, facts, answer: () })
    }
}
