//! Worked cases of processes that are sound, and of those that are not.

use super::*;

const GENERAL: &str = include_str!("../../../data/processes/general-v1.yaml");

#[test]
fn the_general_process_is_sound() {
    let process = Process::from_yaml(GENERAL).expect("sound");
    assert_eq!(process.first().id, "receive");
    assert_eq!(process.steps().len(), 5);
}

const VEHICLE: &str = include_str!("../../../data/processes/vehicle_registration-v1.yaml");

#[test]
fn a_wait_is_checked_like_any_step() {
    let process = Process::from_yaml(VEHICLE).expect("sound");
    let waits: Vec<_> = process.steps().iter().filter_map(Step::wait).collect();
    assert_eq!(waits, [Wait::Draw, Wait::Payment]);
    for (was, is, told) in [
        ("then: pay", "then: pray", "step draw, outcome then: `then` names the step pray"),
        ("wait: payment", "wait: draw", "step pay: a fee is due when it begins"),
        (
            "    status: financial_obligation_required",
            "    status: accepted",
            "step pay: it waits for a payment",
        ),
        ("status: in_processing\n    then", "status: accepted\n    then", "may not follow"),
        ("wait: payment", "wait: rain", "line"),
        ("wait: payment", "wait: payment\n    role: signing", "step pay: write `role`"),
    ] {
        assert!(VEHICLE.contains(was), "{was}");
        let error = Process::from_yaml(&VEHICLE.replace(was, is)).expect_err(is);
        assert!(error.to_string().contains(told), "{is}: {error}");
    }
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    for (was, is, told) in [
        ("then: sign", "then: sing", "step process, outcome done: `then` names the step sing"),
        (
            "done: { status: in_processing",
            "done: { status: processing_done",
            "status 9 may not follow status 2",
        ),
        ("{ status: result_returned }", "{ status: in_processing }", "not final; add `then`"),
        ("role: signing", "role: singing", "line"),
        (
            "id: return",
            "id: return_it",
            "step issue, outcome post undelivered: `then` names the step return",
        ),
        ("id: issue", "id: issues", "step sign, outcome signed: `then` names the step issue"),
        ("accepted: {", "taken: {", "give it an outcome `accepted`"),
        ("id: receive", "id: reception", "begin with `receive`"),
        ("version: 1", "version: 0", "a version from 1"),
        ("signed: {", "Signed!: {", "step sign, outcome Signed!"),
        ("status: processing_done, then: issue", "status: not_accepted, then: issue", "is final"),
        (
            "status: processing_done, then: issue",
            "status: in_processing, then: issue",
            "step issue: the result is issued in it; what leads to it must give processing_done",
        ),
        (
            "status: processing_done, then: issue",
            "status: processing_done, then: return",
            "step return, outcome returned: no result was issued",
        ),
        (
            "delivered: { status: result_returned }",
            "delivered: { status: processing_done, then: return }",
            "step issue: a parcel that was delivered ends the case",
        ),
        (
            "undelivered: { status: processing_done, then: return }",
            "undelivered: { status: result_returned }",
            "step issue: a parcel that came back is still to be handed over",
        ),
        (
            "counter: { status: processing_done, then: return }",
            "counter: { status: processing_done, then: issue }",
            "step issue: the result was issued before",
        ),
        (
            "electronic: { status: result_returned }",
            "electronic: { status: in_processing, then: process }",
            "step issue, outcome electronic: status 4 may not follow status 9",
        ),
        ("electronic: {", "pigeon: {", "line"),
        ("      electronic: { status: result_returned }\n", "", "missing field `electronic`"),
        ("    ways:", "    role: signing\n    ways:", "step issue: write `role` and `outcomes`"),
    ] {
        assert!(GENERAL.contains(was), "{was}");
        let error = Process::from_yaml(&GENERAL.replace(was, is)).expect_err(is);
        assert!(error.to_string().contains(told), "{is}: {error}");
    }
}

#[test]
fn what_the_law_gives_to_every_process_none_of_them_gives() {
    for (was, is, told) in [
        (
            "      accepted: {",
            "      refused: { status: not_accepted }\n      accepted: {",
            "step receive: every dossier can be refused",
        ),
        ("issue", "withdraw", "step withdraw: every dossier can be withdrawn"),
        ("issue", "escalated", "step escalated: every case can be late"),
        (
            "sent_back: {",
            "supplement_requested: {",
            "step sign, outcome supplement_requested: a supplement can be asked for",
        ),
        (
            "sent_back: { status: in_processing, then: process",
            "sent_back: { status: in_processing, then: receive",
            "step sign, outcome sent_back: a dossier is received once",
        ),
    ] {
        assert!(GENERAL.contains(was), "{was}");
        let error = Process::from_yaml(&GENERAL.replace(was, is)).expect_err(is);
        assert!(error.to_string().contains(told), "{is}: {error}");
    }
}

#[test]
fn a_step_that_is_unreached_or_there_already_is_refused() {
    for (id, told) in [("lonely", "no outcome leads to it"), ("sign", "once in the process")] {
        let outcomes = "{ x: { status: result_returned } }";
        let one_more = format!("  - id: {id}\n    role: signing\n    outcomes: {outcomes}\n");
        let error = Process::from_yaml(&format!("{GENERAL}{one_more}")).expect_err(id);
        assert!(error.to_string().contains(&format!("step {id}: ")), "{error}");
        assert!(error.to_string().contains(told), "{error}");
    }
}
