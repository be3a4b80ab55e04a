//! Refunding: a person paid a transfer back at the bank, and its money leaves the books.

use chassis::refusal::{Kind, Refusal};
use chassis::write::{At, Command, Decided, Stream};
use uuid::Uuid;

use super::{Fact, Folio, Refund, Settled, Terms};
use crate::ledger::Movement;

/// Notes that a transfer was paid back.
#[derive(Clone, Debug)]
pub struct RefundTransfer {
    /// The page it is on.
    pub stream: Uuid,
    /// The transfer.
    pub transfer: Uuid,
    /// How and why.
    pub refund: Refund,
}

impl Command for RefundTransfer {
    const NAME: &'static str = "RefundTransfer";
    type Root = Folio;
    type Answer = ();

    fn stream(&self) -> Stream {
        Stream(self.stream)
    }

    fn wants(&self) -> Option<Uuid> {
        Some(self.transfer)
    }

    fn decide(
        &self,
        before: Option<&Folio>,
        _: &Terms,
        at: &mut At<'_>,
    ) -> Result<Decided<Folio, ()>, Refusal> {
        let mut folio = before.cloned().unwrap_or_default();
        let found = folio.transfers.iter_mut().find(|transfer| transfer.id == self.transfer);
        let transfer = found.ok_or_else(no_such_transfer)?;
        if !transfer.is_in_suspense() {
            return Err(not_in_suspense());
        }
        let named = folio.invoices.iter_mut().find(|it| transfer.invoice == Some(it.id));
        let invoice = named.map(|invoice| {
            if transfer.is_part_of(invoice.id) {
                invoice.take_part(transfer.amount);
            }
            Box::new(invoice.clone())
        });
        transfer.settled = Some(Settled { at: at.now, refund: Some(self.refund.clone()) });
        let refunded = Fact::Refunded(Box::new(transfer.clone()), invoice);
        folio.entries.push(transfer.moves(Movement::Refunded, at));
        Ok(Decided { after: folio, facts: vec![refunded], answer: () })
    }
}

/// No transfer has that name.
pub fn no_such_transfer() -> Refusal {
    Refusal::new(
        Kind::Missing,
        "TRANSFER_UNKNOWN",
        "Không có giao dịch chuyển khoản này; hãy xem lại danh sách.",
        "There is no such transfer; list them again.",
    )
}

fn not_in_suspense() -> Refusal {
    Refusal::new(
        Kind::Precondition,
        "TRANSFER_NOT_IN_SUSPENSE",
        "Khoản tiền này không còn ở tài khoản tạm giữ: đã dùng để nộp hoặc đã được hoàn trả.",
        "This money does not wait in suspense: it paid its invoice, or was paid back.",
    )
}
