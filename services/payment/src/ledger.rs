//! Double-entry bookkeeping of fees. Every fact about money is one [`Entry`] whose postings cancel
//! to the đồng, so the balances of all accounts add up to nothing at any moment: that is the whole
//! of what has to be checked. An entry is never changed; what turns out otherwise is reversed.
//!
//! Debit is positive and credit negative. What citizens owe and what the bank holds are therefore
//! positive balances, revenue and unexplained money negative ones.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use thiserror::Error;
use uuid::Uuid;

use crate::money::Dong;

/// Postings an entry may have. One is the counterpart, so an invoice has at most 19 lines.
pub const MOST_POSTINGS: usize = 20;

/// Where money is, or where it came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Account {
    /// What citizens owe on open invoices.
    Receivable,
    /// What the bank reported as received.
    BankClearing,
    /// Earned from fees for a service (phí).
    ServiceFeeRevenue,
    /// Earned from fees the state levies (lệ phí).
    StateFeeRevenue,
    /// Received, but late, short, double or unknown: it waits for a person's decision.
    Suspense,
}

impl Account {
    /// Every account, in the order of the enum.
    pub const ALL: [Self; 5] = [
        Self::Receivable,
        Self::BankClearing,
        Self::ServiceFeeRevenue,
        Self::StateFeeRevenue,
        Self::Suspense,
    ];

    /// The stable id: the last part of `ledgerAccounts/{id}`, and what a table keeps.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Receivable => "receivable",
            Self::BankClearing => "bank-clearing",
            Self::ServiceFeeRevenue => "service-fee-revenue",
            Self::StateFeeRevenue => "state-fee-revenue",
            Self::Suspense => "suspense",
        }
    }

    /// The account of this id.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|account| account.id() == id)
    }
}

/// The two kinds of fee in the law on fees and charges (97/2015/QH13).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FeeKind {
    /// Phí: covers the cost of a service.
    Service,
    /// Lệ phí: a fixed charge for an act of the state.
    State,
}

impl FeeKind {
    /// Where a fee of this kind is earned.
    pub const fn revenue(self) -> Account {
        match self {
            Self::Service => Account::ServiceFeeRevenue,
            Self::State => Account::StateFeeRevenue,
        }
    }
}

/// What made an entry necessary, by the id of the invoice or transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// An invoice was issued: the citizen owes, the fees are earned.
    InvoiceIssued(Uuid),
    /// An invoice expired or was cancelled: nobody owes it any more.
    InvoiceReversed(Uuid),
    /// Money came, or moved on.
    Transfer(Movement, Uuid),
}

/// What happens to the money of a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Movement {
    /// It pays what the citizen owes: the bank holds it.
    Matched,
    /// It fits no open invoice: the bank holds it, and a person will decide whose it is.
    SetAside,
    /// It waited in suspense, and now that the rest has come it pays what the citizen owes.
    Allocated,
    /// It waited in suspense and was paid back: the bank holds it no more.
    Refunded,
}

impl Movement {
    /// Every movement.
    pub const ALL: [Self; 4] = [Self::Matched, Self::SetAside, Self::Allocated, Self::Refunded];

    /// Which account is debited, and which credited.
    pub const fn accounts(self) -> (Account, Account) {
        match self {
            Self::Matched => (Account::BankClearing, Account::Receivable),
            Self::SetAside => (Account::BankClearing, Account::Suspense),
            Self::Allocated => (Account::Suspense, Account::Receivable),
            Self::Refunded => (Account::Suspense, Account::BankClearing),
        }
    }
}

/// A movement on one account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Posting {
    /// The account it moves.
    pub account: Account,
    /// By how many đồng: debit above zero, credit below, at most [`Dong::MAX`] either way.
    pub amount: i64,
}

impl Posting {
    /// Adds to what is owed or held.
    pub const fn debit(account: Account, amount: Dong) -> Self {
        Self { account, amount: amount.units() }
    }

    /// Adds to what was earned or waits for a decision; takes from what is owed or held.
    pub const fn credit(account: Account, amount: Dong) -> Self {
        Self { account, amount: -amount.units() }
    }

    const fn reversed(self) -> Self {
        Self { account: self.account, amount: -self.amount }
    }
}

/// Postings that belong together and cancel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    id: Uuid,
    stream: Uuid,
    cause: Cause,
    postings: Vec<Posting>,
}

