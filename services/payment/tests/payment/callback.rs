//! The bank's callback: believed if it is signed, and taken once however often it comes.

use chassis::clock::timestamp;
use futures::future::join_all;
use jiff::SignedDuration;
use proto::motcua::payment::v1 as pb;
use reqwest::StatusCode;
use sandbox::bank::Behaviour;
use support::{PATIENCE, eventually};

use crate::office::{Office, Signed, TOTAL};

const TRANSFERS: &str = "select count(*) from payment.transfers";
const ENTRIES: &str = "select count(*) from payment.ledger_entries";

/// Exactly one payment, one receipt, one fact; the books agree.
pub async fn assert_paid_once(office: &Office, invoice: &pb::Invoice, told_at: jiff::Timestamp) {
    let paid = office.paid(invoice).await;
    assert_eq!(paid.receipt_number, "BL-2026-0000001");
    assert_eq!(paid.pay_time, Some(timestamp(told_at)));
    let facts = office.alone.facts::<pb::InvoicePaid>().await;
    let expected = pb::InvoicePaid {
        dossier: invoice.dossier.clone(),
        invoice: invoice.name.clone(),
        receipt_number: paid.receipt_number,
        pay_time: paid.pay_time,
    };
    assert_eq!(facts, [expected]);
    assert!(office.alone.facts::<pb::TransferUnmatched>().await.is_empty());
    assert_eq!(office.alone.number(TRANSFERS).await, 1);
    let balances = office.balances().await;
    assert_eq!((balances["receivable"], balances["bank-clearing"]), (0, TOTAL));
    assert_eq!(balances["state-fee-revenue"] + balances["service-fee-revenue"], -TOTAL);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scanned_invoice_is_paid() {
    let office = Office::open().await;
    let invoice = office.issued().await;
    office.alone.clock.advance(SignedDuration::from_mins(10));
    let told = office.pay(&invoice, Behaviour::Once, None).await;
    assert_paid_once(&office, &invoice, told.pay_time).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callback_that_comes_twice_pays_once() {
    let office = Office::open().await;
    let invoice = office.issued().await;
    let told = office.pay(&invoice, Behaviour::Twice, None).await;
    assert_paid_once(&office, &invoice, told.pay_time).await;
    for _ in 0..3 {
        assert_eq!(office.tell(&told).await, StatusCode::NO_CONTENT);
    }
    assert_paid_once(&office, &invoice, told.pay_time).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callback_that_comes_after_its_answer_was_forgotten_pays_once() {
    let office = Office::open().await;
    let invoice = office.issued().await;
    let told = office.transfer(&invoice.purpose, TOTAL);
    assert_eq!(office.tell(&told).await, StatusCode::NO_CONTENT);
    sqlx::query("delete from chassis.answer").execute(&office.alone.database.pool()).await.unwrap();
    assert_eq!(office.tell(&told).await, StatusCode::NO_CONTENT);
    assert_paid_once(&office, &invoice, told.pay_time).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_callbacks_of_one_transfer_at_once_pay_once() {
    let office = Office::open().await;
    let invoice = office.issued().await;
    let told = office.transfer(&invoice.purpose, TOTAL);
    let answers = join_all((0..50).map(|_| office.tell(&told))).await;
    assert!(answers.iter().all(|status| *status == StatusCode::NO_CONTENT), "{answers:?}");
    assert_paid_once(&office, &invoice, told.pay_time).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callback_that_never_comes_leaves_the_invoice_open_for_now() {
    let office = Office::open().await;
    let invoice = office.issued().await;
    assert_eq!(office.ask_bank(&invoice.purpose).await, []);
    let told = office.pay(&invoice, Behaviour::Never, None).await;
    assert_eq!(office.ask_bank(&invoice.purpose).await, [told]);
    let now = office.read(&invoice.name, &office.service()).await.unwrap();
    assert_eq!(now.state(), pb::InvoiceState::Issued);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_signed_as_agreed_leaves_no_trace() {
    let office = Office::open().await;
    let invoice = office.issued().await;
    let published = office.alone.published().await.len();
    let told = office.transfer(&invoice.purpose, TOTAL);
    let body = serde_json::to_vec(&told).unwrap();
    let now = office.alone.clock.now();
    let other = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let richer = serde_json::to_vec(&office.transfer(&invoice.purpose, TOTAL + 1)).unwrap();
    let stale = now - SignedDuration::from_secs(301);
    let none = Signed { id: String::new(), timestamp: String::new(), signature: String::new() };
    let elsewhere = Signed { id: "other".into(), ..office.sign("FT1", now, &body) };
    for (what, signed, body) in [
        ("not signed", none, &body),
        ("forged", office.sign_with(other, "FT1", now, &body), &body),
        ("stale", office.sign("FT1", stale, &body), &body),
        ("another body's signature", office.sign("FT1", now, &body), &richer),
        ("another call's signature", elsewhere, &body),
    ] {
        let status = office.call(&signed, body.clone()).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{what}");
    }
    // Recorded when it was good, sent again when it is not.
    let signed = office.sign("FT1", now, &body);
    office.alone.clock.advance(SignedDuration::from_secs(301));
    assert_eq!(office.call(&signed, body).await, StatusCode::UNAUTHORIZED);

    assert_eq!(office.alone.number(TRANSFERS).await, 0);
    assert_eq!(office.alone.number("select count(*) from chassis.answer").await, 0);
    assert_eq!(office.alone.number(ENTRIES).await, 1, "the invoice's alone");
    assert_eq!(office.alone.published().await.len(), published);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_signed_but_no_transfer_is_refused() {
    let office = Office::open().await;
    let now = office.alone.clock.now();
    let future = office.transfer("", 1);
    let future = sandbox::bank::Told { pay_time: now + SignedDuration::from_hours(1), ..future };
    for body in [b"{}".to_vec(), b"no JSON".to_vec(), serde_json::to_vec(&future).unwrap()] {
        let signed = office.sign("FT1", now, &body);
        assert_eq!(office.call(&signed, body).await, StatusCode::BAD_REQUEST);
    }
    let huge = vec![b' '; 17 * 1024];
    let signed = office.sign("FT1", now, &huge);
    assert_eq!(office.call(&signed, huge).await, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(office.alone.number(TRANSFERS).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_transfer_under_a_known_reference_is_a_conflict() {
    let office = Office::open().await;
    let invoice = office.issued().await;
    let told = office.transfer(&invoice.purpose, TOTAL);
    assert_eq!(office.tell(&told).await, StatusCode::NO_CONTENT);
    let other = sandbox::bank::Told { amount: TOTAL + 1, ..told.clone() };
    assert_eq!(office.tell(&other).await, StatusCode::CONFLICT);
    assert_paid_once(&office, &invoice, told.pay_time).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn receipts_have_no_gaps_however_many_pay_at_once() {
    let office = Office::open().await;
    let invoices = join_all((0..12).map(|_| office.issued())).await;
    join_all(invoices.iter().map(|it| office.pay(it, Behaviour::Twice, None))).await;
    let mut receipts: Vec<_> = join_all(invoices.iter().map(|it| office.paid(it)))
        .await
        .into_iter()
        .map(|paid| paid.receipt_number)
        .collect();
    receipts.sort();
    let expected: Vec<_> = (1..=12).map(|n| format!("BL-2026-{n:07}")).collect();
    assert_eq!(receipts, expected);
    eventually(PATIENCE, async || office.balances().await["receivable"] == 0).await;
}
