//! What the command line tells, and how it ends.

use std::net::TcpListener;
use std::process::Output;

use journeys::in_name_of;
use motcua::settings;
use proto::motcua::dossier::v1::ListDossiersRequest;
use proto::motcua::identity::v1::GetOfficerRequest;
use serde_json::Value;

use crate::installation::{Citizen, Installation};

pub fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test]
async fn demo_walks_a_dossier_through_a_mesh_it_starts() {
    let installation = Installation::new();
    let output = installation.run(&["demo", "--json"]).await;
    let told: Value = serde_json::from_str(&out(&output)).expect("one JSON object");
    assert_eq!(told["verdict"], "passed", "{told:#}");
    assert_eq!(output.status.code(), Some(0), "{}", errors(&output));
    assert!(told["steps"].as_array().is_some_and(|steps| steps.len() > 8), "{told:#}");
}

#[tokio::test]
async fn demo_names_the_step_that_failed() {
    let installation = Installation::new();
    let _running = installation.up().await;
    let output = installation.run_with_other_keys(&["demo", "--json"]).await;
    let told: Value = serde_json::from_str(&out(&output)).expect("one JSON object");
    assert_eq!(told["verdict"], "failed", "{told:#}");
    let failure = told["failure"].as_str().unwrap_or_default();
    assert!(failure.starts_with("AppointOfficer: "), "{failure}");
    assert!(failure.contains("TOKEN_INVALID"), "{failure}");
    assert_eq!(output.status.code(), Some(1), "{}", errors(&output));
    let output = installation.run(&["demo", "--json"]).await;
    assert_eq!(output.status.code(), Some(0), "with the right keys: {}", out(&output));
}

#[tokio::test]
async fn a_taken_port_is_told_before_anything_is_touched() {
    for setting in ["workflow.listen", "payment.callback.listen", "metrics.listen"] {
        let installation = Installation::new();
        let port = installation.port(setting);
        let _taken = TcpListener::bind(("127.0.0.1", port)).expect("the port");
        let output = installation.run(&["up"]).await;
        assert_eq!(output.status.code(), Some(1));
        let told = errors(&output);
        assert!(told.contains(&format!("127.0.0.1:{port}")), "{told}");
        assert!(told.contains(setting), "the setting to change: {told}");
        assert!(!installation.data().exists(), "no data were made");
    }
}

#[tokio::test]
async fn it_serves_without_a_sandbox() {
    let installation = Installation::new();
    let sandbox = ["--set", "sandbox.telephone.listen=", "--set", "sandbox.bank.listen="];
    // Then the bank is a real one, somewhere.
    let bank = [
        "--set",
        "payment.bank.url=http://127.0.0.1:9",
        "--set",
        "payment.payee.bank_bin=970436",
        "--set",
        "payment.payee.account=0011001234567",
    ];
    let none = [sandbox.as_slice(), &bank].concat();
    let running = installation.up_with(&none).await;
    let asked = Citizen::of(&installation).asks(ListDossiersRequest::default());
    installation.dossiers().list_dossiers(asked).await.expect("served");
    running.terminate();
    assert_eq!(running.ended().await, Some(0));
    let output = installation.run(&[none, vec!["up", "--walk"]].concat()).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(errors(&output).contains("sandbox.telephone.listen"), "{}", errors(&output));
}

#[tokio::test]
async fn data_in_use_are_left_to_their_user() {
    let installation = Installation::new();
    let running = installation.up().await;
    let second = installation.beside();
    let output = second.run(&["up"]).await;
    assert_eq!(output.status.code(), Some(1));
    let told = errors(&output);
    assert!(told.contains("in use by another process"), "{told}");
    assert!(told.contains(&installation.data().display().to_string()), "{told}");
    let asked = Citizen::of(&installation).asks(ListDossiersRequest::default());
    installation.dossiers().list_dossiers(asked).await.expect("the first still serves");
    running.terminate();
    assert_eq!(running.ended().await, Some(0));
}

#[tokio::test]
async fn config_prints_every_setting() {
    let output = Installation::new().run(&["config"]).await;
    assert_eq!(output.status.code(), Some(0), "{}", errors(&output));
    let told = out(&output);
    for setting in settings::table() {
        assert!(told.contains(setting.name), "{} is missing from:\n{told}", setting.name);
    }
}

#[tokio::test]
async fn a_setting_that_does_not_exist_is_told_and_nothing_starts() {
    let installation = Installation::new();
    let output = installation.run(&["--set", "dosier.listen=127.0.0.1:1", "up"]).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(errors(&output).contains("dossier.listen"), "the nearest: {}", errors(&output));
    assert!(!installation.data().exists(), "no data were made");
}

/// A person as the identity card tells, a line each.
fn lan(telephone: &str) -> String {
    format!("079190123456\nTrần Thị Lan\n1990-05-01\nfemale\n{telephone}\n")
}

#[tokio::test]
async fn who_holds_the_keys_appoints_the_first_administrator() {
    let installation = Installation::new();
    let appoint = ["ctl", "administrator", "--agency", "26860"];
    let output = installation.run_telling(&lan("0901234567"), &appoint).await;
    assert_eq!(output.status.code(), Some(0), "{}", errors(&output));
    let told = out(&output);
    let name = told.split_whitespace().next().expect("the officer's name").to_owned();

    let _running = installation.up().await;
    let operator = [&appoint[..], &["--operator"]].concat();
    let output = installation.run_telling(&lan("+84 901 234 567"), &operator).await;
    assert_eq!(output.status.code(), Some(0), "{}", errors(&output));
    assert!(out(&output).starts_with(&name), "the same person: {}", out(&output));
    let asked = GetOfficerRequest { name };
    let asked =
        in_name_of(&installation.people().service("/motcua.identity.v1.AccountService/"), asked);
    let officer = installation.officers().get_officer(asked).await.expect("an officer");
    assert_eq!(officer.into_inner().roles, [4, 5]);

    let nowhere = ["ctl", "administrator", "--agency", "99999"];
    for (person, arguments, why) in [
        (lan("0909999999"), &appoint[..], "on record with another telephone"),
        (lan("0901234567"), &nowhere, "parent: "),
        (lan("113"), &appoint, "account.phone_number: "),
        ("079190123456\n".into(), &appoint, "nothing was told of: Full name"),
    ] {
        let output = installation.run_telling(&person, arguments).await;
        assert_eq!(output.status.code(), Some(1), "{}", out(&output));
        assert!(errors(&output).contains(why), "{}", errors(&output));
    }
}

#[tokio::test]
async fn who_holds_the_keys_registers_clients() {
    let installation = Installation::new();
    let _running = installation.up().await;
    let key = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    let register = ["ctl", "client", "bank-1", "--public-key", key];
    let output = installation.run(&register).await;
    assert_eq!(output.status.code(), Some(0), "{}", errors(&output));
    assert!(out(&output).starts_with("clients/bank-1 "), "{}", out(&output));
    let output = installation.run(&register).await;
    assert!(errors(&output).contains("CLIENT_EXISTS"), "{}", errors(&output));
}
