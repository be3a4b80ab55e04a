//! The invoice: what is due on a dossier at one time.

use chassis::write::At;
use jiff::Timestamp;
use uuid::Uuid;

use super::{Dossier, Purpose};
use crate::ledger::{Cause, Entry, FeeKind};
use crate::money::Dong;
use crate::settings::Payee;
use crate::vietqr::{PayTo, Payload, QrError, Transfer};

/// The largest total that a VietQR can say, in đồng.
pub const MOST: i64 = 9_999_999_999_999;

/// An invoice as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invoice {
    /// The id of the obligation it collects.
    pub id: Uuid,
    /// What it is due on.
    pub dossier: Dossier,
    /// `HD-{year}-{number}`, without gaps in a year.
    pub number: String,
    /// What is due.
    pub fees: Fees,
    /// Whom it is paid to, as when it was issued.
    pub payee: Payee,
    /// What a transfer must carry.
    pub purpose: Purpose,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// Until when it can be paid, by the bank's clock.
    pub expires_at: Timestamp,
    /// Whether it is paid.
    pub state: State,
}

/// Where an invoice stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It waits for a transfer.
    Issued {
        /// What came in parts, below the total: it waits in suspense for the rest.
        in_parts: Dong,
    },
    /// It is paid.
    Paid {
        /// The instant of payment, by the bank's clock.
        at: Timestamp,
        /// `BL-{year}-{number}`, without gaps in a year.
        receipt: String,
    },
    /// It lapsed: the bank, asked after its deadline, knew of no payment.
    Expired,
    /// What it collected is not due any more.
    Cancelled,
}

/// 1 to 19 lines above zero that add up to at most [`MOST`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fees {
    lines: Vec<(FeeKind, Dong)>,
    total: Dong,
}

impl Fees {
    /// These lines, if they can be an invoice.
    pub fn new(lines: Vec<(FeeKind, Dong)>) -> Option<Self> {
        let total = Dong::total(lines.iter().map(|(_, amount)| *amount)).ok()?;
        let whole = (1..=19).contains(&lines.len())
            && lines.iter().all(|(_, amount)| !amount.is_zero())
            && total.units() <= MOST;
        whole.then_some(Self { lines, total })
    }

    /// Kind and amount of each line.
    pub fn lines(&self) -> &[(FeeKind, Dong)] {
        &self.lines
    }

    /// Their sum.
    pub const fn total(&self) -> Dong {
        self.total
    }
}

impl Invoice {
    /// Whether it can still be paid.
    pub const fn is_open(&self) -> bool {
        matches!(self.state, State::Issued { .. })
    }

    /// What came of it in parts and waits for the rest; nothing unless it can still be paid.
    pub const fn in_parts(&self) -> Dong {
        match self.state {
            State::Issued { in_parts } => in_parts,
            State::Paid { .. } | State::Expired | State::Cancelled => Dong::ZERO,
        }
    }

    /// What is still to be paid; nothing unless it can be.
    pub fn outstanding(&self) -> Dong {
        let total = if self.is_open() { self.fees.total() } else { Dong::ZERO };
        // Parts come to less than the total, or they would have paid it.
        total.minus(self.in_parts()).unwrap_or(Dong::ZERO)
    }

    /// A part of what is due came; it is less than what is outstanding.
    pub(super) fn add_part(&mut self, amount: Dong) {
        if let State::Issued { in_parts } = &mut self.state {
            *in_parts = in_parts.plus(amount).expect("parts come to less than the total");
        }
    }

    /// A part that came was paid back.
    pub(super) fn take_part(&mut self, amount: Dong) {
        if let State::Issued { in_parts } = &mut self.state {
            *in_parts = in_parts.minus(amount).expect("it is one of the parts");
        }
    }

    /// Takes back what its issue entered: nobody owes it any more.
    pub(super) fn reversal(&self, at: &mut At<'_>) -> Entry {
        let issue = Entry::invoice_issued(at.id(), self.dossier.id, self.id, self.fees.lines())
            .expect("it was entered when the invoice was issued");
        issue.reversal(at.id(), Cause::InvoiceReversed(self.id))
    }

    /// What a citizen's bank application scans to pay what is outstanding.
    ///
    /// # Errors
    /// A part of it is not as it was when the invoice was issued.
    pub fn vietqr(&self) -> Result<Payload, QrError> {
        Payload::new(Transfer {
            bank_bin: self.payee.bank_bin(),
            account: self.payee.account(),
            amount: Some(self.outstanding()),
            purpose: Some(self.purpose.as_str()),
            to: PayTo::Account,
        })
    }

    /// The instant of payment; none before.
    pub const fn paid_at(&self) -> Option<Timestamp> {
        match self.state {
            State::Paid { at, .. } => Some(at),
            State::Issued { .. } | State::Expired | State::Cancelled => None,
        }
    }

    /// The receipt's number; none before it is paid.
    pub fn receipt(&self) -> Option<&str> {
        match &self.state {
            State::Paid { receipt, .. } => Some(receipt),
            State::Issued { .. } | State::Expired | State::Cancelled => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fees(amounts: &[i64]) -> Option<Fees> {
        let line = |amount: &i64| (FeeKind::State, Dong::new(*amount).unwrap());
        Fees::new(amounts.iter().map(line).collect())
    }

    #[test]
    fn fees_are_what_a_ledger_and_a_vietqr_can_hold() {
        assert_eq!(fees(&[150_000, 1]).unwrap().total(), Dong::new(150_001).unwrap());
        assert!(fees(&[1; 19]).is_some());
        assert!(fees(&[MOST]).is_some());
        for bad in [&[][..], &[0], &[5, 0], &[1; 20], &[MOST, 1], &[Dong::MAX.units(); 2]] {
            assert_eq!(fees(bad), None, "{bad:?}");
        }
    }
}
