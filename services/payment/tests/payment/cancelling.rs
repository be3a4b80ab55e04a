//! A fee that is not due any more.

use chassis::clock::timestamp;
use jiff::SignedDuration;
use proto::motcua::payment::v1 as pb;
use proto::motcua::payment::v1::{InvoiceState, UnmatchedReason};
use proto::motcua::workflow::v1::FeeCancelled;
use sandbox::bank::Behaviour;
use support::{PATIENCE, event, eventually};
use uuid::Uuid;

use crate::office::{Office, TOTAL};

/// Workflow's fact that an invoice's fee is cancelled.
async fn cancel(office: &Office, invoice: &pb::Invoice) -> FeeCancelled {
    let id = |name: &str| Uuid::try_parse(name.split('/').next_back().unwrap()).unwrap();
    let dossier = invoice.dossier.clone().unwrap();
    let fact = FeeCancelled {
        obligation: id(&invoice.name).to_string(),
        cancel_time: Some(timestamp(office.alone.clock.now())),
        dossier: Some(dossier.clone()),
    };
    office.alone.hear(&[event("workflow", id(&dossier.name), 2, &fact)]).await;
    fact
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_owes_a_cancelled_fee_and_what_comes_for_it_waits_to_be_paid_back() {
    let office = Office::open().await;
    let invoice = office.issued().await;
    let part = TOTAL - 150_000;
    office.pay(&invoice, Behaviour::Once, Some(part)).await;
    let set_aside = async |number: usize| {
        eventually(PATIENCE, async || {
            office.alone.facts::<pb::TransferUnmatched>().await.into_iter().nth(number)
        })
        .await
    };
    assert_eq!(set_aside(0).await.reason(), UnmatchedReason::Short);

    let fact = cancel(&office, &invoice).await;
    let cancelled = office.reached(&invoice, InvoiceState::Cancelled).await;
    assert_eq!((cancelled.pay_time, cancelled.receipt_number.as_str()), (None, ""));
    let expected = pb::InvoiceCancelled {
        dossier: fact.dossier,
        invoice: invoice.name.clone(),
        cancel_time: fact.cancel_time,
    };
    assert_eq!(office.alone.facts::<pb::InvoiceCancelled>().await, [expected]);
    let balances = office.balances().await;
    assert_eq!((balances["suspense"], balances["receivable"]), (-part, 0));

    office.pay(&invoice, Behaviour::Twice, None).await;
    assert_eq!(set_aside(1).await.reason(), UnmatchedReason::Late);
    let balances = office.balances().await;
    assert_eq!((balances["suspense"], balances["receivable"]), (-part - TOTAL, 0));
    office.alone.clock.advance(SignedDuration::from_hours(25));
    assert_eq!(office.reached(&invoice, InvoiceState::Cancelled).await, cancelled);
    assert!(office.alone.facts::<pb::InvoiceExpired>().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fee_that_was_paid_stays_paid() {
    let office = Office::open().await;
    let invoice = office.issued().await;
    office.pay(&invoice, Behaviour::Once, None).await;
    let paid = office.paid(&invoice).await;
    cancel(&office, &invoice).await;
    assert_eq!(office.reached(&invoice, InvoiceState::Paid).await, paid);
    assert!(office.alone.facts::<pb::InvoiceCancelled>().await.is_empty());
}
