//! What waits in suspense, as a cashier deals with it.

use std::collections::BTreeSet;

use chassis::access::Role;
use chassis::status::reason;
use jiff::SignedDuration;
use proto::motcua::payment::v1 as pb;
use proto::motcua::payment::v1::{TransferState, UnmatchedReason};
use sandbox::bank::Behaviour;
use support::{AGENCY, PATIENCE, eventually};
use tonic::Code;
use uuid::Uuid;

use crate::office::{Office, TOTAL, vnd};

const WAITING: &str = "state = TRANSFER_STATE_IN_SUSPENSE";

fn refund(transfer: &pb::Transfer) -> pb::RefundTransferRequest {
    pb::RefundTransferRequest {
        name: transfer.name.clone(),
        refund: Some(pb::Refund {
            reference: "FT-back-1".into(),
            reason: " nộp hai lần ".into(),
            cashier: String::new(),
        }),
        request_id: Uuid::now_v7().to_string(),
    }
}

/// An invoice that was paid twice, and the transfer too many.
async fn paid_twice(office: &Office) -> (pb::Invoice, pb::Transfer) {
    let invoice = office.issued().await;
    office.pay(&invoice, Behaviour::Once, None).await;
    office.paid(&invoice).await;
    office.alone.clock.advance(SignedDuration::from_secs(1));
    office.pay(&invoice, Behaviour::Once, None).await;
    let double = eventually(PATIENCE, async || {
        let filter = format!(r#"invoice = "{}""#, invoice.name);
        office.transfers(&filter).await.into_iter().nth(1)
    });
    let double = double.await;
    (invoice, double)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cashier_finds_what_waits_and_notes_that_it_was_paid_back() {
    let office = Office::open().await;
    let cashier = office.alone.officer(AGENCY, Role::Cashier);
    let (invoice, double) = paid_twice(&office).await;
    assert_eq!(double.state(), TransferState::InSuspense);
    assert_eq!(double.reason(), UnmatchedReason::Double);
    assert_eq!((&double.invoice, &double.dossier), (&invoice.name, &invoice.dossier));
    assert_eq!(office.transfers(WAITING).await, std::slice::from_ref(&double));
    let doubles = format!("{WAITING} AND reason = UNMATCHED_REASON_DOUBLE");
    assert_eq!(office.transfers(&doubles).await.len(), 1);
    let others = format!("{WAITING} AND reason = UNMATCHED_REASON_SHORT");
    assert!(office.transfers(&others).await.is_empty());

    let wish = refund(&double);
    let refunded = office.refund(wish.clone(), &cashier).await.unwrap();
    assert_eq!(office.refund(wish, &cashier).await.unwrap(), refunded, "a repeat");
    assert_eq!(refunded.state(), TransferState::Refunded);
    let told = refunded.refund.clone().unwrap();
    assert_eq!((&*told.reference, &*told.reason), ("FT-back-1", "nộp hai lần"));
    assert!(told.cashier.starts_with(AGENCY), "{told:?}");
    assert!(office.transfers(WAITING).await.is_empty());
    let balances = office.balances().await;
    assert_eq!((balances["suspense"], balances["bank-clearing"]), (0, TOTAL));
    let facts = office.alone.facts::<pb::TransferRefunded>().await;
    let expected = pb::TransferRefunded {
        transfer: double.name.clone(),
        reason: UnmatchedReason::Double.into(),
        amount: Some(vnd(TOTAL)),
        refund_time: refunded.settle_time,
        dossier: invoice.dossier,
        invoice: invoice.name,
    };
    assert_eq!(facts, [expected]);

    let again = office.refund(refund(&double), &cashier).await.unwrap_err();
    assert_eq!(again.code(), Code::FailedPrecondition);
    assert_eq!(reason(&again).as_deref(), Some("TRANSFER_NOT_IN_SUSPENSE"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_that_was_paid_back_is_to_be_paid_again() {
    let office = Office::open().await;
    let invoice = office.issued().await;
    office.pay(&invoice, Behaviour::Once, Some(TOTAL - 1)).await;
    let part = eventually(PATIENCE, async || office.transfers(WAITING).await.pop()).await;
    let cashier = office.alone.officer(AGENCY, Role::Cashier);
    office.refund(refund(&part), &cashier).await.unwrap();
    let now = office.read(&invoice.name, &office.service()).await.unwrap();
    assert_eq!(now, invoice, "as before the part came");
    office.pay(&now, Behaviour::Once, None).await;
    office.paid(&invoice).await;
    let balances = office.balances().await;
    assert_eq!((balances["suspense"], balances["bank-clearing"]), (0, TOTAL));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wish_that_is_none_is_refused_with_every_fault() {
    let office = Office::open().await;
    let cashier = office.alone.officer(AGENCY, Role::Cashier);
    let (_, double) = paid_twice(&office).await;
    let nothing = pb::RefundTransferRequest { refund: None, ..refund(&double) };
    let refused = office.refund(nothing, &cashier).await.unwrap_err();
    let details = format!("{:?}", String::from_utf8_lossy(refused.details()));
    for fault in ["REFERENCE_MALFORMED", "REASON_MALFORMED"] {
        assert!(details.contains(fault), "{details}");
    }
    let name = format!("transfers/{}", Uuid::now_v7());
    let unknown = pb::RefundTransferRequest { name, ..refund(&double) };
    let refused = office.refund(unknown, &cashier).await.unwrap_err();
    assert_eq!(reason(&refused).as_deref(), Some("TRANSFER_UNKNOWN"));
    for filter in
        ["", "state = TRANSFER_STATE_MATCHED", "reason = UNMATCHED_REASON_SHORT", "invoice = x"]
    {
        let refused = office.list_transfers(filter, &cashier).await.unwrap_err();
        assert_eq!(reason(&refused).as_deref(), Some("FIELDS_INVALID"), "{filter}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_but_cashiers_deals_with_money_that_waits() {
    let office = Office::open().await;
    let (_, double) = paid_twice(&office).await;
    for token in [
        office.alone.officer(AGENCY, Role::Operator),
        office.alone.officer(AGENCY, Role::Receiving),
        office.alone.citizen("accounts/1"),
        office.alone.service("workflow"),
    ] {
        let listed = office.list_transfers(WAITING, &token).await.unwrap_err();
        let refunded = office.refund(refund(&double), &token).await.unwrap_err();
        assert_eq!(
            (listed.code(), refunded.code()),
            (Code::PermissionDenied, Code::PermissionDenied)
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_is_listed_page_by_page() {
    let office = Office::open().await;
    for _ in 0..5 {
        office.tell(&office.transfer("chuyen tien", 2_000)).await;
    }
    let cashier = office.alone.service("ctl");
    let mut seen = BTreeSet::new();
    let mut asked = pb::ListTransfersRequest {
        page_size: 2,
        page_token: String::new(),
        filter: WAITING.into(),
    };
    loop {
        let page = office.page_of_transfers(asked.clone(), &cashier).await.unwrap();
        seen.extend(page.transfers.into_iter().map(|transfer| transfer.name));
        asked.page_token = page.next_page_token;
        if asked.page_token.is_empty() {
            break;
        }
    }
    assert_eq!(seen.len(), 5);
}
