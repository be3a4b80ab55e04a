//! `motcua ctl` as an operator uses it, against a running mesh.

use std::time::Duration;

use serde_json::Value;
use support::eventually;

use crate::command_line::{errors, out};
use crate::installation::{Citizen, Installation};
use crate::kills::filled;

async fn json(installation: &Installation, arguments: &[&str]) -> Value {
    let output = installation.run(arguments).await;
    assert_eq!(output.status.code(), Some(0), "{}", errors(&output));
    serde_json::from_str(&out(&output)).expect("JSON")
}

fn texts<'a>(rows: &'a Value, key: &str) -> Vec<&'a str> {
    let rows = rows.as_array().expect("an array");
    rows.iter().map(|row| row[key].as_str().unwrap_or_default()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_story_of_a_dossier_is_told_across_services() {
    let installation = Installation::new();
    let _running = installation.up().await;
    let citizen = Citizen::of(&installation);
    let asked = filled(&installation, &citizen).await;
    let dossier = asked.name.clone();
    let submitted = installation.dossiers().submit_dossier(citizen.asks(asked)).await;
    let code = submitted.expect("submitted").into_inner().code;
    let tell = ["ctl", "dossier", &dossier, "--json"];
    eventually(Duration::from_secs(30), async || {
        let story = json(&installation, &tell).await;
        let opened = texts(&story["facts"], "type").contains(&"motcua.workflow.v1.CaseOpened");
        opened.then_some(()).ok_or(story.to_string())
    })
    .await;
    let story = json(&installation, &tell).await;
    let services = texts(&story["facts"], "service");
    assert!(services.contains(&"dossier") && services.contains(&"workflow"), "{story:#}");
    let times = texts(&story["facts"], "time");
    assert!(times.is_sorted(), "{times:?}");
    assert!(texts(&story["facts"], "actor").iter().all(|actor| !actor.is_empty()), "{story:#}");
    assert_eq!(story["dead_letters"], Value::Array(Vec::new()));
    let by_code = json(&installation, &["ctl", "dossier", &code, "--json"]).await;
    assert_eq!(by_code, story, "the same by its code");
    let told = installation.run(&tell[..3]).await;
    assert!(out(&told).contains("DossierSubmitted"), "{}", out(&told));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_sees_what_waits_and_is_told_what_is_not_there() {
    let installation = Installation::new();
    let alone = installation.run(&["ctl", "readers"]).await;
    assert_eq!(alone.status.code(), Some(1));
    assert!(errors(&alone).contains("no service listens"), "{}", errors(&alone));

    let _running = installation.up().await;
    let readers = json(&installation, &["ctl", "readers", "--json"]).await;
    assert!(readers.as_array().is_some_and(|rows| rows.len() > 5), "{readers:#}");
    assert!(texts(&readers, "state").iter().all(|state| *state == "reading"), "{readers:#}");
    let jobs = json(&installation, &["ctl", "jobs", "--json"]).await;
    assert_eq!(texts(&jobs, "service").len(), 6, "{jobs:#}");
    let top = out(&installation.run(&["ctl", "top", "--every", "1"]).await);
    assert!(top.contains("1 of 1 processes answer") && !top.contains("Look into"), "{top}");
    assert_eq!(top.lines().filter(|line| line.ends_with('0')).count(), 6, "{top}");
    assert!(top.contains("\nPromised results: 0 late, "), "{top}");
    let again = installation.run(&["ctl", "retry", "mailing", "tell_owner"]).await;
    assert_eq!(out(&again).trim(), "Taken again at mailing: 0 jobs, 0 timers of kind tell_owner.");
    let none = installation.run(&["ctl", "dead-letters", "list"]).await;
    assert_eq!(out(&none).trim(), "No dead letters.");
    let none = installation.run(&["ctl", "suspense", "list"]).await;
    assert_eq!(out(&none).trim(), "No money waits in suspense.");
    for (arguments, why) in [
        (&["show", "payment/7"][..], "payment: NO_DEAD_LETTER"),
        (&["replay", "payment/7"], "payment: NO_DEAD_LETTER"),
        (&["discard", "payment/7", "--reason", "x"], "payment: NO_DEAD_LETTER"),
        (&["discard", "payment/7", "--reason", ""], "reason: "),
        (&["show", "payments/7"], "no service payments"),
        (&["show", "7"], "as in payment/12"),
    ] {
        let refused = installation.run(&[&["ctl", "dead-letters"], arguments].concat()).await;
        assert_ne!(refused.status.code(), Some(0), "{}", out(&refused));
        assert!(errors(&refused).contains(why), "{}", errors(&refused));
    }
}
