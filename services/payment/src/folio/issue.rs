//! Issuing an invoice when a fee fell due.

use chassis::refusal::{Kind, Refusal};
use chassis::write::{At, Command, Decided, Stream};
use jiff::Timestamp;
use uuid::Uuid;

use super::{Dossier, Fact, Fees, Folio, Invoice, Purpose, State, Terms, printed, series, year};
use crate::jobs::Asking;
use crate::ledger::Entry;
use crate::money::Dong;

/// Issues an invoice, as FeeFellDue asks for it.
#[derive(Clone, Debug)]
pub struct IssueInvoice {
    /// What it is due on.
    pub dossier: Dossier,
    /// The obligation: the invoice's id.
    pub obligation: Uuid,
    /// What is due.
    pub fees: Fees,
    /// Until when it can be paid.
    pub expires_at: Timestamp,
}

impl Command for IssueInvoice {
    const NAME: &'static str = "IssueInvoice";
    type Root = Folio;
    type Answer = ();

    fn stream(&self) -> Stream {
        Stream(self.dossier.id)
    }

    fn decide(
        &self,
        before: Option<&Folio>,
        terms: &Terms,
        at: &mut At<'_>,
    ) -> Result<Decided<Folio, ()>, Refusal> {
        let mut folio = before.cloned().unwrap_or_default();
        if folio.invoices.iter().any(|invoice| invoice.id == self.obligation) {
            return Err(issued_already());
        }
        let year = year(at.now);
        let series = series("HD", year);
        let number = at.number(&series);
        let invoice = Invoice {
            id: self.obligation,
            dossier: self.dossier.clone(),
            number: printed(&series, number),
            fees: self.fees.clone(),
            payee: terms.payee.clone(),
            purpose: Purpose::of(year, number),
            issued_at: at.now,
            expires_at: self.expires_at,
            state: State::Issued { in_parts: Dong::ZERO },
        };
        let lines = invoice.fees.lines();
        let owed = Entry::invoice_issued(at.id(), self.dossier.id, invoice.id, lines)
            .expect("fees are lines that an entry can hold");
        folio.entries.push((at.now, owed));
        let (job, asking) = (at.id(), Asking { dossier: self.dossier.id, invoice: invoice.id });
        at.schedule_at(job, &asking, terms.questions.next(&invoice, at.now));
        folio.invoices.push(invoice.clone());
        Ok(Decided { after: folio, facts: vec![Fact::Issued(Box::new(invoice))], answer: () })
    }
}

fn issued_already() -> Refusal {
    Refusal::new(
        Kind::Exists,
        "INVOICE_EXISTS",
        "Khoản phải nộp này đã có hóa đơn.",
        "The obligation has its invoice already.",
    )
}