/// Why postings make no entry. Places count from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum EntryError {
    /// Money must come from one account and go to another.
    #[error("an entry needs at least two postings")]
    TooFew,
    /// There are more than [`MOST_POSTINGS`].
    #[error("an entry has at most {MOST_POSTINGS} postings; split it by what caused it")]
    TooMany,
    /// The posting at this place moves nothing.
    #[error("posting {0} moves nothing; leave it out")]
    Zero(usize),
    /// The posting at this place moves more than [`Dong::MAX`].
    #[error("posting {0} moves more than 10^15 VND")]
    TooLarge(usize),
    /// The total of an invoice's lines is more than [`Dong::MAX`].
    #[error("the lines add up to more than 10^15 VND")]
    TotalTooLarge,
    /// The postings do not cancel, but leave this many đồng.
    #[error("the postings leave {0} VND instead of nothing")]
    Unbalanced(i64),
}

impl Entry {
    /// An entry of these postings, as the builders below or a table's rows give them.
    ///
    /// # Errors
    /// [`EntryError`] for fewer than 2 or more than [`MOST_POSTINGS`], for one that is zero or
    /// beyond [`Dong::MAX`], and when they do not cancel.
    pub fn new(
        id: Uuid,
        stream: Uuid,
        cause: Cause,
        postings: Vec<Posting>,
    ) -> Result<Self, EntryError> {
        match postings.len() {
            0 | 1 => return Err(EntryError::TooFew),
            2..=MOST_POSTINGS => {}
            _ => return Err(EntryError::TooMany),
        }
        for (place, posting) in postings.iter().enumerate() {
            check_amount(place, posting.amount)?;
        }
        // Twenty amounts of at most 10^15 stay far within 64 bits.
        match postings.iter().map(|posting| posting.amount).sum() {
            0 => Ok(Self { id, stream, cause, postings }),
            left => Err(EntryError::Unbalanced(left)),
        }
    }

    /// A citizen owes the fees of a new invoice, each line earned on the account of its kind.
    ///
    /// # Errors
    /// [`EntryError`] for no line, more than 19, a line of zero, or a total beyond [`Dong::MAX`].
    pub fn invoice_issued(
        id: Uuid,
        stream: Uuid,
        invoice: Uuid,
        lines: &[(FeeKind, Dong)],
    ) -> Result<Self, EntryError> {
        let total = Dong::total(lines.iter().map(|(_, amount)| *amount))
            .map_err(|_| EntryError::TotalTooLarge)?;
        let owed = Posting::debit(Account::Receivable, total);
        let earned = lines.iter().map(|(kind, amount)| Posting::credit(kind.revenue(), *amount));
        let postings = std::iter::once(owed).chain(earned).collect();
        Self::new(id, stream, Cause::InvoiceIssued(invoice), postings)
    }

    /// The money of a transfer comes, or moves on.
    ///
    /// # Errors
    /// [`EntryError::Zero`] for a transfer of nothing.
    pub fn of_transfer(
        id: Uuid,
        stream: Uuid,
        movement: Movement,
        transfer: Uuid,
        amount: Dong,
    ) -> Result<Self, EntryError> {
        let (debit, credit) = movement.accounts();
        let postings = vec![Posting::debit(debit, amount), Posting::credit(credit, amount)];
        Self::new(id, stream, Cause::Transfer(movement, transfer), postings)
    }

    /// The entry that takes this one back: every posting with the other sign. With
    /// [`Cause::InvoiceReversed`] it is what an expired or cancelled invoice leaves behind.
    #[must_use]
    pub fn reversal(&self, id: Uuid, cause: Cause) -> Self {
        let postings = self.postings.iter().map(|posting| posting.reversed()).collect();
        Self { id, stream: self.stream, cause, postings }
    }

    /// Its own id.
    pub const fn id(&self) -> Uuid {
        self.id
    }

    /// The stream, in most cases the dossier, whose order it keeps.
    pub const fn stream(&self) -> Uuid {
        self.stream
    }

    /// What made it necessary.
    pub const fn cause(&self) -> Cause {
        self.cause
    }

    /// 2 to [`MOST_POSTINGS`] postings that cancel.
    pub fn postings(&self) -> &[Posting] {
        &self.postings
    }
}

const fn check_amount(place: usize, amount: i64) -> Result<(), EntryError> {
    match amount.unsigned_abs() {
        0 => Err(EntryError::Zero(place)),
        size if size > Dong::MAX.units().unsigned_abs() => Err(EntryError::TooLarge(place)),
        _ => Ok(()),
    }
}

/// What each account that was moved stands at, in đồng. Their sum is always 0. 128 bits, since a
/// ledger has no last entry.
pub fn balances<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> BTreeMap<Account, i128> {
    let mut balances = BTreeMap::new();
    for posting in entries.into_iter().flat_map(Entry::postings) {
        *balances.entry(posting.account).or_default() += i128::from(posting.amount);
    }
    balances
}
