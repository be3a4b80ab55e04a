//! A dossier follows the facts of the others.

use chassis::clock::timestamp;
use chassis::status::reason;
use jiff::{SignedDuration, Timestamp};
use proto::motcua::dossier::v1 as pb;
use proto::motcua::dossier::v1::{ActorKind, EntryKind, NextActionKind};
use proto::motcua::feedback::v1::{RatingGiven, RatingInvited};
use proto::motcua::mailing::v1::{ScanKind, ShipmentDelivered, ShipmentPosted, ShipmentScanned};
use proto::motcua::payment::v1::{
    InvoiceIssued, InvoicePaid, TransferRefunded, TransferUnmatched, UnmatchedReason,
};
use proto::motcua::r#type::v1::{DossierRef, DossierStatus, ReturnWay};
use proto::motcua::workflow::v1::{
    ClockPaused, ClockResumed, DossierAccepted, NumberDrawn, PauseReason, ResultReturned,
};
use tonic::Code;

use crate::desk::{Desk, OFFICER, OWNER};

const DUE: &str = "2026-11-27T03:00:00Z";

fn at(text: &str) -> Option<prost_types::Timestamp> {
    Some(timestamp(text.parse::<Timestamp>().unwrap()))
}

fn accepted() -> DossierAccepted {
    DossierAccepted {
        accept_time: at("2026-11-25T04:00:00Z"),
        due_time: at(DUE),
        status_after: DossierStatus::Accepted.into(),
        ..Default::default()
    }
}

fn paused(reason: PauseReason) -> ClockPaused {
    ClockPaused {
        reason: reason.into(),
        pause_time: at("2026-11-25T04:00:00Z"),
        status_after: DossierStatus::FinancialObligationRequired.into(),
        ..Default::default()
    }
}

fn resumed() -> ClockResumed {
    ClockResumed {
        resume_time: at("2026-11-25T05:00:00Z"),
        due_time: at("2026-11-27T04:00:00Z"),
        status_after: DossierStatus::InProcessing.into(),
        ..Default::default()
    }
}

fn invoice() -> InvoiceIssued {
    InvoiceIssued {
        invoice: "invoices/i".into(),
        number: "1C26".into(),
        issue_time: at("2026-11-25T04:30:00Z"),
        expire_time: at("2026-12-25T04:30:00Z"),
        ..Default::default()
    }
}

fn paid() -> InvoicePaid {
    InvoicePaid {
        invoice: "invoices/i".into(),
        receipt_number: "R1".into(),
        pay_time: at("2026-11-25T04:45:00Z"),
        ..Default::default()
    }
}

fn set_aside() -> TransferUnmatched {
    TransferUnmatched {
        transfer: "transfers/t".into(),
        reason: UnmatchedReason::Double.into(),
        pay_time: at("2026-11-25T04:50:00Z"),
        dossier: Some(DossierRef::default()),
        ..Default::default()
    }
}

fn refunded() -> TransferRefunded {
    TransferRefunded {
        transfer: "transfers/t".into(),
        refund_time: at("2026-11-26T01:00:00Z"),
        dossier: Some(DossierRef::default()),
        ..Default::default()
    }
}

fn posted() -> ShipmentPosted {
    ShipmentPosted {
        shipment: "shipments/s".into(),
        item_number: "RR000000017VN".into(),
        post_time: at("2026-11-26T02:00:00Z"),
        ..Default::default()
    }
}

fn scanned(kind: ScanKind) -> ShipmentScanned {
    let (shipment, scan_time) = ("shipments/s".into(), at("2026-11-26T08:00:00Z"));
    ShipmentScanned { shipment, kind: kind.into(), scan_time, ..Default::default() }
}

fn delivered() -> ShipmentDelivered {
    let (shipment, deliver_time) = ("shipments/s".into(), at("2026-11-26T09:00:00Z"));
    ShipmentDelivered { shipment, deliver_time, ..Default::default() }
}

fn returned() -> ResultReturned {
    ResultReturned {
        return_time: at("2026-11-26T09:00:00Z"),
        return_way: ReturnWay::Post.into(),
        status_after: DossierStatus::ResultReturned.into(),
        ..Default::default()
    }
}

fn invited() -> RatingInvited {
    RatingInvited {
        rating: "ratings/r".into(),
        invite_time: at("2026-11-26T09:00:01Z"),
        expire_time: at("2026-12-26T09:00:01Z"),
        ..Default::default()
    }
}

