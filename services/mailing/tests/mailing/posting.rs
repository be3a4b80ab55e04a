//! A result goes by post.

use std::collections::BTreeSet;

use chassis::access::{Assurance, Person, Role};
use jiff::SignedDuration;
use mailing::s10::TrackingNumber;
use proto::motcua::dossier::v1::DeliveryAddress;
use proto::motcua::mailing::v1::ShipmentState;
use proto::motcua::r#type::v1::ReturnWay;
use support::{AGENCY, PATIENCE, eventually};
use tonic::Code;
use uuid::Uuid;

use crate::house::{CODE, Mailing, issued, reference};
use crate::others::{OWNER, Others};

const FIRST: &str = "RR000000014VN";

async fn mailing() -> Mailing {
    let mailing = Mailing::beside(Others::with_owner("vi", ""), &[]).await;
    mailing.telephone_comes_back().await;
    mailing
}

fn citizen() -> Person {
    Person::Citizen { assurance: Assurance::Low.into() }
}

fn officer(agency: &str) -> Person {
    Person::Officer { agency: agency.into(), roles: vec![Role::Receiving.into()] }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_is_posted_scanned_and_delivered_and_its_owner_told_the_number() {
    let mailing = mailing().await;
    mailing.carrier_opens(true).await;
    let dossier = Uuid::now_v7();
    let event = issued(dossier, ReturnWay::Post);
    mailing.hears(&[event.clone(), event]).await;
    let shipment = async || mailing.shipment(dossier, OWNER, citizen()).await.unwrap();
    eventually(PATIENCE, async || shipment().await.state() == ShipmentState::Delivered).await;
    mailing.rests().await;
    eventually(PATIENCE, async || mailing.parcels().await.iter().all(|parcel| parcel.done)).await;
    let (shipment, parcels) = (shipment().await, mailing.parcels().await);
    assert_eq!((shipment.item_number.as_str(), shipment.scans.len()), (FIRST, 4));
    assert_eq!(shipment.dossier, Some(reference(dossier)));
    assert!(shipment.post_time.is_some() && shipment.deliver_time.is_some());
    assert_eq!(parcels.len(), 1);
    let label = &parcels[0].label;
    assert_eq!((label.item_number.as_str(), label.sender.as_str()), (FIRST, AGENCY));
    assert_eq!((label.recipient.as_str(), label.ward_code.as_str()), ("Nguyễn Thị An", "26740"));
    let facts = mailing.facts(dossier).await;
    assert_eq!(facts[0], "ShipmentPosted");
    let count = |kind| facts.iter().filter(|fact| *fact == kind).count();
    let counts = ["ShipmentPosted", "ShipmentScanned", "ShipmentDelivered"].map(count);
    assert_eq!((counts, facts.len()), ([1, 4, 1], 6));
    let shown = mailing.shown(1).await;
    assert_eq!(shown.len(), 1);
    assert!(shown[0].text.contains(FIRST) && shown[0].text.contains(CODE));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parcel_that_nobody_takes_comes_back_and_its_owner_is_told_where_it_waits() {
    let mut others = Others::with_owner("vi", "");
    let street = format!("{} Lê Lợi", sandbox::carrier::NOBODY_HOME);
    others.address = others.address.map(|address| DeliveryAddress { street, ..address });
    let mailing = Mailing::beside(others, &[]).await;
    mailing.telephone_comes_back().await;
    mailing.carrier_opens(true).await;
    let dossier = Uuid::now_v7();
    mailing.hears(&[issued(dossier, ReturnWay::Post)]).await;
    eventually(PATIENCE, async || mailing.parcels().await.iter().any(|parcel| parcel.done)).await;
    mailing.rests().await;
    let shipment = mailing.shipment(dossier, OWNER, citizen()).await.unwrap();
    assert_eq!((shipment.state(), shipment.scans.len()), (ShipmentState::Returned, 7));
    assert_eq!((shipment.deliver_time, shipment.return_time.is_some()), (None, true));
    let facts = mailing.facts(dossier).await;
    let count = |kind| facts.iter().filter(|fact| *fact == kind).count();
    assert_eq!([count("ShipmentScanned"), count("ShipmentReturned")], [7, 1]);
    let shown = mailing.shown(3).await;
    assert_eq!(shown.len(), 3);
    for words in ["chưa phát được", "bộ phận một cửa: Phường Long Trường"] {
        let told = shown.iter().filter(|one| one.text.contains(words) && one.text.contains(CODE));
        assert_eq!(told.count(), 1, "{words}: {shown:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_carrier_that_was_away_gets_the_parcel_later_and_once() {
    let mailing = mailing().await;
    let dossier = Uuid::now_v7();
    mailing.hears(&[issued(dossier, ReturnWay::Post)]).await;
    let put_off = "select count(*) from chassis.job where detail is not null";
    eventually(PATIENCE, async || mailing.alone.number(put_off).await == 1).await;
    let opened = mailing.shipment(dossier, OWNER, citizen()).await.unwrap();
    assert_eq!((opened.state(), opened.post_time), (ShipmentState::Opened, None));
    assert!(mailing.facts(dossier).await.is_empty());
    mailing.carrier_opens(false).await;
    mailing.alone.clock.advance(SignedDuration::from_mins(1));
    mailing.rests().await;
    let posted = mailing.shipment(dossier, OWNER, citizen()).await.unwrap();
    assert_eq!(posted.state(), ShipmentState::Posted);
    assert_eq!(mailing.parcels().await.len(), 1);
    assert_eq!(mailing.facts(dossier).await, ["ShipmentPosted"]);
}

/// A death after the carrier took the parcel and before its record leaves the job.
#[tokio::test(flavor = "multi_thread")]
async fn a_death_between_posting_and_record_makes_no_second_parcel() {
    let mailing = mailing().await;
    mailing.carrier_opens(false).await;
    let dossier = Uuid::now_v7();
    mailing.hears(&[issued(dossier, ReturnWay::Post)]).await;
    mailing.rests().await;
    let key: Uuid = mailing.parcels().await[0].key.parse().unwrap();
    let left = "insert into chassis.job (id, kind, stream, body, scheduled_at, due_at)
                values ($1, 'post_result', $2, $3, now(), '2026-11-25')";
    let body = serde_json::json!({"dossier": dossier, "agency": AGENCY, "item_number": FIRST});
    let pool = mailing.alone.database.pool();
    sqlx::query(left).bind(key).bind(dossier).bind(body).execute(&pool).await.unwrap();
    mailing.rests().await;
    assert_eq!(mailing.parcels().await.len(), 1);
    assert_eq!(mailing.facts(dossier).await, ["ShipmentPosted"]);
    assert_eq!(mailing.shown(1).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn parcels_are_numbered_without_gaps() {
    let mailing = mailing().await;
    let events: Vec<_> = (0..20).map(|_| issued(Uuid::now_v7(), ReturnWay::Post)).collect();
    mailing.hears(&events).await;
    let numbers = "select item_number from mailing.shipments";
    let pool = mailing.alone.database.pool();
    let numbers: Vec<String> = sqlx::query_scalar(numbers).fetch_all(&pool).await.unwrap();
    let serial = |number: &String| number.parse::<TrackingNumber>().unwrap().serial();
    let serials: BTreeSet<u32> = numbers.iter().map(serial).collect();
    assert_eq!(serials, (1..=20).collect());
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_is_kept_shows_where_a_parcel_went() {
    let mailing = mailing().await;
    let waiting = Uuid::now_v7();
    mailing.hears(&[issued(waiting, ReturnWay::Post)]).await;
    let put_off = "select count(*) from chassis.job where detail is not null";
    eventually(PATIENCE, async || mailing.alone.number(put_off).await == 1).await;
    let before = mailing.alone.dump().await;
    mailing.carrier_opens(true).await;
    mailing.alone.clock.advance(SignedDuration::from_mins(1));
    mailing.rests().await;
    let after = mailing.alone.dump().await;
    for dump in [before, after] {
        assert!(dump.contains(FIRST), "the dump holds what may be kept");
        for personal in ["Nguyễn", "Lê Lợi", "26740", "901234567", &OWNER[9..]] {
            assert!(!dump.contains(personal), "{personal}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dossier_without_an_address_is_put_off_and_stays_to_be_seen() {
    let nowhere = Others { address: None, ..Others::with_owner("vi", "") };
    let mailing = Mailing::beside(nowhere, &[]).await;
    mailing.hears(&[issued(Uuid::now_v7(), ReturnWay::Post)]).await;
    let put_off = "select count(*) from chassis.job where detail like '%no delivery address'";
    eventually(PATIENCE, async || mailing.alone.number(put_off).await == 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn its_citizen_its_agency_and_services_see_a_shipment_and_nobody_else_whether_it_is_there() {
    let mailing = mailing().await;
    let dossier = Uuid::now_v7();
    mailing.hears(&[issued(dossier, ReturnWay::Post)]).await;
    let here = format!("{AGENCY}/officers/an");
    let elsewhere = "agencies/27484";
    let there = format!("{elsewhere}/officers/binh");
    let other = format!("accounts/{}", Uuid::now_v7());
    for (name, who, admitted) in [
        (OWNER, citizen(), true),
        (&here, officer(AGENCY), true),
        ("services/workflow", Person::Service, true),
        (&other, citizen(), false),
        (&there, officer(elsewhere), false),
    ] {
        let seen = mailing.shipment(dossier, name, who.clone()).await;
        assert_eq!(seen.is_ok(), admitted, "{name}");
        let absent = mailing.shipment(Uuid::now_v7(), name, who).await.unwrap_err();
        assert_eq!(absent.code(), Code::PermissionDenied);
        if let Err(denied) = seen {
            assert_eq!(denied.message(), absent.message());
            assert_eq!(denied.details(), absent.details());
        }
    }
}
