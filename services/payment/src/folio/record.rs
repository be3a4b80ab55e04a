//! Recording a transfer: what is outstanding on its invoice it pays, exactly and in time, or it is set aside.

use chassis::refusal::Refusal;
use chassis::write::{At, Command, Decided, Stream, request_id_reused};
use jiff::Timestamp;
use proto::motcua::payment::v1::UnmatchedReason;
use uuid::Uuid;

use super::{Fact, Folio, Invoice, Notice, Settled, State, Terms, Transfer, printed, series, year};
use crate::ledger::Movement;

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
        if let Some(known) = folio.transfers.iter().find(|known| known.id == self.notice.id) {
            let same = known.amount == self.notice.amount && known.paid_at == self.notice.paid_at;
            return if same { Ok(Decided::quiet(folio, ())) } else { Err(request_id_reused()) };
        }
        let named = folio
            .invoices
            .iter()
            .position(|invoice| self.notice.purpose.as_ref() == Some(&invoice.purpose));
        let transfer = self.transfer(named.map(|place| &folio.invoices[place]), at.now);
        let fact = match (named, transfer.set_aside) {
            (Some(place), None) => folio.pay(place, &transfer, at),
            (named, _) => folio.set_aside(named, &transfer, at),
        };
        folio.transfers.push(transfer);
        Ok(Decided { after: folio, facts: vec![fact], answer: () })
    }
}

impl RecordTransfer {
    fn transfer(&self, named: Option<&Invoice>, now: Timestamp) -> Transfer {
        Transfer {
            id: self.notice.id,
            stream: self.stream,
            reference: self.notice.reference.clone(),
            amount: self.notice.amount,
            paid_at: self.notice.paid_at,
            received_at: now,
            invoice: named.map(|invoice| invoice.id),
            set_aside: misfit(named, &self.notice),
            settled: None,
        }
    }
}

/// Why a transfer does not pay the invoice it names; none, if it does: alone, or as the rest after its parts.
fn misfit(named: Option<&Invoice>, notice: &Notice) -> Option<UnmatchedReason> {
    let Some(invoice) = named else { return Some(UnmatchedReason::Unknown) };
    let (total, outstanding) = (invoice.fees.total(), invoice.outstanding());
    if matches!(invoice.state, State::Paid { .. }) {
        Some(UnmatchedReason::Double)
    } else if !invoice.is_open() || notice.paid_at > invoice.expires_at {
        Some(UnmatchedReason::Late)
    } else if notice.amount == outstanding || notice.amount == total {
        None
    } else if notice.amount < outstanding {
        Some(UnmatchedReason::Short)
    } else {
        Some(UnmatchedReason::Over)
    }
}

impl Folio {
    /// The invoice is paid. If it is by what was outstanding, the parts that wait in suspense paid the rest of it; it was paid when the last
    /// of them was.
    fn pay(&mut self, place: usize, transfer: &Transfer, at: &mut At<'_>) -> Fact {
        let invoice = &mut self.invoices[place];
        self.entries.push(transfer.moves(Movement::Matched, at));
        let is_the_rest = transfer.amount < invoice.fees.total();
        let parts = self.transfers.iter_mut().filter(|it| is_the_rest && it.is_part_of(invoice.id));
        let mut paid_at = transfer.paid_at;
        for part in parts {
            part.settled = Some(Settled { at: at.now, refund: None });
            paid_at = paid_at.max(part.paid_at);
            self.entries.push(part.moves(Movement::Allocated, at));
        }
        let series = series("BL", year(at.now));
        let receipt = printed(&series, at.number(&series));
        invoice.state = State::Paid { at: paid_at, receipt };
        Fact::Paid(Box::new(invoice.clone()))
    }

    /// The transfer waits in suspense; a short one in time is a part of what is due.
    fn set_aside(&mut self, named: Option<usize>, transfer: &Transfer, at: &mut At<'_>) -> Fact {
        self.entries.push(transfer.moves(Movement::SetAside, at));
        let named = named.map(|place| &mut self.invoices[place]);
        let invoice = named.map(|invoice| {
            if transfer.is_part_of(invoice.id) {
                invoice.add_part(transfer.amount);
            }
            Box::new(invoice.clone())
        });
        Fact::SetAside(Box::new(transfer.clone()), invoice)
    }
}
