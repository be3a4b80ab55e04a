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
    Entry::new(ID, STREAM, Cause::Transfer(Movement::Matched, TRANSFER), postings.collect())
}

fn moved(movement: Movement, amount: Dong) -> Entry {
    Entry::of_transfer(ID, STREAM, movement, TRANSFER, amount).unwrap()
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
    let paid = moved(Movement::Matched, dong(1_150_000));
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
    let late = moved(Movement::SetAside, dong(1_150_000));
    let balances = balances(&[issued, lapsed, late]);
    assert_eq!(balances[&Account::Receivable], 0);
    assert_eq!(balances[&Account::StateFeeRevenue], 0);
    assert_eq!(balances[&Account::Suspense], -1_150_000);
}

#[test]
fn a_short_transfer_and_its_rest_pay_what_was_owed() {
    let (part, rest) = (dong(1_000_000), dong(150_000));
    let books = [
        plate_and_service(),
        moved(Movement::SetAside, part),
        moved(Movement::Matched, rest),
        moved(Movement::Allocated, part),
    ];
    let balances = balances(&books);
    assert_eq!(balances[&Account::BankClearing], 1_150_000);
    assert_eq!((balances[&Account::Suspense], balances[&Account::Receivable]), (0, 0));
}

#[test]
fn what_is_paid_back_is_held_by_nobody() {
    let double = dong(1_150_000);
    let balances =
        balances(&[moved(Movement::SetAside, double), moved(Movement::Refunded, double)]);
    assert!(balances.values().all(|balance| *balance == 0), "{balances:?}");
}

#[test]
fn a_transfer_of_nothing_is_refused() {
    for movement in Movement::ALL {
        let entry = Entry::of_transfer(ID, STREAM, movement, TRANSFER, Dong::ZERO);
        assert_eq!(entry, Err(EntryError::Zero(0)), "{movement:?}");
    }
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
        (prop::sample::select(Movement::ALL.to_vec()), any_amount())
            .prop_map(|(movement, amount)| moved(movement, amount)),
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
