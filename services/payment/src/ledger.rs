//! Double-entry bookkeeping of fees. Every fact about money is one [`Entry`] whose postings cancel
//! to the đồng, so the balances of all accounts add up to nothing at any moment: that is the whole
//! of what has to be checked. An entry is never changed; what turns out otherwise is reversed.
//!
//! Debit is positive and credit negative. What citizens owe and what the bank holds are therefore
//! positive balances, revenue and unexplained money negative ones.

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
    /// A transfer paid its invoice in full.
    TransferMatched(Uuid),
    /// A transfer fits no open invoice and was set aside.
    TransferSetAside(Uuid),
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

    /// A transfer paid an invoice: the bank holds what the citizen owed.
    ///
    /// # Errors
    /// [`EntryError::Zero`] for a transfer of nothing.
    pub fn transfer_matched(
        id: Uuid,
        stream: Uuid,
        transfer: Uuid,
        amount: Dong,
    ) -> Result<Self, EntryError> {
        let cause = Cause::TransferMatched(transfer);
        Self::received(id, stream, cause, Account::Receivable, amount)
    }

    /// A transfer fits no open invoice: the bank holds it, and a person will decide whose it is.
    ///
    /// # Errors
    /// [`EntryError::Zero`] for a transfer of nothing.
    pub fn transfer_set_aside(
        id: Uuid,
        stream: Uuid,
        transfer: Uuid,
        amount: Dong,
    ) -> Result<Self, EntryError> {
        let cause = Cause::TransferSetAside(transfer);
        Self::received(id, stream, cause, Account::Suspense, amount)
    }

    /// The bank holds more, and `settles` says what for.
    fn received(
        id: Uuid,
        stream: Uuid,
        cause: Cause,
        settles: Account,
        amount: Dong,
    ) -> Result<Self, EntryError> {
        let held = Posting::debit(Account::BankClearing, amount);
        Self::new(id, stream, cause, vec![held, Posting::credit(settles, amount)])
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ID: Uuid = Uuid::from_u128(1);
    const STREAM: Uuid = Uuid::from_u128(2);
    const INVOICE: Uuid = Uuid::from_u128(3);
    const TRANSFER: Uuid = Uuid::from_u128(4);

    fn dong(units: i64) -> Dong {
        Dong::new(units).unwrap()
    }

    fn entry(amounts: &[i64]) -> Result<Entry, EntryError> {
        let accounts = Account::ALL.into_iter().cycle();
        let postings =
            accounts.zip(amounts).map(|(account, amount)| Posting { account, amount: *amount });
        Entry::new(ID, STREAM, Cause::TransferMatched(TRANSFER), postings.collect())
    }

    fn plate_and_service() -> Entry {
        let lines = [(FeeKind::State, dong(1_000_000)), (FeeKind::Service, dong(150_000))];
        Entry::invoice_issued(ID, STREAM, INVOICE, &lines).unwrap()
    }

    #[test]
    fn an_entry_that_is_none_is_refused() {
        let max = Dong::MAX.units();
        for (amounts, error) in [
            (vec![], EntryError::TooFew),
            (vec![5], EntryError::TooFew),
            (vec![1; 21], EntryError::TooMany),
            (vec![5, 0, -5], EntryError::Zero(1)),
            (vec![max + 1, -max - 1], EntryError::TooLarge(0)),
            (vec![1, i64::MIN], EntryError::TooLarge(1)),
            (vec![150_000, -149_999], EntryError::Unbalanced(1)),
            (vec![-150_000, -150_000], EntryError::Unbalanced(-300_000)),
            (vec![max; 20], EntryError::Unbalanced(20 * max)),
        ] {
            assert_eq!(entry(&amounts), Err(error));
        }
        assert!(entry(&[max, -max]).is_ok());
    }

    #[test]
    fn each_line_of_an_invoice_is_earned_by_its_kind() {
        let entry = plate_and_service();
        assert_eq!(entry.cause(), Cause::InvoiceIssued(INVOICE));
        assert_eq!(
            entry.postings(),
            [
                Posting { account: Account::Receivable, amount: 1_150_000 },
                Posting { account: Account::StateFeeRevenue, amount: -1_000_000 },
                Posting { account: Account::ServiceFeeRevenue, amount: -150_000 },
            ]
        );
    }

    #[test]
    fn an_invoice_that_cannot_be_is_refused() {
        let issue = |lines: &[_]| Entry::invoice_issued(ID, STREAM, INVOICE, lines).map(|_| ());
        let line = (FeeKind::State, dong(1));
        assert_eq!(issue(&[]), Err(EntryError::TooFew));
        assert_eq!(issue(&[line; 19]), Ok(()));
        assert_eq!(issue(&[line; 20]), Err(EntryError::TooMany));
        assert_eq!(issue(&[line, (FeeKind::Service, Dong::ZERO)]), Err(EntryError::Zero(2)));
        assert_eq!(issue(&[line, (FeeKind::Service, Dong::MAX)]), Err(EntryError::TotalTooLarge));
    }

    #[test]
    fn a_paid_invoice_leaves_money_at_the_bank_and_the_revenue() {
        let paid = Entry::transfer_matched(ID, STREAM, TRANSFER, dong(1_150_000)).unwrap();
        let balances = balances(&[plate_and_service(), paid]);
        assert_eq!(
            balances.into_iter().collect::<Vec<_>>(),
            [
                (Account::Receivable, 0),
                (Account::BankClearing, 1_150_000),
                (Account::ServiceFeeRevenue, -150_000),
                (Account::StateFeeRevenue, -1_000_000),
            ]
        );
    }

    #[test]
    fn late_money_waits_in_suspense_and_revives_no_invoice() {
        let issued = plate_and_service();
        let lapsed = issued.reversal(Uuid::from_u128(5), Cause::InvoiceReversed(INVOICE));
        let late = Entry::transfer_set_aside(ID, STREAM, TRANSFER, dong(1_150_000)).unwrap();
        let balances = balances(&[issued, lapsed, late]);
        assert_eq!(balances[&Account::Receivable], 0);
        assert_eq!(balances[&Account::StateFeeRevenue], 0);
        assert_eq!(balances[&Account::Suspense], -1_150_000);
    }

    #[test]
    fn a_transfer_of_nothing_is_refused() {
        let nothing = Dong::ZERO;
        let matched = Entry::transfer_matched(ID, STREAM, TRANSFER, nothing);
        let set_aside = Entry::transfer_set_aside(ID, STREAM, TRANSFER, nothing);
        assert_eq!(matched, Err(EntryError::Zero(0)));
        assert_eq!(set_aside, Err(EntryError::Zero(0)));
    }

    #[test]
    fn an_account_is_found_by_its_id() {
        for account in Account::ALL {
            assert_eq!(Account::from_id(account.id()), Some(account));
        }
        assert_eq!(Account::from_id("Suspense"), None);
    }

    fn any_amount() -> impl Strategy<Value = Dong> {
        (1..=50_000_000_000_000_i64).prop_map(dong)
    }

    fn any_entry() -> impl Strategy<Value = Entry> {
        let kind = prop_oneof![Just(FeeKind::Service), Just(FeeKind::State)];
        let lines = prop::collection::vec((kind, any_amount()), 1..MOST_POSTINGS);
        prop_oneof![
            lines.prop_map(|it| Entry::invoice_issued(ID, STREAM, INVOICE, &it).unwrap()),
            any_amount().prop_map(|it| Entry::transfer_matched(ID, STREAM, ID, it).unwrap()),
            any_amount().prop_map(|it| Entry::transfer_set_aside(ID, STREAM, ID, it).unwrap()),
        ]
    }

    proptest! {
        #[test]
        fn the_balances_of_any_ledger_cancel(entries in prop::collection::vec(any_entry(), 0..30)) {
            prop_assert_eq!(balances(&entries).values().sum::<i128>(), 0);
        }

        #[test]
        fn a_reversal_returns_every_balance(
            before in prop::collection::vec(any_entry(), 0..10),
            entry in any_entry(),
        ) {
            let reversal = entry.reversal(ID, Cause::InvoiceReversed(INVOICE));
            let after = balances(before.iter().chain([&entry, &reversal]));
            let before = balances(&before);
            for account in Account::ALL {
                let balance = |of: &BTreeMap<_, _>| of.get(&account).copied().unwrap_or(0);
                prop_assert_eq!(balance(&after), balance(&before));
            }
        }

        #[test]
        fn a_reversal_is_itself_an_entry(entry in any_entry()) {
            let reversal = entry.reversal(ID, Cause::InvoiceReversed(INVOICE));
            let rebuilt = Entry::new(ID, STREAM, reversal.cause(), reversal.postings().to_vec());
            prop_assert_eq!(rebuilt, Ok(reversal));
        }

        #[test]
        fn one_wrong_dong_is_seen(entry in any_entry(), place in any::<prop::sample::Index>()) {
            let mut postings = entry.postings().to_vec();
            place.get_mut(&mut postings).amount += 1;
            let wrong = Entry::new(ID, STREAM, entry.cause(), postings);
            prop_assert!(matches!(wrong, Err(EntryError::Unbalanced(1) | EntryError::Zero(_))));
        }
    }
}
