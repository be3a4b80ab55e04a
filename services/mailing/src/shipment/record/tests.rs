//! Worked cases of recording scans, and that their order does not matter.

use chassis::refusal::FIELDS_INVALID;
use chassis::write::Numbers;
use proptest::prelude::*;
use proto::motcua::r#type::v1::Channel;
use proto::motcua::r#type::v1::ReturnWay;

use super::*;
use crate::shipment::{Dossier, SendResult};

const OPENED: &str = "2026-11-25T03:00:00Z";

fn at(minutes: i64) -> Timestamp {
    let opened: Timestamp = OPENED.parse().expect("an instant");
    opened + SignedDuration::from_mins(minutes)
}

fn decide<C: Command<Root = Mail>>(
    command: &C,
    before: Option<&Mail>,
    now: Timestamp,
) -> Result<(Mail, Vec<Fact>), Refusal> {
    let mut numbers = Numbers::default();
    let decided = command.decide(before, &(), &mut At::new(now, [7; 32], &mut numbers))?;
    Ok((decided.after, decided.facts))
}

fn opened() -> Mail {
    let dossier = Dossier {
        id: Uuid::from_u128(7),
        code: "H29.26.860-20261125-0000001".into(),
        procedure: "procedures/1.012575/versions/1".into(),
        agency: "agencies/26860".into(),
        channel: Channel::Online,
    };
    let cause = "workflow/events/1".into();
    let open = SendResult { dossier, way: ReturnWay::Post, cause };
    decide(&open, None, at(0)).expect("opened").0
}

fn scan(id: &str, kind: ScanKind, minutes: i64) -> Scan {
    Scan { id: id.into(), kind, at: at(minutes), place: String::new() }
}

fn record(mail: &Mail, scans: &[Scan]) -> Result<(Mail, Vec<Fact>), Refusal> {
    let scans = scans.iter().cloned().enumerate();
    let scans = scans.map(|(index, scan)| Numbered { index, scan }).collect();
    decide(&RecordScans { dossier: Uuid::from_u128(7), scans }, Some(mail), at(60))
}

fn state(mail: &Mail) -> ShipmentState {
    mail.shipment.as_ref().expect("a shipment").state()
}

#[test]
fn a_scan_proves_that_the_parcel_was_posted_and_its_owner_is_told() {
    let (after, facts) = record(&opened(), &[scan("a", ScanKind::InTransit, 2)]).expect("taken");
    assert!(matches!(facts[..], [Fact::Posted(_, posted), Fact::Scanned(..)] if posted == at(2)));
    assert_eq!(state(&after), ShipmentState::InTransit);
    assert_eq!(after.messages.len(), 1);
}

#[test]
fn a_repeat_changes_nothing_and_another_scan_under_its_id_is_refused() {
    let told = scan("a", ScanKind::Accepted, 1);
    let (after, _) = record(&opened(), &[told.clone(), told.clone()]).expect("taken");
    let (again, facts) = record(&after, std::slice::from_ref(&told)).expect("known");
    assert_eq!((again, facts), (after.clone(), vec![]));
    let refused = record(&after, &[scan("a", ScanKind::Delivered, 1)]).expect_err("refused");
    assert_eq!(refused.reason, FIELDS_INVALID);
    assert_eq!(refused.violations[0].field, "scans[0].scan_id");
}

#[test]
fn a_scan_lies_between_the_opening_and_now_give_or_take_five_minutes() {
    for (minutes, sound) in [(-6, false), (-5, true), (0, true), (65, true), (66, false)] {
        let outcome = record(&opened(), &[scan("a", ScanKind::Accepted, minutes)]);
        assert_eq!(outcome.is_ok(), sound, "{minutes}");
    }
}

#[test]
fn a_fault_keeps_the_whole_parcel_out() {
    let scans = [scan("a", ScanKind::Accepted, 1), scan("b", ScanKind::InTransit, 100)];
    let refused = record(&opened(), &scans).expect_err("refused");
    assert_eq!(refused.violations[0].field, "scans[1].time");
}

#[test]
fn of_a_parcel_a_hundred_scans_are_kept_and_those_that_end_its_way() {
    let scans: Vec<Scan> =
        (0..100).map(|number| scan(&number.to_string(), ScanKind::InTransit, 1)).collect();
    let (after, _) = record(&opened(), &scans).expect("taken");
    let more = [scan("x", ScanKind::InTransit, 2), scan("y", ScanKind::Delivered, 3)];
    let (after, facts) = record(&after, &more).expect("taken");
    assert!(matches!(facts[..], [Fact::Scanned(..), Fact::Delivered(..)]), "{facts:?}");
    assert_eq!(after.shipment.as_ref().expect("a shipment").scans.all().len(), 101);
    let (same, facts) = record(&after, &[scan("z", ScanKind::Delivered, 4)]).expect("heard");
    assert_eq!((same, facts), (after, vec![]));
}

