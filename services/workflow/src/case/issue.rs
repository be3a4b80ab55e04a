//! Issuing the result: the clock has stopped, and the result goes the way its citizen chose.

use chassis::refusal::Refusal;
use chassis::write::At;
use proto::motcua::r#type::v1::ReturnWay;

use super::{Case, Fact};
use crate::process::Ways;
use crate::rules::Rules;

impl Case {
    /// Issues the result in a step of this id, unless its owner wants the dossier back. By post a parcel is waited for, which mailing takes
    /// from here; the other ways go on at once.
    pub(super) fn issue(
        &mut self,
        step: &str,
        ways: &Ways,
        rules: &Rules,
        at: &mut At<'_>,
    ) -> Result<Vec<Fact>, Refusal> {
        self.refuse_while_withdrawal_waits()?;
        self.issued_at = Some(at.now);
        self.remind(rules, at);
        self.end_escalation();
        let issued = Fact::Issued(Box::new(self.clone()), at.now);
        let outcome = match self.return_way {
            ReturnWay::Post => {
                self.parcel = Some(step.into());
                return Ok(vec![issued]);
            }
            ReturnWay::Electronic => &ways.electronic,
            ReturnWay::Counter | ReturnWay::Unspecified => &ways.counter,
        };
        self.status = outcome.status;
        let went = self.follow(outcome, at.now, rules, at)?;
        Ok(std::iter::once(issued).chain(went).collect())
    }
}
