//! A bank that tells of nothing by itself: it is asked, and an invoice lapses only by its word.

use jiff::SignedDuration;
use proto::motcua::payment::v1 as pb;
use proto::motcua::payment::v1::{InvoiceState, UnmatchedReason};
use reqwest::StatusCode;
use sandbox::bank::Behaviour;
use support::{PATIENCE, eventually};

use crate::callback::assert_paid_once;
use crate::office::{Office, TOTAL};

const JOBS: &str = "select count(*) from chassis.job";
const UNANSWERED: &str =
    "select count(*) from chassis.job where detail is not null and failed_at is null";

/// The invoices here can be paid for a day.
const PAST_DEADLINE: SignedDuration = SignedDuration::from_hours(25);

/// Longer than any pause between two tries.
const LONG: SignedDuration = SignedDuration::from_hours(2);

async fn assert_nobody_is_asked_any_more(office: &Office) {
    eventually(PATIENCE, async || office.alone.number(JOBS).await == 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_the_bank_is_silent_about_is_found_by_asking() {
    let office = Office::open().await;
    let invoice = office.issued().await;
    office.alone.clock.advance(SignedDuration::from_mins(1));
    let told = office.pay(&invoice, Behaviour::Never, None).await;
    office.alone.clock.advance(SignedDuration::from_mins(5));
    assert_paid_once(&office, &invoice, told.pay_time).await;

    // The callback comes after all, and again.
    for _ in 0..2 {
        assert_eq!(office.tell(&told).await, StatusCode::NO_CONTENT);
    }
    assert_paid_once(&office, &invoice, told.pay_time).await;
    office.alone.clock.advance(PAST_DEADLINE);
    assert_nobody_is_asked_any_more(&office).await;
    assert!(office.alone.facts::<pb::InvoiceExpired>().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_told_of_is_not_found_again() {
    let office = Office::open().await;
    let invoice = office.issued().await;
    let told = office.pay(&invoice, Behaviour::Twice, None).await;
    office.paid(&invoice).await;
    office.alone.clock.advance(PAST_DEADLINE);
    assert_nobody_is_asked_any_more(&office).await;
    assert_paid_once(&office, &invoice, told.pay_time).await;
    assert!(office.alone.facts::<pb::InvoiceExpired>().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_lapses_when_the_bank_says_unpaid_after_its_deadline() {
    let office = Office::open().await;
    let invoice = office.issued().await;
    office.alone.clock.advance(PAST_DEADLINE);
    let lapsed = office.reached(&invoice, InvoiceState::Expired).await;
    assert_eq!((lapsed.pay_time, lapsed.receipt_number.as_str()), (None, ""));
    let expected = pb::InvoiceExpired {
        dossier: invoice.dossier.clone(),
        invoice: invoice.name.clone(),
        expire_time: invoice.expire_time,
    };
    assert_eq!(office.alone.facts::<pb::InvoiceExpired>().await, [expected]);
    assert!(office.balances().await.values().all(|balance| *balance == 0));
    assert_nobody_is_asked_any_more(&office).await;

    office.pay(&invoice, Behaviour::Twice, None).await;
    let late = eventually(PATIENCE, async || {
        office.alone.facts::<pb::TransferUnmatched>().await.into_iter().next()
    });
    assert_eq!(late.await.reason(), UnmatchedReason::Late);
    let balances = office.balances().await;
    assert_eq!((balances["suspense"], balances["receivable"]), (-TOTAL, 0));
    assert_eq!(office.reached(&invoice, InvoiceState::Expired).await, lapsed);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_invoice_lapses_while_the_bank_is_away() {
    let office = Office::open().await;
    let (paid, unpaid) = (office.issued().await, office.issued().await);
    office.alone.clock.advance(SignedDuration::from_mins(1));
    let told = office.pay(&paid, Behaviour::Never, None).await;
    office.open_bank(false);
    for _ in 0..3 {
        office.alone.clock.advance(PAST_DEADLINE);
        eventually(PATIENCE, async || office.alone.number(UNANSWERED).await == 2).await;
        for invoice in [&paid, &unpaid] {
            office.reached(invoice, InvoiceState::Issued).await;
        }
    }

    office.open_bank(true);
    office.alone.clock.advance(LONG);
    let found = office.paid(&paid).await;
    assert_eq!(found.pay_time, Some(chassis::clock::timestamp(told.pay_time)));
    office.reached(&unpaid, InvoiceState::Expired).await;
    assert!(office.alone.facts::<pb::TransferUnmatched>().await.is_empty());
    assert_eq!(office.balances().await["receivable"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_found_but_does_not_fit_waits_in_suspense_and_the_invoice_lapses() {
    let office = Office::open().await;
    let invoice = office.issued().await;
    office.pay(&invoice, Behaviour::Never, Some(TOTAL - 1)).await;
    office.alone.clock.advance(SignedDuration::from_mins(10));
    let short = eventually(PATIENCE, async || {
        office.alone.facts::<pb::TransferUnmatched>().await.into_iter().next()
    });
    assert_eq!(short.await.reason(), UnmatchedReason::Short);
    let put_off = "select count(*) from chassis.job where due_at = '2026-11-25T03:20:00Z'";
    eventually(PATIENCE, async || office.alone.number(put_off).await == 1).await;
    office.reached(&invoice, InvoiceState::Issued).await;

    office.alone.clock.advance(PAST_DEADLINE);
    office.reached(&invoice, InvoiceState::Expired).await;
    assert_eq!(office.alone.facts::<pb::TransferUnmatched>().await.len(), 1);
    let balances = office.balances().await;
    assert_eq!((balances["suspense"], balances["receivable"]), (1 - TOTAL, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bank_that_contradicts_itself_lets_nothing_lapse() {
    let office = Office::open().await;
    let invoice = office.issued().await;
    let told = office.pay(&invoice, Behaviour::Never, Some(TOTAL - 1)).await;
    let other = sandbox::bank::Told { amount: TOTAL - 2, ..told };
    assert_eq!(office.tell(&other).await, StatusCode::NO_CONTENT);
    office.alone.clock.advance(PAST_DEADLINE);
    let given_up = "select count(*) from chassis.job where failed_at is not null";
    eventually(PATIENCE, async || office.alone.number(given_up).await == 1).await;
    office.reached(&invoice, InvoiceState::Issued).await;
}
