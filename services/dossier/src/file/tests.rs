//! Worked cases of files: who may begin, end and delete them, and when.

use std::collections::BTreeMap;

use chassis::refusal::Refusal;
use chassis::write::{At, Command, Decided, Numbers};
use jiff::Timestamp;
use proptest::prelude::*;
use proto::motcua::r#type::v1::{Channel, DossierStatus, ReturnWay};
use uuid::Uuid;

use super::*;

const OWNER: &str = "accounts/owner";
const AGENCY: &str = "agencies/26860";
const NOON: &str = "2026-11-25T05:00:00Z";

fn decide<C: Command<Root = Dossier>>(
    command: &C,
    before: &Dossier,
    now: &str,
) -> Result<Decided<Dossier, C::Answer>, Refusal> {
    let now: Timestamp = now.parse().expect("an instant");
    let mut numbers = Numbers::default();
    command.decide(Some(before), &(), &mut At::new(now, [0; 32], &mut numbers))
}

fn dossier(status: DossierStatus) -> Dossier {
    Dossier {
        id: Uuid::from_u128(7),
        owner: OWNER.into(),
        procedure: "1.012575".parse().expect("a code"),
        version: 1,
        agency: AGENCY.into(),
        channel: Channel::Online,
        handed_in: None,
        status,
        code: None,
        created_at: Timestamp::UNIX_EPOCH,
        draft_days: 30,
        expire_at: None,
        lapsed: false,
        submitted_at: None,
        return_way: ReturnWay::Unspecified,
        accepted_at: None,
        due_at: None,
        late_since: None,
        new_due_at: None,
        actions: Vec::new(),
        entries: 0,
        new_entries: Vec::new(),
        revision: 1,
        saved_steps: BTreeMap::new(),
        pending_steps: BTreeMap::new(),
        turn: None,
        supplements: Vec::new(),
        withdrawal_asked_at: None,
        withdrawals: 0,
        files: BTreeMap::new(),
        new_documents: Vec::new(),
    }
}

fn citizen() -> Hand {
    Hand { name: OWNER.into(), agency: None }
}

fn officer() -> Hand {
    Hand { name: format!("{AGENCY}/officers/1"), agency: Some(AGENCY.into()) }
}

fn creation(id: u128, hand: Hand, size: u64) -> CreateFile {
    let purpose = match hand.agency {
        None => Purpose::Paper("invoice".into()),
        Some(_) => Purpose::Result,
    };
    CreateFile {
        dossier: Uuid::from_u128(7),
        id: Uuid::from_u128(id),
        hand,
        purpose,
        most: 2,
        sealed_name: vec![1],
        kind: FileKind::Pdf,
        size,
        declared: None,
    }
}

fn completion(id: u128, hand: Hand) -> CompleteFile {
    CompleteFile {
        dossier: Uuid::from_u128(7),
        id: Uuid::from_u128(id),
        hand,
        digest: [9; 32],
        attempt: 1,
    }
}

fn deletion(id: u128, hand: Hand) -> DeleteFile {
    DeleteFile { dossier: Uuid::from_u128(7), id: Uuid::from_u128(id), hand }
}

fn reason<T: std::fmt::Debug>(decided: Result<T, Refusal>) -> &'static str {
    decided.expect_err("refused").reason
}

#[test]
fn a_file_is_part_of_the_dossier_once_it_is_complete() {
    let draft = dossier(DossierStatus::Unspecified);
    let begun = decide(&creation(1, citizen(), 10), &draft, NOON).expect("begun").after;
    assert_eq!(begun.revision, 1);
    let complete = decide(&completion(1, citizen()), &begun, NOON).expect("complete").after;
    assert_eq!(complete.revision, 2);
    let again = decide(&completion(1, citizen()), &complete, NOON).expect("a repeat").after;
    assert_eq!(again, complete);
    assert_eq!(reason(decide(&creation(1, citizen(), 10), &begun, NOON)), "FILE_EXISTS");
    let gone = decide(&deletion(1, citizen()), &complete, NOON).expect("deleted").after;
    assert_eq!(gone.revision, 3);
    assert_eq!(reason(decide(&completion(1, citizen()), &gone, NOON)), "NOT_PERMITTED");
}

