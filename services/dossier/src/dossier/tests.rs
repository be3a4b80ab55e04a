//! Worked cases of the dossier: who may do what to it, and what follows.

mod follow;

use chassis::refusal::Refusal;
use chassis::timers::Due;
use chassis::write::{At, Command, Decided, Numbers, Root, Stream};
use jiff::Timestamp;
use proptest::prelude::*;
use proto::motcua::r#type::v1::{Channel, DossierStatus, LegalLimit, LimitUnit, ReturnWay};
use uuid::Uuid;

use super::{
    CreateDossier, Dossier, Fact, Hand, LAPSE_DRAFT, LapseDraft, SaveStep, SubmitDossier, Submitted,
};

const ID: Uuid = Uuid::from_u128(7);
const OWNER: &str = "accounts/owner";

fn decide<C: Command<Root = Dossier>>(
    command: &C,
    before: Option<&Dossier>,
    now: &str,
) -> Result<Decided<Dossier, C::Answer>, Refusal> {
    let now: Timestamp = now.parse().expect("an instant");
    let mut numbers = Numbers::default();
    command.decide(before, &(), &mut At::new(now, [0; 32], &mut numbers))
}

const NOON: &str = "2026-11-25T05:00:00Z";

fn creation(owner: &str) -> CreateDossier {
    CreateDossier {
        id: ID,
        owner: owner.into(),
        channel: Channel::Online,
        procedure: "1.012575".parse().expect("a code"),
        version: 1,
        agency: "agencies/26860".into(),
        draft_days: 30,
    }
}

fn citizen(name: &str) -> Hand {
    Hand { name: name.into(), agency: None }
}

fn draft() -> Dossier {
    decide(&creation(OWNER), None, NOON).expect("created").after
}

fn submission(caller: &str, checked: &str) -> SubmitDossier {
    let limit = LegalLimit { unit: LimitUnit::WorkingDay.into(), count: 2 };
    let return_way = ReturnWay::Post;
    let (hand, etag, checked) = (citizen(caller), String::new(), checked.into());
    SubmitDossier { id: ID, hand, etag, checked, limit, return_way, handed_in: None }
}

fn submit(before: &Dossier, now: &str) -> Result<Decided<Dossier, Submitted>, Refusal> {
    decide(&submission(OWNER, &before.etag()), Some(before), now)
}

fn save(caller: &str, etag: &str, before: &Dossier) -> Result<Dossier, Refusal> {
    let (hand, etag) = (citizen(caller), etag.into());
    let command = SaveStep { id: ID, hand, etag, step: 1, sealed: vec![1], supplement: None };
    Ok(decide(&command, Some(before), NOON)?.after)
}

fn reason<T: std::fmt::Debug>(decided: Result<T, Refusal>) -> &'static str {
    decided.expect_err("refused").reason
}

#[test]
fn an_id_is_used_once_and_a_stranger_learns_nothing() {
    assert_eq!(reason(decide(&creation(OWNER), Some(&draft()), NOON)), "DOSSIER_EXISTS");
    let stranger = decide(&creation("accounts/other"), Some(&draft()), NOON);
    assert_eq!(reason(stranger), "NOT_PERMITTED");
}

#[test]
fn a_draft_changes_in_its_owners_hands_alone() {
    let saved = save(OWNER, "", &draft()).expect("saved");
    assert_eq!(saved.revision, 2);
    assert!(save(OWNER, &saved.etag(), &saved).is_ok());
    assert_eq!(reason(save(OWNER, "1", &saved)), "ETAG_STALE");
    assert_eq!(reason(save("accounts/other", "", &saved)), "NOT_PERMITTED");
    let nothing = decide(&submission(OWNER, "1"), None, NOON);
    assert_eq!(reason(nothing), reason(save("accounts/other", "", &saved)));
}

