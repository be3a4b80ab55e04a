//! The bank need not be asked about an invoice any more: it is settled, or the bank said "unpaid" after the deadline, and it lapses.

use chassis::refusal::{Kind, Refusal};
use chassis::write::{At, Command, Decided, Stream};
use jiff::Timestamp;
use uuid::Uuid;

use super::{Fact, Folio, State, Terms};

/// Ends the asking about one invoice. Every transfer the bank told of was recorded before.
#[derive(Clone, Debug)]
pub struct EndAsking {
    /// The dossier of the invoice.
    pub dossier: Uuid,
    /// The invoice.
    pub invoice: Uuid,
    /// Until when the bank told of every transfer for it; none, if it was not asked.
    pub told_until: Option<Timestamp>,
}

impl Command for EndAsking {
    const NAME: &'static str = "EndAsking";
    type Root = Folio;
    type Answer = ();

    fn stream(&self) -> Stream {
        Stream(self.dossier)
    }

    fn decide(
        &self,
        before: Option<&Folio>,
        _: &Terms,
        at: &mut At<'_>,
    ) -> Result<Decided<Folio, ()>, Refusal> {
        let mut folio = before.cloned().unwrap_or_default();
        let found = folio.invoices.iter_mut().find(|invoice| invoice.id == self.invoice);
        let invoice = found.ok_or_else(no_such_invoice)?;
        if !invoice.is_open() {
            return Ok(Decided::quiet(folio, ()));
        }
        if self.told_until.is_none_or(|until| until <= invoice.expires_at) {
            return Err(too_early());
        }
        invoice.state = State::Expired;
        let (lapsed, reversal) = (invoice.clone(), invoice.reversal(at));
        folio.entries.push((at.now, reversal));
        Ok(Decided { after: folio, facts: vec![Fact::Expired(Box::new(lapsed))], answer: () })
    }
}

/// A bank whose answer ends before the deadline may come to know of a payment in time.
fn too_early() -> Refusal {
    Refusal::new(
        Kind::Precondition,
        "INVOICE_NOT_LAPSED",
        "Hóa đơn chưa hết hạn theo giờ ngân hàng.",
        "The invoice has not lapsed by the bank's clock.",
    )
}

/// The asking is scheduled, and the obligation known, since the commit that issues its invoice.
pub(super) fn no_such_invoice() -> Refusal {
    Refusal::new(
        Kind::Precondition,
        "INVOICE_NOT_FOUND",
        "Không có hóa đơn này.",
        "There is no such invoice.",
    )
}
