//! When the bank is asked about an invoice: soon after it was issued, then ever more rarely, and once more after its deadline.

use jiff::{SignedDuration, Timestamp};

use super::Invoice;

/// How long after the deadline, by our clock, the bank is asked the last question: a transfer made in the last second is booked by then.
const AFTER_DEADLINE: SignedDuration = SignedDuration::from_mins(2);

/// How soon the last question is put again, when the bank's clock had not reached the deadline.
const AGAIN: SignedDuration = SignedDuration::from_mins(5);

/// When the bank is asked.
#[derive(Clone, Copy, Debug)]
pub struct Questions {
    /// How long after an invoice was issued the first question is put, above zero.
    pub first: SignedDuration,
}

impl Questions {
    /// When the next question about an invoice is due after `now`: at twice the time since its issue each, at the latest after its deadline.
    pub fn next(self, invoice: &Invoice, now: Timestamp) -> Timestamp {
        let last = invoice.expires_at + AFTER_DEADLINE;
        if now >= last {
            return now + AGAIN;
        }
        let mut next = invoice.issued_at + self.first;
        while next <= now {
            next += next.duration_since(invoice.issued_at);
        }
        next.min(last)
    }
}