#[test]
fn a_dossier_is_submitted_once_as_it_was_checked() {
    let decided = submit(&draft(), NOON).expect("submitted");
    assert_eq!(decided.after.status, DossierStatus::NewlyRegistered);
    assert!(matches!(&decided.facts[..], [Fact::Submitted { .. }]));
    assert_eq!(decided.after.return_way, ReturnWay::Post);
    assert_eq!(reason(submit(&decided.after, NOON)), "DOSSIER_SUBMITTED");
    assert_eq!(reason(save(OWNER, "", &decided.after)), "DOSSIER_SUBMITTED");
    let changed = save(OWNER, "", &draft()).expect("saved");
    assert_eq!(reason(decide(&submission(OWNER, "1"), Some(&changed), NOON)), "ETAG_STALE");
    let checked_before = SubmitDossier { etag: "2".into(), ..submission(OWNER, "1") };
    assert_eq!(reason(decide(&checked_before, Some(&draft()), NOON)), "ETAG_STALE", "guessed");
}

#[test]
fn the_day_in_a_code_is_the_citizens() {
    for (now, day) in [
        ("2026-11-25T16:59:59Z", "20261125"),
        ("2026-11-25T17:00:00Z", "20261126"),
        ("2026-12-31T20:00:00Z", "20270101"),
    ] {
        let code = submit(&draft(), now).expect("submitted").after.code.expect("a code");
        assert_eq!(code.0, format!("H29.26.860-{day}-0000001"));
    }
}

/// When a command has its draft's timer set: none if it removes it.
fn timer<C: Command<Root = Dossier>>(
    command: &C,
    before: Option<&Dossier>,
    now: &str,
) -> Option<Timestamp> {
    let mut numbers = Numbers::default();
    let mut at = At::new(now.parse().expect("an instant"), [0; 32], &mut numbers);
    command.decide(before, &(), &mut at).expect("decided");
    *at.timers().get(LAPSE_DRAFT).expect("it says something about the timer")
}

#[test]
fn a_draft_lapses_so_many_days_after_its_last_change_and_never_once_submitted() {
    let instant = |text: &str| Some(text.parse::<Timestamp>().expect("an instant"));
    assert_eq!(draft().expire_at, instant("2026-12-25T05:00:00Z"));
    assert_eq!(timer(&creation(OWNER), None, NOON), draft().expire_at);
    let save = SaveStep {
        id: ID,
        hand: citizen(OWNER),
        etag: String::new(),
        step: 1,
        sealed: vec![1],
        supplement: None,
    };
    let later = timer(&save, Some(&draft()), "2026-12-01T05:00:00Z");
    assert_eq!(later, instant("2026-12-31T05:00:00Z"));
    assert_eq!(timer(&submission(OWNER, "1"), Some(&draft()), NOON), None);
    let submitted = submit(&draft(), NOON).expect("submitted").after;
    assert_eq!(submitted.expire_at, None);
    let lapse = LapseDraft(Due { stream: Stream(ID), at: later.expect("a timer") });
    assert!(decide(&lapse, Some(&draft()), NOON).expect("lapsed").after.is_gone());
    assert_eq!(reason(decide(&lapse, Some(&submitted), NOON)), "NO_DRAFT");
    assert_eq!(reason(decide(&lapse, None, NOON)), "NO_DRAFT");
}

proptest! {
    #[test]
    fn whatever_is_tried_a_code_once_given_stays(
        tries in prop::collection::vec((0..4_usize, any::<bool>()), 0..30)
    ) {
        let mut dossier = draft();
        for (what, ours) in tries {
            let caller = if ours { OWNER } else { "accounts/other" };
            let after = match what {
                0 => save(caller, "", &dossier),
                1 => save(caller, &dossier.etag(), &dossier),
                2 => decide(&creation(caller), Some(&dossier), NOON).map(|made| made.after),
                _ => decide(&submission(caller, &dossier.etag()), Some(&dossier), NOON)
                    .map(|submitted| submitted.after),
            };
            let Ok(after) = after else { continue };
            prop_assert!(ours, "a stranger changed it");
            prop_assert!(dossier.code.is_none(), "it changed after submission");
            prop_assert_eq!(after.revision, dossier.revision + 1);
            dossier = after;
        }
    }
}
