//! The carrier tells of its scans.

use chassis::access::Person;
use futures::future::join_all;
use proto::motcua::mailing::v1::{Shipment, ShipmentState};
use proto::motcua::r#type::v1::ReturnWay;
use serde_json::{Value, json};
use support::NOW;
use uuid::Uuid;

use crate::house::{Mailing, issued};
use crate::others::Others;

const FIRST: &str = "RR000000014VN";
const SECOND: &str = "RR000000028VN";

/// Mailing with two shipments, in the order of their numbers.
async fn with_two() -> (Mailing, [Uuid; 2]) {
    let mailing = Mailing::beside(Others::with_owner("vi", ""), &[]).await;
    let dossiers = [Uuid::now_v7(), Uuid::now_v7()];
    for dossier in dossiers {
        mailing.hears(&[issued(dossier, ReturnWay::Post)]).await;
    }
    (mailing, dossiers)
}

fn scan(number: &str, id: &str, kind: &str, time: &str) -> Value {
    json!({"item_number": number, "scan_id": id, "kind": kind, "time": time, "place_code": "70"})
}

async fn shipment(mailing: &Mailing, dossier: Uuid) -> Shipment {
    mailing.shipment(dossier, "services/workflow", Person::Service).await.unwrap()
}

fn fields(answer: &Value) -> Vec<&str> {
    let violations = answer["violations"].as_array().unwrap();
    violations.iter().map(|one| one["field"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_in_any_order_told_at_once_and_again_counts_once() {
    let (mailing, [first, second]) = with_two().await;
    let batch = json!({"scans": [
        scan(FIRST, "d", "delivered", "2026-11-25T03:04:00Z"),
        scan(SECOND, "x", "attempted", "2026-11-25T03:02:00Z"),
        scan(FIRST, "a", "accepted", "2026-11-25T03:01:00Z"),
        scan(FIRST, "d", "delivered", "2026-11-25T03:04:00Z"),
        scan(SECOND, "y", "returned", "2026-11-25T03:03:00Z"),
    ]});
    let again = (0..8).map(|call| {
        let (mailing, batch) = (&mailing, &batch);
        async move { mailing.told(&format!("call-{}", call / 2), batch).await.0 }
    });
    assert_eq!(join_all(again).await, [204; 8]);
    let (one, other) = (shipment(&mailing, first).await, shipment(&mailing, second).await);
    assert_eq!((one.state(), one.scans.len()), (ShipmentState::Delivered, 2));
    assert_eq!((other.state(), other.scans.len()), (ShipmentState::Returned, 2));
    let mut facts = mailing.facts(first).await;
    facts.sort();
    let scanned = ["ShipmentScanned", "ShipmentScanned"];
    assert_eq!(facts, [&["ShipmentDelivered", "ShipmentPosted"], &scanned[..]].concat());
    assert!(mailing.facts(second).await.ends_with(&["ShipmentReturned".into()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_at_fault_is_told_by_field_and_keeps_no_other_parcel_out() {
    let (mailing, [first, second]) = with_two().await;
    let batch = json!({"scans": [
        scan("RR000000031VN", "u", "accepted", NOW),
        scan(FIRST, "a", "accepted", NOW),
        scan(SECOND, "b", "accepted", NOW),
        scan(SECOND, "c", "delivered", "2026-11-25T03:06:00Z"),
        scan("RR000000015VN", "e", "lost", NOW),
    ]});
    let (status, answer) = mailing.told("call", &batch).await;
    assert_eq!(status, 422);
    let mut named = fields(&answer);
    named.sort_unstable();
    let expected =
        ["scans[0].item_number", "scans[3].time", "scans[4].item_number", "scans[4].kind"];
    assert_eq!(named, expected);
    assert_eq!(shipment(&mailing, first).await.scans.len(), 1);
    assert_eq!(shipment(&mailing, second).await.scans.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_scan_under_a_known_id_is_refused_by_field() {
    let (mailing, _) = with_two().await;
    let told = |kind| json!({"scans": [scan(FIRST, "a", kind, NOW)]});
    assert_eq!(mailing.told("one", &told("accepted")).await.0, 204);
    let (status, answer) = mailing.told("two", &told("delivered")).await;
    assert_eq!((status, fields(&answer)), (422, vec!["scans[0].scan_id"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_signed_as_agreed_or_is_no_batch_leaves_no_trace() {
    let (mailing, [first, _]) = with_two().await;
    let batch = json!({"scans": [scan(FIRST, "a", "accepted", NOW)]});
    let wrong = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    assert_eq!(mailing.told_by(wrong, "call", &batch).await.0, 401);
    assert_eq!(mailing.told("call", &json!({"scans": []})).await.0, 400);
    let large = json!({"scans": [], "more": "x".repeat(64 * 1024)});
    assert_eq!(mailing.told("call", &large).await.0, 413);
    assert!(shipment(&mailing, first).await.scans.is_empty());
}
