//! Supplements: what opens, what stays shut, who sees what when, and what becomes of one that nobody answers.

use chassis::clock::timestamp;
use jiff::SignedDuration;
use prost_types::value::Kind;
use proto::motcua::dossier::v1 as pb;
use proto::motcua::dossier::v1::{EntryKind, NextActionKind};
use proto::motcua::r#type::v1::{DossierStatus, ReturnWay, StopReason};
use proto::motcua::workflow::v1::{
    CaseStopped, ClockResumed, DossierAccepted, SupplementRequested,
};
use serde_json::{Value, json};
use support::{AGENCY, PATIENCE, eventually, reason, wish, wrong};
use tonic::Status;
use uuid::Uuid;

use crate::counter;
use crate::desk::{COLLEAGUE, Desk, ELSEWHERE, Facts, OFFICER, OWNER, RECEIVER, SAMPLE};
use crate::files::{pdf, pdf_of};
use crate::workflow::{SUBJECTS, WORDS};

const INVOICE: &str = "purchase_invoice";

/// The `number`-th supplement that workflow asks for.
fn requested(desk: &Desk, dossier: &str, number: i32) -> SupplementRequested {
    let now = desk.alone.clock.now();
    SupplementRequested {
        request_time: Some(timestamp(now)),
        status_after: DossierStatus::SupplementRequired.into(),
        officer: format!("{AGENCY}/officers/{}", Uuid::from_u128(9)),
        grounds: format!("{}/grounds/{}", dossier.replace("dossiers/", "cases/"), number + 1),
        number,
        subjects: SUBJECTS.map(String::from).into(),
        expire_time: Some(timestamp(now + SignedDuration::from_hours(30 * 24))),
        ..Default::default()
    }
}

/// A dossier whose supplement is open, and what workflow says next.
async fn asked(desk: &Desk) -> (String, Facts<'_>) {
    let dossier = desk.submitted("post").await.name;
    let workflow = ask(desk, &dossier).await;
    (dossier, workflow)
}

/// Opens a supplement of a submitted dossier.
async fn ask<'a>(desk: &'a Desk, dossier: &str) -> Facts<'a> {
    let now = desk.alone.clock.now();
    let mut workflow = desk.facts("workflow", dossier);
    let accepted = DossierAccepted {
        accept_time: Some(timestamp(now)),
        due_time: Some(timestamp(now)),
        status_after: DossierStatus::Accepted.into(),
        ..Default::default()
    };
    workflow.hear(accepted).await;
    workflow.hear(requested(desk, dossier, 1)).await;
    workflow
}

fn vehicle(colour: &str) -> Value {
    let sample: Value = serde_json::from_str(SAMPLE).unwrap();
    let mut vehicle = sample["vehicle"].clone();
    vehicle["colour"] = colour.into();
    vehicle
}

fn colour(dossier: &pb::Dossier) -> String {
    let answers = dossier.steps[1].answers.as_ref().unwrap();
    match answers.fields["colour"].kind.as_ref().unwrap() {
        Kind::StringValue(text) => text.clone(),
        other => panic!("{other:?}"),
    }
}

async fn answer(desk: &Desk, dossier: &str, number: u8) -> Result<pb::Supplement, Status> {
    answer_by(desk, OWNER, dossier, number).await
}

async fn answer_by(
    desk: &Desk,
    caller: &str,
    dossier: &str,
    number: u8,
) -> Result<pb::Supplement, Status> {
    let name = format!("{dossier}/supplements/{number}");
    let asked = pb::SupplementDossierRequest { name, etag: String::new(), request_id: wish() };
    Ok(desk.supplements().supplement_dossier(desk.of(caller, asked)).await?.into_inner())
}

async fn get(desk: &Desk, who: &str, dossier: &str, number: u8) -> Result<pb::Supplement, Status> {
    let asked = pb::GetSupplementRequest { name: format!("{dossier}/supplements/{number}") };
    Ok(desk.supplements().get_supplement(desk.of(who, asked)).await?.into_inner())
}