fn given() -> RatingGiven {
    RatingGiven { level: 5, give_time: at("2026-11-26T10:00:00Z"), ..Default::default() }
}

fn kinds(dossier: &pb::Dossier) -> Vec<NextActionKind> {
    dossier.actions.iter().map(pb::NextAction::kind).collect()
}

async fn due_by_code(desk: &Desk, code: &str) -> Option<prost_types::Timestamp> {
    let asked = pb::LookUpDossierRequest { code: code.into() };
    desk.dossiers().look_up_dossier(asked).await.unwrap().into_inner().due_time
}

#[tokio::test(flavor = "multi_thread")]
async fn the_choice_of_return_is_told_and_the_address_read_only_where_it_is_due() {
    let desk = Desk::open().await;
    let name = desk.filled("post").await;
    desk.add_papers(&name).await;
    let draft = desk.read(OWNER, &name).await.unwrap();
    assert_eq!(draft.return_way(), ReturnWay::Unspecified);
    assert!(draft.delivery_address.is_none());
    let posted = desk.submit(&name).await.unwrap();
    assert_eq!(posted.return_way(), ReturnWay::Post);
    assert_eq!(posted.delivery_address.as_ref().unwrap().ward_code, "26860");
    for caller in [OWNER, OFFICER, "services/mailing"] {
        let read = desk.read(caller, &posted.name).await.unwrap();
        assert_eq!(read.delivery_address, posted.delivery_address, "{caller}");
    }
    let fetched = desk.submitted("counter").await;
    assert_eq!(fetched.return_way(), ReturnWay::Counter);
    assert!(fetched.delivery_address.is_none());
    let kept: i64 = desk
        .alone
        .number("select count(*) from dossier.timeline t where t::text like '%Nguyễn%'")
        .await;
    assert_eq!(kept, 0);
    let told = desk.alone.facts::<pb::DossierSubmitted>().await;
    let ways: Vec<_> = told.iter().map(pb::DossierSubmitted::return_way).collect();
    assert_eq!(ways, [ReturnWay::Post, ReturnWay::Counter]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_promised_date_is_read_by_owner_and_code() {
    let desk = Desk::open().await;
    let dossier = desk.submitted("post").await;
    let mut case = desk.facts("workflow", &dossier.name);
    case.hear(accepted()).await;
    let read = desk.read(OWNER, &dossier.name).await.unwrap();
    assert_eq!(read.accept_time, at("2026-11-25T04:00:00Z"));
    assert_eq!((read.due_time, due_by_code(&desk, &dossier.code).await), (at(DUE), at(DUE)));
    case.hear(paused(PauseReason::CitizenStep)).await;
    let read = desk.read(OWNER, &dossier.name).await.unwrap();
    assert_eq!((read.due_time, due_by_code(&desk, &dossier.code).await), (None, None));
    assert_eq!(kinds(&read), [NextActionKind::DrawNumber]);
    assert_eq!(read.actions[0].resource, dossier.name.replace("dossiers/", "cases/"));
    case.hear(resumed()).await;
    let read = desk.read(OWNER, &dossier.name).await.unwrap();
    assert_eq!(read.due_time, at("2026-11-27T04:00:00Z"));
    assert_eq!(read.status(), DossierStatus::InProcessing);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_owner_can_do_comes_and_goes_with_the_facts_of_all_services() {
    let desk = Desk::open().await;
    let dossier = desk.submitted("post").await;
    let mut parcel = desk.facts("mailing", &dossier.name);
    let actions = async || desk.read(OWNER, &dossier.name).await.unwrap().actions;
    desk.facts("payment", &dossier.name).hear(invoice()).await;
    let pay = pb::NextAction {
        kind: NextActionKind::Pay.into(),
        resource: "invoices/i".into(),
        number: "1C26".into(),
        expire_time: at("2026-12-25T04:30:00Z"),
    };
    assert_eq!(actions().await, [pay]);
    desk.facts("workflow", &dossier.name).hear(returned()).await;
    parcel.hear(posted()).await;
    let follow = pb::NextAction {
        kind: NextActionKind::FollowShipment.into(),
        resource: "shipments/s".into(),
        number: "RR000000017VN".into(),
        expire_time: None,
    };
    assert_eq!(actions().await, [follow]);
    parcel.hear(delivered()).await;
    desk.facts("feedback", &dossier.name).hear(invited()).await;
    let rate = pb::NextAction {
        kind: NextActionKind::RateDossier.into(),
        resource: "ratings/r".into(),
        number: String::new(),
        expire_time: at("2026-12-26T09:00:01Z"),
    };
    assert_eq!(actions().await, [rate]);
    desk.alone.clock.advance(SignedDuration::from_hours(24 * 32));
    assert_eq!(actions().await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_service_adds_to_the_timeline_and_only_workflow_moves_the_status() {
    let desk = Desk::open().await;
    let dossier = desk.submitted("post").await;
    let (mut case, mut bill) =
        (desk.facts("workflow", &dossier.name), desk.facts("payment", &dossier.name));
    let (mut parcel, mut rating) =
        (desk.facts("mailing", &dossier.name), desk.facts("feedback", &dossier.name));
    case.hear(accepted()).await;
    case.hear(NumberDrawn { draw: "draws/d".into(), ..Default::default() }).await;
    bill.hear(invoice()).await;
    bill.hear(paid()).await;
    bill.hear(set_aside()).await;
    bill.hear(TransferUnmatched { dossier: None, ..set_aside() }).await;
    bill.hear(refunded()).await;
    parcel.hear(posted()).await;
    parcel.hear(scanned(ScanKind::OutForDelivery)).await;
    parcel.hear(scanned(ScanKind::Delivered)).await;
    parcel.hear(delivered()).await;
    assert_eq!(desk.read(OWNER, &dossier.name).await.unwrap().status(), DossierStatus::Accepted);
    case.hear(returned()).await;
    rating.hear(invited()).await;
    rating.hear(given()).await;
    let read = desk.read(OWNER, &dossier.name).await.unwrap();
    assert_eq!(read.status(), DossierStatus::ResultReturned);

    let told = desk.timeline(&dossier.name).await;
    let told: Vec<_> = told.iter().map(|entry| (entry.kind(), entry.actor())).collect();
    let expected = [
        (EntryKind::Submitted, ActorKind::Citizen),
        (EntryKind::Accepted, ActorKind::Officer),
        (EntryKind::DocumentAdded, ActorKind::Officer),
        (EntryKind::NumberDrawn, ActorKind::Citizen),
        (EntryKind::InvoiceIssued, ActorKind::System),
        (EntryKind::InvoicePaid, ActorKind::Bank),
        (EntryKind::TransferSetAside, ActorKind::Bank),
        (EntryKind::TransferRefunded, ActorKind::Officer),
        (EntryKind::ShipmentPosted, ActorKind::Carrier),
        (EntryKind::ShipmentOutForDelivery, ActorKind::Carrier),
        (EntryKind::ShipmentDelivered, ActorKind::Carrier),
        (EntryKind::ResultReturned, ActorKind::Carrier),
        (EntryKind::RatingInvited, ActorKind::System),
        (EntryKind::RatingGiven, ActorKind::Citizen),
    ];
    assert_eq!(told, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fact_that_says_what_nobody_knows_parks_its_dossier_alone() {
    let desk = Desk::open().await;
    let wrong = [
        DossierAccepted { status_after: 0, ..accepted() },
        DossierAccepted { status_after: 99, ..accepted() },
        DossierAccepted { due_time: None, ..accepted() },
    ];
    for fact in wrong {
        let dossier = desk.submitted("post").await;
        desk.facts("workflow", &dossier.name).hear(fact).await;
    }
    for reason in [0, 99] {
        let dossier = desk.submitted("post").await;
        let fact = ClockPaused { reason, ..paused(PauseReason::Payment) };
        desk.facts("workflow", &dossier.name).hear(fact).await;
    }
    assert_eq!(desk.alone.number("select count(*) from chassis.dead_letter").await, 5);
    let dossier = desk.submitted("post").await;
    desk.facts("workflow", &dossier.name).hear(accepted()).await;
    assert_eq!(desk.timeline(&dossier.name).await.len(), 3, "submitted, accepted, its slip");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_join_into_the_whole_timeline() {
    let desk = Desk::open().await;
    let dossier = desk.submitted("post").await;
    let mut case = desk.facts("workflow", &dossier.name);
    for _ in 0..4 {
        case.hear(resumed()).await;
    }
    let (mut seen, mut token) = (Vec::new(), String::new());
    loop {
        let page = desk.page(OWNER, &dossier.name, 2, &token, "").await.unwrap();
        seen.extend(page.entries.into_iter().map(|entry| entry.name));
        token = page.next_page_token;
        if token.is_empty() {
            assert_eq!(page.position, "5");
            break;
        }
    }
    let names: Vec<_> =
        (1..=5).map(|number| format!("{}/timeline/{number}", dossier.name)).collect();
    assert_eq!(seen, names);
    let behind = desk.page(OWNER, &dossier.name, 0, "", "3").await.unwrap();
    assert_eq!((behind.entries.len(), behind.position.as_str()), (2, "5"));
    let refused = desk.page(OWNER, &dossier.name, 0, "", "x").await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_goes_on_from_where_it_was_told_and_hears_what_comes() {
    let desk = Desk::open().await;
    let dossier = desk.submitted("post").await;
    let mut case = desk.facts("workflow", &dossier.name);
    let mut watch = desk.watch(OWNER, &dossier.name, "").await.unwrap();
    let first = watch.message().await.unwrap().unwrap();
    assert_eq!(first.entry.unwrap().kind(), EntryKind::Submitted);
    case.hear(accepted()).await;
    let second = watch.message().await.unwrap().unwrap();
    assert_eq!(second.entry.unwrap().kind(), EntryKind::Accepted);
    let slip = watch.message().await.unwrap().unwrap();
    assert_eq!(slip.entry.unwrap().kind(), EntryKind::DocumentAdded);
    drop(watch);
    // A fact that publishes nothing rings no bell, and is heard all the same.
    desk.facts("payment", &dossier.name).hear(invoice()).await;
    let mut watch = desk.watch(OFFICER, &dossier.name, &slip.position).await.unwrap();
    let third = watch.message().await.unwrap().unwrap();
    assert_eq!(third.entry.unwrap().kind(), EntryKind::InvoiceIssued);
    case.hear(resumed()).await;
    let fourth = watch.message().await.unwrap().unwrap();
    assert_eq!((fourth.entry.unwrap().kind(), fourth.position), (EntryKind::Resumed, "5".into()));
}

/// A transaction that began before others and commits after them is not passed over.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_committed_late_wakes_its_watchers_late() {
    let desk = Desk::open().await;
    let slow = desk.submitted("post").await;
    let quick = desk.submitted("post").await;
    let mut watch_slow = desk.watch(OWNER, &slow.name, "1").await.unwrap();
    let mut watch_quick = desk.watch(OWNER, &quick.name, "1").await.unwrap();
    let mut late = desk.alone.database.pool().begin().await.unwrap();
    let entry = "insert into dossier.timeline
             (dossier, sequence, kind, happened_at, status, actor, reference, number)
         values ($1::uuid, 2, 2, now(), 2, 2, '', '')";
    let id = slow.name.trim_start_matches("dossiers/");
    sqlx::query(entry).bind(id).execute(&mut *late).await.unwrap();
    desk.facts("workflow", &quick.name).hear(accepted()).await;
    assert_eq!(watch_quick.message().await.unwrap().unwrap().position, "2");
    late.commit().await.unwrap();
    assert_eq!(watch_slow.message().await.unwrap().unwrap().position, "2");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_ends_with_its_token_and_is_for_those_who_may_read() {
    let desk = Desk::open().await;
    let dossier = desk.submitted("post").await;
    for stranger in ["accounts/019abf00-0000-7000-8000-000000000002", "agencies/26737/officers/x"] {
        let refused = desk.watch(stranger, &dossier.name, "").await.unwrap_err();
        assert_eq!(refused.code(), Code::PermissionDenied, "{stranger}");
    }
    let mut watch = desk.watch(OWNER, &dossier.name, "").await.unwrap();
    assert!(watch.message().await.unwrap().is_some());
    desk.alone.clock.advance(SignedDuration::from_mins(5));
    let ended = watch.message().await.unwrap_err();
    assert_eq!(reason(&ended).as_deref(), Some("TOKEN_EXPIRED"));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_watches_without_bound_and_a_stopping_server_says_so() {
    let desk = Desk::open().await;
    let dossier = desk.submitted("post").await;
    let mut watches = Vec::new();
    for _ in 0..8 {
        let mut watch = desk.watch(OWNER, &dossier.name, "").await.unwrap();
        assert!(watch.message().await.unwrap().is_some());
        watches.push(watch);
    }
    let refused = desk.watch(OWNER, &dossier.name, "").await.unwrap_err();
    assert_eq!(reason(&refused).as_deref(), Some("TOO_MANY_WATCHES"));
    assert!(desk.watch(OFFICER, &dossier.name, "").await.is_ok());
    drop(desk);
    let ended = watches[0].message().await.unwrap_err();
    assert_eq!(ended.code(), Code::Unavailable);
}
