//! The transfer: money that came, and what became of it.

use chassis::write::At;
use jiff::Timestamp;
use proto::motcua::payment::v1::UnmatchedReason;
use uuid::Uuid;

use crate::ledger::{Entry, Movement};
use crate::money::Dong;

/// A transfer and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// Follows from the bank's reference.
    pub id: Uuid,
    /// The page it is on.
    pub stream: Uuid,
    /// The bank's id for it.
    pub reference: String,
    /// How much came.
    pub amount: Dong,
    /// The instant of payment, by the bank's clock.
    pub paid_at: Timestamp,
    /// When the bank told of it.
    pub received_at: Timestamp,
    /// The invoice it names.
    pub invoice: Option<Uuid>,
    /// Why it went to suspense when it came; none, if it paid its invoice.
    pub set_aside: Option<UnmatchedReason>,
    /// That it left suspense again.
    pub settled: Option<Settled>,
}

/// That a transfer left suspense.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// When.
    pub at: Timestamp,
    /// That it was paid back; none, if it is a part of what paid its invoice.
    pub refund: Option<Refund>,
}

/// That a person paid a transfer back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    /// The bank's id of the transfer back.
    pub reference: String,
    /// Why, on one line.
    pub reason: String,
    /// Who noted it, a resource name.
    pub cashier: String,
}

impl Transfer {
    /// Whether it waits in suspense.
    pub const fn is_in_suspense(&self) -> bool {
        self.set_aside.is_some() && self.settled.is_none()
    }

    /// Whether it waits as a part of what is due on an invoice.
    pub fn is_part_of(&self, invoice: Uuid) -> bool {
        let is_short = self.set_aside == Some(UnmatchedReason::Short);
        is_short && self.is_in_suspense() && self.invoice == Some(invoice)
    }

    /// The entry that its money comes by, or moves on by.
    pub(super) fn moves(&self, movement: Movement, at: &mut At<'_>) -> (Timestamp, Entry) {
        let entry = Entry::of_transfer(at.id(), self.stream, movement, self.id, self.amount);
        (at.now, entry.expect("a transfer is of more than nothing"))
    }
}
