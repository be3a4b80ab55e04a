//! Cancelling: what an invoice collects is not due any more, and it is not paid yet.

use chassis::refusal::Refusal;
use chassis::write::{At, Command, Decided, Stream};
use jiff::Timestamp;
use uuid::Uuid;

use super::end_asking::no_such_invoice;
use super::{Fact, Folio, State, Terms};

/// Cancels an invoice that can still be paid, as workflow's FeeCancelled asks for it; one that is settled stays as it is. Parts that came
/// wait on in suspense, to be paid back.
#[derive(Clone, Debug)]
pub struct CancelInvoice {
    /// The dossier of the invoice.
    pub dossier: Uuid,
    /// The invoice, which has its obligation's id.
    pub invoice: Uuid,
    /// When it was not due any more, by workflow's clock.
    pub cancelled_at: Timestamp,
}

impl Command for CancelInvoice {
    const NAME: &'static str = "CancelInvoice";
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
        invoice.state = State::Cancelled;
        let (cancelled, reversal) = (invoice.clone(), invoice.reversal(at));
        folio.entries.push((at.now, reversal));
        let fact = Fact::Cancelled(Box::new(cancelled), self.cancelled_at);
        Ok(Decided { after: folio, facts: vec![fact], answer: () })
    }
}
