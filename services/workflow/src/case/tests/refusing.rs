//! Worked cases of refusals: who may refuse what, and that nothing follows.

use proto::motcua::workflow::v1::GroundsKind;

use super::*;
use crate::case::RefuseDossier;
use crate::grounds::Stated;

fn refuse(case: &Case, officer: Officer, etag: &str) -> Result<Decided<Case, Named>, Refusal> {
    let (kind, subjects) = (GroundsKind::Refusal, vec!["other".into()]);
    let stated = Stated { kind, subjects, sealed: vec![1, 2, 3] };
    decide(&RefuseDossier { id: ID, etag: etag.into(), officer, stated }, Some(case))
}

#[test]
fn a_dossier_is_refused_by_whoever_holds_its_receiving_task_and_its_case_ends() {
    let held = claim(&opened(), "receive", able(1)).expect("claimed");
    let Decided { after, facts, .. } = refuse(&held, able(1), "").expect("refused");
    assert_eq!((after.status, after.closed_at), (DossierStatus::NotAccepted, Some(now())));
    assert_eq!(after.tasks[0].outcome.as_deref(), Some("refused"));
    assert_eq!(after.due_at, None, "nothing was promised");
    let [Fact::Refused(_, grounds), Fact::TaskClosed(..), Fact::Closed(..)] = facts.as_slice()
    else {
        panic!("{facts:?}")
    };
    assert_eq!((grounds.number, grounds.officer.as_str()), (1, able(1).name.as_str()));
    assert_eq!(after.new_grounds, std::slice::from_ref(grounds));
    for again in [refuse(&after, able(1), ""), accept(&after, able(1))] {
        assert_eq!(reason(again), "TASK_CLOSED");
    }
}

#[test]
fn nobody_else_refuses_and_nothing_else_is_refused() {
    let open = opened();
    let held = claim(&open, "receive", able(1)).expect("claimed");
    let stranger = Officer { agency: "agencies/27484".into(), ..able(1) };
    let accepted = accepted();
    for (case, officer, etag, why) in [
        (&open, able(1), "", "TASK_NOT_CLAIMED"),
        (&held, able(2), "", "TASK_NOT_CLAIMED"),
        (&held, stranger, "", "NOT_PERMITTED"),
        (&held, able(1), "1", "ETAG_STALE"),
        (&accepted, able(1), "", "TASK_CLOSED"),
    ] {
        assert_eq!(reason(refuse(case, officer, etag)), why);
    }
    assert!(refuse(&held, able(1), &held.etag()).is_ok());
}

#[test]
fn a_vehicles_dossier_is_refused_like_any_other() {
    let opened = opened_under("procedures/1.012575/versions/1");
    let held = claim(&opened, "receive", able(1)).expect("claimed");
    assert!(refuse(&held, able(1), "").is_ok());
}
