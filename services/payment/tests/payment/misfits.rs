//! Transfers that do not pay: short, over, late, double or unknown money waits in suspense.

use chassis::clock::timestamp;
use futures::future::join_all;
use jiff::SignedDuration;
use proto::motcua::payment::v1 as pb;
use proto::motcua::payment::v1::UnmatchedReason as Reason;
use reqwest::StatusCode;
use sandbox::bank::{Behaviour, Told};
use support::{PATIENCE, eventually};

use crate::office::{Office, TOTAL, vnd};

/// The one transfer that was set aside.
async fn set_aside(office: &Office) -> pb::TransferUnmatched {
    eventually(PATIENCE, async || {
        let facts = office.alone.facts::<pb::TransferUnmatched>().await;
        assert!(facts.len() <= 1, "{facts:?}");
        facts.into_iter().next()
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn another_amount_waits_in_suspense_and_the_invoice_stays_open() {
    for (amount, reason) in [(TOTAL - 1, Reason::Short), (TOTAL + 1, Reason::Over)] {
        let office = Office::open().await;
        let invoice = office.issued().await;
        office.pay(&invoice, Behaviour::Twice, Some(amount)).await;
        let fact = set_aside(&office).await;
        assert_eq!(fact.reason(), reason);
        assert_eq!(fact.amount, Some(vnd(amount)));
        assert_eq!((fact.invoice, fact.dossier), (invoice.name.clone(), invoice.dossier.clone()));
        let outstanding = if reason == Reason::Short { TOTAL - amount } else { TOTAL };
        assert_eq!(fact.outstanding, Some(vnd(outstanding)));
        let balances = office.balances().await;
        assert_eq!((balances["suspense"], balances["receivable"]), (-amount, TOTAL));

        office.pay(&invoice, Behaviour::Once, None).await;
        office.paid(&invoice).await;
        let balances = office.balances().await;
        assert_eq!((balances["suspense"], balances["receivable"]), (-amount, 0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_short_transfer_is_told_with_what_is_missing_and_the_rest_pays() {
    let office = Office::open().await;
    let invoice = office.issued().await;
    office.alone.clock.advance(SignedDuration::from_mins(1));
    office.pay(&invoice, Behaviour::Once, Some(TOTAL - 400_000)).await;
    let fact = set_aside(&office).await;
    assert_eq!(fact.reason(), Reason::Short);
    assert_eq!((fact.outstanding, fact.expire_time), (Some(vnd(400_000)), invoice.expire_time));
    let asked_again = office.read(&invoice.name, &office.service()).await.unwrap();
    assert_eq!(asked_again.outstanding, Some(vnd(400_000)));
    assert_eq!(asked_again.total, Some(vnd(TOTAL)));

    office.alone.clock.advance(SignedDuration::from_mins(1));
    let rest = office.pay(&asked_again, Behaviour::Twice, None).await;
    assert_eq!(rest.amount, 400_000, "the code says what is outstanding");
    let paid = office.paid(&invoice).await;
    assert_eq!(paid.pay_time, Some(timestamp(rest.pay_time)));
    assert_eq!((paid.outstanding, paid.vietqr.as_str()), (Some(vnd(0)), ""));
    let balances = office.balances().await;
    assert_eq!((balances["suspense"], balances["receivable"]), (0, 0));
    assert_eq!(balances["bank-clearing"], TOTAL);
    set_aside(&office).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn late_is_what_was_paid_late_not_what_was_told_late() {
    let office = Office::open().await;
    let (in_time, late) = (office.issued().await, office.issued().await);
    let told = office.pay(&in_time, Behaviour::Never, None).await;
    office.alone.clock.advance(SignedDuration::from_hours(25));
    let past = office.pay(&late, Behaviour::Never, None).await;
    assert_eq!(office.tell(&told).await, StatusCode::NO_CONTENT);
    assert_eq!(office.tell(&past).await, StatusCode::NO_CONTENT);
    office.paid(&in_time).await;
    let fact = set_aside(&office).await;
    assert_eq!((fact.reason(), fact.invoice), (Reason::Late, late.name));
    assert_eq!(office.balances().await["suspense"], -TOTAL);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_pay_one_invoice_one_is_matched() {
    let office = Office::open().await;
    let invoice = office.issued().await;
    let transfers: Vec<Told> = (0..20).map(|_| office.transfer(&invoice.purpose, TOTAL)).collect();
    let answers = join_all(transfers.iter().map(|told| office.tell(told))).await;
    assert!(answers.iter().all(|status| *status == StatusCode::NO_CONTENT), "{answers:?}");
    assert_eq!(office.alone.facts::<pb::InvoicePaid>().await.len(), 1);
    let doubles = office.alone.facts::<pb::TransferUnmatched>().await;
    assert_eq!(doubles.len(), 19);
    assert!(doubles.iter().all(|fact| fact.reason() == Reason::Double));
    let balances = office.balances().await;
    assert_eq!((balances["suspense"], balances["receivable"]), (-19 * TOTAL, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn money_that_names_no_invoice_has_a_page_of_its_own() {
    let office = Office::open().await;
    let told = office.transfer("chuyen tien MC20260000001", 5_000);
    let answers = join_all((0..10).map(|_| office.tell(&told))).await;
    assert!(answers.iter().all(|status| *status == StatusCode::NO_CONTENT), "{answers:?}");
    let fact = set_aside(&office).await;
    assert_eq!((fact.reason(), fact.dossier, fact.invoice.as_str()), (Reason::Unknown, None, ""));
    assert_eq!(office.balances().await["suspense"], -5_000);

    // The invoice that gets this purpose later is not paid by what came before it, nor by its repeat.
    let invoice = office.issued().await;
    assert_eq!(invoice.purpose, "MC20260000001");
    sqlx::query("delete from chassis.answer").execute(&office.alone.database.pool()).await.unwrap();
    assert_eq!(office.tell(&told).await, StatusCode::NO_CONTENT);
    assert_eq!(set_aside(&office).await.transfer, fact.transfer);
    assert_eq!(office.balances().await["receivable"], TOTAL);
}