#[test]
fn delivery_is_final_and_a_return_told_after_it_is_no_fact() {
    let delivered = [scan("a", ScanKind::Delivered, 9)];
    let (after, facts) = record(&opened(), &delivered).expect("taken");
    assert!(facts.iter().any(|fact| matches!(fact, Fact::Delivered(_, time) if *time == at(9))));
    let later = [scan("b", ScanKind::Returned, 10), scan("c", ScanKind::Delivered, 11)];
    let (after, facts) = record(&after, &later).expect("taken");
    assert!(facts.iter().all(|fact| matches!(fact, Fact::Scanned(..))));
    assert_eq!(state(&after), ShipmentState::Delivered);
}

#[test]
fn the_owner_is_told_once_that_nobody_took_the_parcel_and_where_it_waits() {
    use ScanKind::{Accepted, Attempted, Delivered, OutForDelivery, Returned};
    let (attempted, returned) = ("shipment_attempted", "shipment_returned");
    let cases: [(&[&[ScanKind]], &[&str]); 7] = [
        (&[&[Accepted, OutForDelivery], &[Delivered]], &[]),
        (&[&[OutForDelivery, Attempted], &[Delivered]], &[attempted]),
        (&[&[Attempted], &[OutForDelivery, Attempted]], &[attempted]),
        (&[&[Attempted], &[Attempted], &[Returned]], &[attempted, returned]),
        // What comes late or together is news no more.
        (&[&[Delivered], &[Attempted]], &[]),
        (&[&[Attempted, Returned]], &[returned]),
        (&[&[Returned], &[Attempted], &[Returned]], &[returned]),
    ];
    for (batches, expected) in cases {
        let (mut mail, mut minutes) = (opened(), 0);
        for batch in batches {
            let scans = batch.iter().map(|kind| {
                minutes += 1;
                scan(&minutes.to_string(), *kind, minutes)
            });
            mail = record(&mail, &scans.collect::<Vec<_>>()).expect("taken").0;
        }
        let told = mail.messages.iter().map(|message| message.template.as_str());
        let told: Vec<_> = told.filter(|template| *template != "shipment_posted").collect();
        assert_eq!(told, expected, "{batches:?}");
    }
}

proptest! {
    /// In one batch or one by one, in any order, each told twice: the same shipment, and every fact once.
    #[test]
    fn the_order_of_scans_does_not_matter(
        told in prop::collection::vec((1..=6_i32, 0..50_i64), 1..10),
        keys in prop::collection::vec(any::<u32>(), 20),
    ) {
        let all: Vec<Scan> = told.iter().enumerate().map(|(id, (kind, minutes))| {
            let kind = ScanKind::try_from(*kind).expect("1 to 6 are kinds");
            scan(&id.to_string(), kind, *minutes)
        }).collect();
        let (whole, _) = record(&opened(), &all).expect("taken");
        let mut twice: Vec<(u32, Scan)> = keys.into_iter().zip([&all[..], &all[..]].concat()).collect();
        twice.sort_by_key(|(key, _)| *key);
        let (mut mail, mut facts) = (opened(), Vec::new());
        for (_, scan) in twice {
            let (after, new) = record(&mail, &[scan]).expect("taken");
            mail = after;
            facts.extend(new);
        }
        let scans = |mail: &Mail| mail.shipment.as_ref().map(|one| one.scans.clone());
        prop_assert_eq!(state(&mail), state(&whole));
        prop_assert_eq!(scans(&mail), scans(&whole));
        let count = |is: fn(&Fact) -> bool| facts.iter().filter(|fact| is(fact)).count();
        let has = |kind| told.iter().any(|(told, _)| *told == i32::from(kind));
        prop_assert_eq!(count(|fact| matches!(fact, Fact::Scanned(..))), all.len());
        prop_assert_eq!(count(|fact| matches!(fact, Fact::Posted(..))), 1);
        let delivered = count(|fact| matches!(fact, Fact::Delivered(..)));
        prop_assert_eq!(delivered, usize::from(has(ScanKind::Delivered)));
        let returned = count(|fact| matches!(fact, Fact::Returned(..)));
        prop_assert!(returned <= usize::from(has(ScanKind::Returned)));
        prop_assert!(delivered + returned > 0 || !has(ScanKind::Returned));
    }
}
