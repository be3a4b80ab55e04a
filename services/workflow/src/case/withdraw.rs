//! Withdrawing: the owner of a dossier wants it back. Before acceptance it ends at once; afterwards an officer decides, and the case goes on
//! meanwhile, but issues nothing.

use chassis::refusal::{Kind, Refusal};
use chassis::write::{At, Command, Decided, Stream};
use proto::motcua::access::v1::Role;
use proto::motcua::r#type::v1::DossierStatus;
use proto::motcua::workflow::v1::TaskState;
use uuid::Uuid;

use super::{Case, Fact, Named, Officer};
use crate::grounds::Stated;
use crate::process::{WITHDRAW, Wait};
use crate::rules::Rules;
use crate::withdrawals::UnpaidFee;

/// The outcomes of deciding a withdrawal.
const GRANTED: &str = "granted";
const DENIED: &str = "denied";

/// Withdraws a case that was not accepted yet, or has an officer decide, as WithdrawalRequested asks for it.
#[derive(Clone, Debug)]
pub struct TakeWithdrawal {
    /// The case.
    pub id: Uuid,
}

/// Grants the withdrawal that waits, by the officer who holds its task.
#[derive(Clone, Debug)]
pub struct GrantWithdrawal {
    /// The case.
    pub id: Uuid,
    /// The etag it was read with; empty asks nothing.
    pub etag: String,
    /// Who grants it.
    pub officer: Officer,
}

/// Denies the withdrawal that waits, by the officer who holds its task.
#[derive(Clone, Debug)]
pub struct DenyWithdrawal {
    /// The case.
    pub id: Uuid,
    /// The etag it was read with; empty asks nothing.
    pub etag: String,
    /// Who denies it.
    pub officer: Officer,
    /// Why.
    pub stated: Stated,
}

impl Command for TakeWithdrawal {
    const NAME: &'static str = "TakeWithdrawal";
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
        let case = before.ok_or_else(Refusal::denied)?;
        let mut case = Case { revision: case.revision + 1, ..case.clone() };
        let facts = if case.issued_at.is_some() || case.closed_at.is_some() {
            vec![Fact::WithdrawalDenied { case: Box::new(case.clone()), grounds: None, at: at.now }]
        } else if case.status == DossierStatus::NewlyRegistered {
            case.withdraw(None, rules, at)
        } else if case.withdrawal_waits() {
            return Err(waits_already());
        } else {
            vec![case.open_task(WITHDRAW, Role::Receiving, at.now)]
        };
        Ok(Decided { after: case, facts, answer: () })
    }
}

impl Command for GrantWithdrawal {
    const NAME: &'static str = "GrantWithdrawal";
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
        let mut case = Case::as_read_by(&self.officer, before, &self.etag)?;
        case.waiting_withdrawal()?.close(GRANTED, &self.officer)?;
        let facts = case.withdraw(Some(&self.officer), rules, at);
        Ok(Decided { after: case, facts, answer: Named { id: self.id } })
    }
}

impl Command for DenyWithdrawal {
    const NAME: &'static str = "DenyWithdrawal";
    type Root = Case;
    type Answer = Named;

    fn stream(&self) -> Stream {
        Stream(self.id)
    }

    fn decide(
        &self,
        before: Option<&Case>,
        _: &Rules,
        at: &mut At<'_>,
    ) -> Result<Decided<Case, Named>, Refusal> {
        let mut case = Case::as_read_by(&self.officer, before, &self.etag)?;
        case.waiting_withdrawal()?.close(DENIED, &self.officer)?;
        let grounds = Some(case.state(&self.stated, &self.officer, at.now));
        let denied = Fact::WithdrawalDenied { case: Box::new(case.clone()), grounds, at: at.now };
        let closed = Fact::TaskClosed(Box::new(case.clone()), WITHDRAW.into());
        let facts = vec![denied, closed];
        Ok(Decided { after: case, facts, answer: Named { id: self.id } })
    }
}

impl Case {
    /// Whether its owner asked to withdraw it and nobody has decided.
    pub fn withdrawal_waits(&self) -> bool {
        let waits = |task: &super::Task| task.step == WITHDRAW && task.state != TaskState::Closed;
        self.tasks.iter().any(waits)
    }

    /// Refuses what must wait until a withdrawal is decided.
    pub(super) fn refuse_while_withdrawal_waits(&self) -> Result<(), Refusal> {
        if self.withdrawal_waits() { Err(undecided()) } else { Ok(()) }
    }

    /// The task of the withdrawal that waits.
    fn waiting_withdrawal(&mut self) -> Result<&mut super::Task, Refusal> {
        if self.withdrawal_waits() { self.task_mut(WITHDRAW) } else { Err(none_waits()) }
    }

    /// The case ends with its dossier withdrawn: what was drawn goes back, and what is owed is cancelled if the rules say so.
    fn withdraw(&mut self, officer: Option<&Officer>, rules: &Rules, at: &mut At<'_>) -> Vec<Fact> {
        let owed = self.obligation.filter(|_| self.awaits(Wait::Payment, rules));
        let cancels = rules.withdrawals.unpaid_fee == UnpaidFee::Cancelled;
        if self.is_paused() {
            self.end_pause(at.now, at.now);
        }
        self.status = DossierStatus::Withdrawn;
        let granted = Fact::WithdrawalGranted {
            case: Box::new(self.clone()),
            officer: officer.map(|officer| officer.name.clone()),
            at: at.now,
        };
        let closed = officer.map(|_| Fact::TaskClosed(Box::new(self.clone()), WITHDRAW.into()));
        let cancelled = owed.filter(|_| cancels).map(|obligation| Fact::FeeCancelled {
            case: Box::new(self.clone()),
            obligation,
            at: at.now,
        });
        let returned = self.return_number();
        let told = closed.into_iter().chain(cancelled).chain(returned);
        let ended = self.end(at.now, at.now);
        self.remind(rules, at);
        std::iter::once(granted).chain(told).chain(ended).collect()
    }
}

fn none_waits() -> Refusal {
    Refusal::new(
        Kind::Precondition,
        "NO_WITHDRAWAL",
        "Hồ sơ không có yêu cầu rút nào đang chờ.",
        "No withdrawal of this dossier waits to be decided.",
    )
}

fn waits_already() -> Refusal {
    Refusal::new(
        Kind::Precondition,
        "WITHDRAWAL_WAITS",
        "Yêu cầu rút hồ sơ đang chờ cơ quan quyết định.",
        "A withdrawal of this dossier waits to be decided already.",
    )
}

fn undecided() -> Refusal {
    Refusal::new(
        Kind::Precondition,
        "WITHDRAWAL_UNDECIDED",
        "Người nộp đã yêu cầu rút hồ sơ; hãy quyết định việc rút trước khi ban hành kết quả.",
        "Its owner asked to withdraw the dossier; decide that before a result is issued.",
    )
}
