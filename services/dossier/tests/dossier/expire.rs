//! A draft that nobody changes lapses.

use jiff::SignedDuration;
use support::{PATIENCE, eventually};
use tonic::Code;

use crate::desk::{Desk, OWNER};

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_lapses_with_its_answers_and_then_does_not_exist() {
    let desk = Desk::with_settings(&["dossier.draft.days=7"]).await;
    let name = desk.filled("post").await;
    let draft = desk.read(OWNER, &name).await.unwrap();
    let days = |from: Option<prost_types::Timestamp>| from.unwrap().seconds / 86_400;
    assert_eq!(days(draft.expire_time) - days(draft.create_time), 7);
    desk.alone.clock.advance(SignedDuration::from_hours(7 * 24));
    let timers = "select count(*) from chassis.timer";
    eventually(PATIENCE, async || desk.alone.number(timers).await == 0).await;
    let refused = desk.read(OWNER, &name).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied, "as what never was");
    let left =
        "select (select count(*) from dossier.dossiers) + (select count(*) from dossier.steps)";
    assert_eq!(desk.alone.number(left).await, 0);
}
