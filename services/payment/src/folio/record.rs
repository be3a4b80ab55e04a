//! Recording a transfer: it pays its invoice exactly and in time, or it is set aside.

use chassis::refusal::Refusal;
use chassis::write::{At, Command, Decided, Stream};
use proto::motcua::payment::v1::UnmatchedReason;
use uuid::Uuid;

use super::{Fact, Folio, Invoice, Notice, State, Terms, Transfer, printed, series, year};
use crate::ledger::Entry;

/// Records what the bank told of.
#[derive(Clone, Debug)]
pub struct RecordTransfer {
    /// The page of the invoice it names, or its own.
    pub stream: Uuid,
    /// What the bank told.
    pub notice: Notice,
}

impl Command for RecordTransfer {
    const NAME: &'static str = "RecordTransfer";
    type Root = Folio;
    type Answer = ();

    fn stream(&self) -> Stream {
        Stream(self.stream)
    }

    fn wants(&self) -> Option<Uuid> {
        Some(self.notice.id)
    }

    fn decide(
        &self,
        before: Option<&Folio>,
        _: &Terms,
        at: &mut At<'_>,
    ) -> Result<Decided<Folio, ()>, Refusal> {
        let mut folio = before.cloned().unwrap_or_default();
        // A repeat so late that its answer is kept no more.
        if folio.recorded.contains(&self.notice.id) {
            return Ok(Decided::quiet(folio, ()));
        }
        let named = folio
            .invoices
            .iter_mut()
            .find(|invoice| self.notice.purpose.as_ref() == Some(&invoice.purpose));
        let transfer = self.transfer(named.as_deref(), at);
        let fact = match named {
            Some(invoice) if transfer.set_aside.is_none() => pay(invoice, &transfer, at),
            named => Fact::SetAside(Box::new(transfer.clone()), named.cloned().map(Box::new)),
        };
        folio.added.entries.push((at.now, entry(&transfer, at.id())));
        folio.recorded.push(transfer.id);
        folio.added.transfers.push(transfer);
        Ok(Decided { after: folio, facts: vec![fact], answer: () })
    }
}

impl RecordTransfer {
    fn transfer(&self, named: Option<&Invoice>, at: &At<'_>) -> Transfer {
        Transfer {
            id: self.notice.id,
            stream: self.stream,
            reference: self.notice.reference.clone(),
            amount: self.notice.amount,
            paid_at: self.notice.paid_at,
            received_at: at.now,
            invoice: named.map(|invoice| invoice.id),
            set_aside: misfit(named, &self.notice),
        }
    }
}

/// Why a transfer does not pay the invoice it names; none, if it does.
fn misfit(named: Option<&Invoice>, notice: &Notice) -> Option<UnmatchedReason> {
    let Some(invoice) = named else { return Some(UnmatchedReason::Unknown) };
    let total = invoice.fees.total();
    if matches!(invoice.state, State::Paid { .. }) {
        Some(UnmatchedReason::Double)
    } else if invoice.state == State::Expired || notice.paid_at > invoice.expires_at {
        Some(UnmatchedReason::Late)
    } else if notice.amount < total {
        Some(UnmatchedReason::Short)
    } else if notice.amount > total {
        Some(UnmatchedReason::Over)
    } else {
        None
    }
}

fn pay(invoice: &mut Invoice, transfer: &Transfer, at: &mut At<'_>) -> Fact {
    let series = series("BL", year(at.now));
    let receipt = printed(&series, at.number(&series));
    invoice.state = State::Paid { at: transfer.paid_at, receipt };
    Fact::Paid(Box::new(invoice.clone()))
}

fn entry(transfer: &Transfer, id: Uuid) -> Entry {
    let make = match transfer.set_aside {
        None => Entry::transfer_matched,
        Some(_) => Entry::transfer_set_aside,
    };
    make(id, transfer.stream, transfer.id, transfer.amount)
        .expect("a notice tells of more than nothing")
}
