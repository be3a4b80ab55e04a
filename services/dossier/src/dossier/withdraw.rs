//! The owner of a submitted dossier wants it back. That is a statement: workflow decides.

use chassis::refusal::{Kind, Refusal};
use chassis::write::{At, Command, Decided, Stream};
use proto::motcua::dossier::v1::EntryKind;
use proto::motcua::r#type::v1::DossierStatus;
use uuid::Uuid;

use super::follow::unknown;
use super::{Dossier, Fact, Hand, Named};
use crate::timeline::Happening;

/// How often the owner of one dossier may ask. It keeps one from flooding an agency.
const MOST: u8 = 5;

/// Asks for a dossier to be withdrawn.
#[derive(Clone, Debug)]
pub struct RequestWithdrawal {
    /// The dossier.
    pub id: Uuid,
    /// Who calls.
    pub hand: Hand,
    /// The etag it was read with; empty asks nothing.
    pub etag: String,
}

impl Command for RequestWithdrawal {
    const NAME: &'static str = "RequestWithdrawal";
    type Root = Dossier;
    type Answer = Named;

    fn stream(&self) -> Stream {
        Stream(self.id)
    }

    fn decide(
        &self,
        before: Option<&Dossier>,
        (): &(),
        at: &mut At<'_>,
    ) -> Result<Decided<Dossier, Named>, Refusal> {
        let held = before.filter(|dossier| self.hand.holds(dossier));
        let mut dossier = held.ok_or_else(Refusal::denied)?.as_read_with(&self.etag)?;
        dossier.check_withdrawable()?;
        dossier.withdrawals += 1;
        dossier.withdrawal_asked_at = Some(at.now);
        let kind = EntryKind::WithdrawalRequested;
        dossier.record(Happening::new(kind, at.now, self.hand.actor()));
        let fact = Fact::WithdrawalRequested { dossier: Box::new(dossier.clone()), at: at.now };
        Ok(Decided { after: dossier, facts: vec![fact], answer: Named { id: self.id } })
    }
}

impl Dossier {
    fn check_withdrawable(&self) -> Result<(), Refusal> {
        match self.status {
            DossierStatus::Unspecified => Err(unknown()),
            DossierStatus::NewlyRegistered
            | DossierStatus::Accepted
            | DossierStatus::InProcessing
            | DossierStatus::SupplementRequired
            | DossierStatus::FinancialObligationRequired => {
                if self.withdrawal_asked_at.is_some() {
                    Err(waits())
                } else if self.withdrawals >= MOST {
                    Err(too_many())
                } else {
                    Ok(())
                }
            }
            _ => Err(too_late()),
        }
    }
}

fn waits() -> Refusal {
    Refusal::new(
        Kind::Precondition,
        "WITHDRAWAL_WAITS",
        "Bạn đã yêu cầu rút hồ sơ; hãy chờ cơ quan quyết định.",
        "You asked for it already; wait until the agency decides.",
    )
}

fn too_many() -> Refusal {
    Refusal::new(
        Kind::Precondition,
        "TOO_MANY_WITHDRAWALS",
        format!("Yêu cầu rút hồ sơ này đã bị từ chối {MOST} lần."),
        format!("A withdrawal of this dossier was denied {MOST} times."),
    )
}

fn too_late() -> Refusal {
    Refusal::new(
        Kind::Precondition,
        "TOO_LATE_TO_WITHDRAW",
        "Hồ sơ đã có kết quả hoặc đã kết thúc; không thể rút nữa.",
        "The dossier is settled, or has come to its end: it can be withdrawn no more.",
    )
}
