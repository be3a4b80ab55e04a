//! What follows from others' facts.

use proto::motcua::dossier::v1::{ActorKind, EntryKind};

use super::*;
use crate::dossier::{Change, Follow};
use crate::timeline::{Action, ActionKind, Happening};

const LATER: &str = "2026-11-27T08:00:00Z";

fn instant(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

fn fact(status: Option<DossierStatus>, change: Change) -> Follow {
    let happening = Happening::new(EntryKind::Accepted, instant(NOON), ActorKind::Officer);
    Follow { id: ID, status, happening, change }
}

fn submitted() -> Dossier {
    submit(&draft(), NOON).expect("submitted").after
}

fn follow(before: &Dossier, status: Option<DossierStatus>, change: Change) -> Dossier {
    decide(&fact(status, change), Some(before), NOON).expect("followed").after
}

fn action(kind: ActionKind) -> Action {
    Action::on(kind, "a/resource".into())
}

fn kinds(dossier: &Dossier) -> Vec<ActionKind> {
    dossier.next_actions(instant(NOON)).iter().map(|action| action.kind).collect()
}

#[test]
fn nothing_follows_for_a_draft_or_for_nothing() {
    let told = fact(Some(DossierStatus::Accepted), Change::Nothing);
    assert_eq!(reason(decide(&told, Some(&draft()), NOON)), "DOSSIER_NOT_SUBMITTED");
    assert_eq!(reason(decide(&told, None, NOON)), "DOSSIER_NOT_SUBMITTED");
}

#[test]
fn a_status_is_published_when_it_changes_and_an_entry_added_always() {
    let told = fact(Some(DossierStatus::Accepted), Change::Nothing);
    let first = decide(&told, Some(&submitted()), NOON).expect("followed");
    assert!(matches!(
        &first.facts[..],
        [Fact::StatusChanged { before: DossierStatus::NewlyRegistered, .. }]
    ));
    let second = decide(&told, Some(&first.after), NOON).expect("followed");
    assert!(second.facts.is_empty());
    let note = decide(&fact(None, Change::Nothing), Some(&second.after), NOON).expect("followed");
    assert!(note.facts.is_empty());
    let entries: Vec<_> =
        note.after.new_entries.iter().map(|entry| (entry.sequence, entry.status)).collect();
    let (new, accepted) = (DossierStatus::NewlyRegistered, DossierStatus::Accepted);
    assert_eq!(entries, [(1, new), (2, accepted), (3, accepted), (4, accepted)]);
    assert_eq!(note.after.entries, 4);
}

#[test]
fn a_promise_is_unset_by_a_pause_and_made_anew_when_the_clock_runs() {
    let (noon, later) = (instant(NOON), instant(LATER));
    let promised = Change::Promised { accepted_at: noon, due_at: noon };
    let steps = [
        (promised, Some(noon)),
        (Change::Nothing, Some(noon)),
        (Change::Paused(None), None),
        (Change::Nothing, None),
        (Change::Resumed(Some(later)), Some(later)),
        (Change::Paused(None), None),
        (Change::Resumed(None), None),
    ];
    let mut dossier = submitted();
    for (change, due_at) in steps {
        dossier = follow(&dossier, Some(DossierStatus::InProcessing), change.clone());
        assert_eq!(dossier.due_at, due_at, "{change:?}");
        assert_eq!(dossier.accepted_at, Some(noon));
    }
}

#[test]
fn what_the_owner_can_do_opens_and_closes_with_the_facts() {
    use ActionKind::{DrawNumber, FollowShipment, Pay, RateDossier};
    let waits = DossierStatus::FinancialObligationRequired;
    let draw = || Change::Paused(Some(action(DrawNumber)));
    let steps: [(Option<DossierStatus>, Change, &[ActionKind]); 12] = [
        (Some(waits), draw(), &[DrawNumber]),
        (Some(waits), draw(), &[DrawNumber]),
        (None, Change::Opens(action(Pay)), &[DrawNumber, Pay]),
        (None, Change::Closes(DrawNumber), &[Pay]),
        (Some(waits), Change::Paused(None), &[Pay]),
        (None, Change::Opens(action(Pay)), &[Pay]),
        (None, Change::Closes(Pay), &[]),
        (None, Change::Opens(action(RateDossier)), &[RateDossier]),
        (None, Change::Opens(action(FollowShipment)), &[FollowShipment, RateDossier]),
        (None, Change::Opens(action(Pay)), &[Pay, FollowShipment, RateDossier]),
        (Some(DossierStatus::Withdrawn), Change::Nothing, &[FollowShipment, RateDossier]),
        (None, Change::Closes(FollowShipment), &[RateDossier]),
    ];
    let mut dossier = submitted();
    for (status, change, open) in steps {
        dossier = follow(&dossier, status, change.clone());
        assert_eq!(kinds(&dossier), open, "{change:?}");
    }
}

#[test]
fn what_has_lapsed_is_not_offered() {
    let until = Some(instant(LATER));
    let pay = Action { until, ..action(ActionKind::Pay) };
    let dossier = follow(&submitted(), None, Change::Opens(pay.clone()));
    assert_eq!(dossier.next_actions(instant("2026-11-27T07:59:59Z")), [pay]);
    assert!(dossier.next_actions(instant(LATER)).is_empty());
}

#[test]
fn a_draft_is_filled_in_and_submitted() {
    assert_eq!(
        kinds(&draft()),
        [ActionKind::SaveStep, ActionKind::CreateFile, ActionKind::SubmitDossier]
    );
    assert!(kinds(&submitted()).is_empty());
}