fn said(value: &Option<prost_types::Value>) -> Option<String> {
    match value.as_ref()?.kind.as_ref()? {
        Kind::StringValue(text) => Some(text.clone()),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_for_opens_and_nothing_else() {
    let desk = Desk::open().await;
    let (dossier, _workflow) = asked(&desk).await;
    let open = desk.read(OWNER, &dossier).await.unwrap();
    let kinds: Vec<_> = open.actions.iter().map(pb::NextAction::kind).collect();
    let expected =
        [NextActionKind::SaveStep, NextActionKind::CreateFile, NextActionKind::SupplementDossier];
    assert_eq!(kinds, expected);
    assert!(open.actions.iter().all(|action| action.expire_time.is_some()));

    let mut meddled = vehicle("Trắng");
    meddled["brand"] = "Khác".into();
    let not_open = |field: &str| vec![(field.to_owned(), "FIELD_NOT_OPEN".to_owned())];
    let refused = desk.save_step(&dossier, 2, &meddled).await;
    assert_eq!(wrong(refused), not_open("step.answers.vehicle.brand"));
    let refused = desk.save_step(&dossier, 1, &json!({})).await;
    assert_eq!(wrong(refused), not_open("step.step"), "a step of which nothing is asked");
    let receipt = pdf_of("registration_fee_receipt", &pdf(10));
    let refused = desk.create_file(OWNER, &dossier, receipt).await;
    assert_eq!(wrong(refused), not_open("file.paper"));
    let old = desk.list_files(OWNER, &dossier).await.unwrap();
    let old = old.into_iter().find(|file| file.paper == INVOICE).unwrap();
    assert_eq!(reason(desk.delete_file(OWNER, &old.name).await), "DOSSIER_SUBMITTED");

    let all =
        [("answers.vehicle.colour", "UNCHANGED"), ("papers.purchase_invoice", "PAPER_REQUIRED")];
    let named = |all: &[(&str, &str)]| -> Vec<(String, String)> {
        all.iter().map(|(field, why)| ((*field).to_owned(), (*why).to_owned())).collect()
    };
    assert_eq!(wrong(answer(&desk, &dossier, 1).await), named(&all));
    desk.save_step(&dossier, 2, &vehicle("Trắng")).await.unwrap();
    desk.create_file(OWNER, &dossier, pdf_of(INVOICE, &pdf(10))).await.unwrap();
    let late = [("papers.purchase_invoice", "PAPER_REQUIRED")];
    assert_eq!(wrong(answer(&desk, &dossier, 1).await), named(&late));
    assert_eq!(reason(answer(&desk, &dossier, 2).await), "NOT_PERMITTED");
    assert!(desk.alone.facts::<pb::DossierSupplemented>().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_agency_sees_the_answer_once_it_is_whole_beside_what_counted_before() {
    let desk = Desk::open().await;
    let (dossier, mut workflow) = asked(&desk).await;
    let old = desk.list_files(OFFICER, &dossier).await.unwrap();
    let old = old.into_iter().find(|file| file.paper == INVOICE).unwrap();
    desk.save_step(&dossier, 2, &vehicle("Trắng")).await.unwrap();
    let dropped = desk.upload(OWNER, &dossier, INVOICE, &pdf(10)).await;
    desk.delete_file(OWNER, &dropped.name).await.unwrap();
    let new = desk.upload(OWNER, &dossier, INVOICE, &pdf(20)).await;
    assert_eq!((new.supplement, new.replaced_by), (1, 0));

    assert_eq!(colour(&desk.read(OWNER, &dossier).await.unwrap()), "Trắng");
    assert_eq!(colour(&desk.read(OFFICER, &dossier).await.unwrap()), "Đỏ đen");
    assert_eq!(reason(desk.read_file(OFFICER, &new.name).await), "NOT_PERMITTED");
    assert_eq!(desk.list_files(OFFICER, &dossier).await.unwrap().len(), 3);
    let prepared = get(&desk, OFFICER, &dossier, 1).await.unwrap();
    assert_eq!(prepared.state(), pb::SupplementState::Open);
    assert_eq!(said(&prepared.items[0].after), None);
    assert!(prepared.items[1].files_after.is_empty());
    let own = get(&desk, OWNER, &dossier, 1).await.unwrap();
    assert_eq!(said(&own.items[0].after).as_deref(), Some("Trắng"));
    assert_eq!(reason(get(&desk, ELSEWHERE, &dossier, 1).await), "NOT_PERMITTED");

    let answered = answer(&desk, &dossier, 1).await.unwrap();
    assert_eq!(answered.state(), pb::SupplementState::Answered);
    assert_eq!(reason(answer(&desk, &dossier, 1).await), "SUPPLEMENT_CLOSED", "another wish");
    let told = desk.alone.facts::<pb::DossierSupplemented>().await;
    assert_eq!((told.len(), told[0].number, told[0].return_way()), (1, 1, ReturnWay::Post));
    assert_eq!(colour(&desk.read(OFFICER, &dossier).await.unwrap()), "Trắng");
    assert_eq!(desk.read_file(OFFICER, &new.name).await.unwrap(), pdf(20));
    assert_eq!(desk.get_file(OFFICER, &old.name).await.unwrap().replaced_by, 1);
    let seen = get(&desk, OFFICER, &dossier, 1).await.unwrap();
    assert_eq!(seen, answered);
    let [field, paper] = seen.items.as_slice() else { panic!("{seen:?}") };
    assert_eq!((&*field.title_vi, &*field.text), ("Màu sơn", WORDS));
    let changed = (said(&field.before), said(&field.after));
    assert_eq!(changed, (Some("Đỏ đen".into()), Some("Trắng".into())));
    assert_eq!((&paper.files_before, &paper.files_after), (&vec![old.name], &vec![new.name]));

    let resumed = ClockResumed {
        resume_time: answered.answer_time,
        due_time: answered.answer_time,
        status_after: DossierStatus::Accepted.into(),
        ..Default::default()
    };
    workflow.hear(resumed).await;
    let refused = desk.save_step(&dossier, 2, &vehicle("Xanh")).await;
    assert_eq!(reason(refused), "DOSSIER_SUBMITTED");
    let kinds: Vec<_> = desk.timeline(&dossier).await.iter().map(|it| it.kind()).collect();
    let expected = [
        EntryKind::Submitted,
        EntryKind::Accepted,
        EntryKind::DocumentAdded,
        EntryKind::SupplementRequested,
        EntryKind::DocumentAdded,
        EntryKind::Supplemented,
        EntryKind::Resumed,
    ];
    assert_eq!(kinds, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_slip_tells_what_is_missing_and_why() {
    let desk = Desk::open().await;
    let (dossier, _workflow) = asked(&desk).await;
    let listed = desk.documents_of(OWNER, &dossier).await.unwrap();
    let is_request = |document: &&pb::Document| document.kind() == pb::DocumentKind::SupplementSlip;
    let listed = listed.iter().find(is_request).unwrap();
    assert_eq!(listed.supplement_slip.as_ref().unwrap().items[0].text, "");
    let slip = desk.document(OWNER, &listed.name).await.unwrap().supplement_slip.unwrap();
    assert_eq!(slip.supplement, format!("{dossier}/supplements/1"));
    assert!(slip.text_vi.contains(&format!("- Màu sơn: {WORDS}")), "{}", slip.text_vi);
    assert!(slip.text_vi.contains(&format!("- Hóa đơn mua xe: {WORDS}")), "{}", slip.text_vi);
    assert!(slip.text_en.contains("To be answered by: 10:00 25/12/2026"), "{}", slip.text_en);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_supplement_has_its_own_before_and_after() {
    let desk = Desk::open().await;
    let (dossier, mut workflow) = asked(&desk).await;
    for (number, colour) in [(1, "Trắng"), (2, "Xanh")] {
        if number > 1 {
            workflow.hear(requested(&desk, &dossier, number)).await;
        }
        desk.save_step(&dossier, 2, &vehicle(colour)).await.unwrap();
        desk.upload(OWNER, &dossier, INVOICE, &pdf(20)).await;
        answer(&desk, &dossier, u8::try_from(number).unwrap()).await.unwrap();
    }
    for (number, before, after) in [(1, "Đỏ đen", "Trắng"), (2, "Trắng", "Xanh")] {
        let seen = get(&desk, OFFICER, &dossier, number).await.unwrap();
        let field = &seen.items[0];
        assert_eq!(said(&field.before).as_deref(), Some(before), "{number}");
        assert_eq!(said(&field.after).as_deref(), Some(after), "{number}");
        let paper = &seen.items[1];
        assert_eq!((paper.files_before.len(), paper.files_after.len()), (1, 1), "{number}");
    }
    let dump = desk.alone.dump().await;
    assert!(!dump.contains("Trắng") && !dump.contains("Xanh") && !dump.contains(WORDS));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_nobody_answers_lapses_and_what_was_prepared_goes() {
    let desk = Desk::open().await;
    let (dossier, mut workflow) = asked(&desk).await;
    desk.save_step(&dossier, 2, &vehicle("Trắng")).await.unwrap();
    let file = desk.upload(OWNER, &dossier, INVOICE, &pdf(20)).await;
    let until = get(&desk, OWNER, &dossier, 1).await.unwrap().expire_time;
    desk.alone.clock.advance(SignedDuration::from_hours(31 * 24));
    let late = answer(&desk, &dossier, 1).await;
    assert_eq!(reason(late), "SUPPLEMENT_CLOSED");
    let timers = "select count(*) from chassis.timer";
    eventually(PATIENCE, async || desk.alone.number(timers).await == 0).await;
    let lapsed = desk.alone.facts::<pb::SupplementLapsed>().await;
    assert_eq!((lapsed.len(), lapsed[0].number, lapsed[0].lapse_time), (1, 1, until));
    assert_eq!(desk.alone.number("select count(*) from dossier.pending_steps").await, 0);
    assert_eq!(reason(desk.get_file(OWNER, &file.name).await), "NOT_PERMITTED");
    assert_eq!(colour(&desk.read(OWNER, &dossier).await.unwrap()), "Đỏ đen");
    assert_eq!(get(&desk, OWNER, &dossier, 1).await.unwrap().state(), pb::SupplementState::Closed);

    let stopped = CaseStopped {
        stop_time: until,
        reason: StopReason::SupplementLapsed.into(),
        status_after: DossierStatus::ProcessingStopped.into(),
        ..Default::default()
    };
    workflow.hear(stopped).await;
    let listed = desk.documents_of(OWNER, &dossier).await.unwrap();
    let notice = listed.iter().find(|it| it.kind() == pb::DocumentKind::StopSlip).unwrap();
    let notice = desk.document(OWNER, &notice.name).await.unwrap();
    assert!(notice.officer.is_empty());
    let slip = notice.stop_slip.unwrap();
    assert!(slip.text_vi.contains("Lý do: quá hạn bổ sung hồ sơ"), "{}", slip.text_vi);
    assert_eq!(slip.applicant, "Nguyễn Văn An");
    let end = desk.read(OWNER, &dossier).await.unwrap();
    assert_eq!(end.status(), DossierStatus::ProcessingStopped);
    assert!(end.actions.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_handed_in_at_the_counter_is_supplemented_there() {
    let desk = Desk::open().await;
    let dossier = counter::handed_in(&desk).await.name;
    let _workflow = ask(&desk, &dossier).await;
    assert_eq!(reason(answer_by(&desk, OFFICER, &dossier, 1).await), "NOT_PERMITTED");
    desk.save_step_by(RECEIVER, &dossier, 2, &vehicle("Xanh")).await.unwrap();
    desk.upload(RECEIVER, &dossier, INVOICE, &pdf(2000)).await;
    let answered = answer_by(&desk, COLLEAGUE, &dossier, 1).await.unwrap();
    assert_eq!(answered.state(), pb::SupplementState::Answered);
    let read = desk.read(OWNER, &dossier).await.unwrap();
    assert_eq!(colour(&read), "Xanh");
    assert!(read.handed_in.unwrap().compared.is_empty(), "the new invoice was not compared");
    let told = desk.timeline(&dossier).await;
    let entry = told.iter().find(|entry| entry.kind() == EntryKind::Supplemented).unwrap();
    assert_eq!(entry.actor(), pb::ActorKind::Officer);
}