#[test]
fn each_has_their_time() {
    use DossierStatus as Status;
    let other = Hand { name: "accounts/other".into(), agency: None };
    let elsewhere = Hand { agency: Some("agencies/27484".into()), ..officer() };
    for (status, hand, expected) in [
        (Status::Unspecified, other.clone(), "NOT_PERMITTED"),
        (Status::Unspecified, officer(), "NOT_PERMITTED"),
        (Status::NewlyRegistered, citizen(), "DOSSIER_SUBMITTED"),
        (Status::NewlyRegistered, officer(), "DOSSIER_NOT_IN_PROCESSING"),
        (Status::InProcessing, citizen(), "DOSSIER_SUBMITTED"),
        (Status::InProcessing, elsewhere, "NOT_PERMITTED"),
        (Status::InProcessing, other, "NOT_PERMITTED"),
        (Status::Withdrawn, officer(), "DOSSIER_NOT_IN_PROCESSING"),
        (Status::ResultReturned, officer(), "DOSSIER_NOT_IN_PROCESSING"),
    ] {
        let refused = decide(&creation(1, hand, 10), &dossier(status), NOON);
        assert_eq!(reason(refused), expected, "{status:?}");
    }
    let begun = dossier(Status::InProcessing);
    let begun = decide(&creation(1, officer(), 10), &begun, NOON).expect("begun").after;
    let colleague = Hand { name: format!("{AGENCY}/officers/2"), ..officer() };
    assert_eq!(reason(decide(&completion(1, colleague), &begun, NOON)), "NOT_PERMITTED");
}

#[test]
fn what_lapsed_takes_room_until_it_goes_after_an_hour() {
    let draft = dossier(DossierStatus::Unspecified);
    let mut begun = draft;
    for id in [1, 2] {
        begun = decide(&creation(id, citizen(), LARGEST_DOSSIER / 2), &begun, NOON)
            .expect("begun")
            .after;
    }
    assert_eq!(reason(decide(&creation(3, citizen(), 1), &begun, NOON)), "PAPER_FULL");
    let elsewhere =
        CreateFile { purpose: Purpose::Paper("receipt".into()), ..creation(3, citizen(), 1) };
    assert_eq!(reason(decide(&elsewhere, &begun, NOON)), "DOSSIER_FULL");
    let next_noon = "2026-11-26T05:00:00Z";
    assert_eq!(reason(decide(&completion(1, citizen()), &begun, next_noon)), "FILE_LAPSED");
    assert_eq!(reason(decide(&elsewhere, &begun, next_noon)), "DOSSIER_FULL");
    let forget = ForgetFile { dossier: Uuid::from_u128(7), id: Uuid::from_u128(1) };
    assert_eq!(reason(decide(&forget, &begun, "2026-11-26T05:59:59Z")), "FILE_IN_USE");
    let swept = decide(&forget, &begun, "2026-11-26T06:00:00Z").expect("forgotten").after;
    assert_eq!(swept.files.len(), 1);
    assert!(decide(&elsewhere, &swept, "2026-11-26T06:00:00Z").is_ok());
}

#[test]
fn the_first_bytes_say_what_a_file_is() {
    for (kind, begin, expected) in [
        (FileKind::Pdf, b"%PDF-1.4".as_slice(), true),
        (FileKind::Pdf, b"PK\x03\x04", false),
        (FileKind::Jpeg, &[0xff, 0xd8, 0xff, 0xe0], true),
        (FileKind::Jpeg, &[0xff, 0xd8], false),
        (FileKind::Png, b"\x89PNG\r\n\x1a\n\0", true),
        (FileKind::Png, b"%PDF-1.4", false),
        (FileKind::Pdf, b"", false),
    ] {
        assert_eq!(kind.begins(begin), expected, "{kind:?} {begin:?}");
    }
}

proptest! {
    #[test]
    fn parts_are_the_file_without_gap_or_overlap(size in 1_u64..10_000_000) {
        let file = File { size, ..creation(1, citizen(), size).file(None, Timestamp::UNIX_EPOCH) };
        let (mut offset, mut count) = (Some(0), 0);
        let mut total = 0;
        while let Some(begin) = offset {
            let part = Part::at(&file, i64::try_from(begin).expect("small")).expect("a part");
            prop_assert_eq!(part.number, count);
            total += part.length;
            count += 1;
            offset = part.next(&file);
        }
        prop_assert_eq!(total, size);
        prop_assert_eq!(count, parts(size));
        prop_assert!(Part::at(&file, i64::try_from(size).expect("small")).is_err());
        prop_assert!(Part::at(&file, -1).is_err());
    }
}
