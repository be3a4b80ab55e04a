//! Whole journeys through the mesh, and what must hold in every one of them whoever hurries, repeats or errs.

use std::collections::BTreeSet;

use chassis::access::Role;
use chassis::status::{reason, violations};
use futures::future::join_all;
use journeys::{AGENCY, FORM, House, in_name_of, new_draft, sample, structure, vehicle_of, wish};
use motcua::journey::{Route, as_timeline, walk};
use proto::motcua::dossier::v1 as dossier;
use proto::motcua::r#type::v1::DossierStatus;
use proto::motcua::workflow::v1 as workflow;
use proto::motcua::workflow::v1::draw_service_client::DrawServiceClient;
use serde_json::Value;
use tokio::task::JoinSet;
use tonic::{Code, Status};
use uuid::Uuid;

async fn walk_through(house: &House) {
    walk_along(house, Route::Straight).await;
}

async fn walk_along(house: &House, route: Route) {
    let journey = walk(
        &house.endpoints(),
        &house.people.installation("/motcua.identity.v1.OfficerService/"),
        route,
    )
    .await;
    assert_eq!(journey.failure, None, "{route:?}{}", as_timeline(&journey));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dossier_is_walked_each_way_there_is_to_its_end() {
    let house = House::build().await;
    for route in Route::all() {
        walk_along(&house, *route).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn kafka_carries_the_journey_as_well() {
    let brokers = tokio::task::spawn_blocking(journeys::kafka).await.expect("Kafka");
    let house = House::over_kafka(&brokers).await;
    walk_through(&house).await;
    let house = house.restarted().await;
    walk_through(&house).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_is_drawn_for_the_vehicle_that_was_filed_and_for_no_other() {
    let house = House::build().await;
    let citizen = house.people.citizen();
    let dossier = house.submitted(&citizen).await;
    let officer = house.people.officer(AGENCY, &[Role::Receiving]);
    let task = house.task(&dossier.name).await;
    house.claim(&officer, &task.name).await;
    house.accept(&officer, &dossier.name).await;
    let draw = async |kind: workflow::VehicleKind, vehicle: String| {
        let asked = workflow::DrawNumberRequest {
            name: dossier.name.replace("dossiers/", "cases/"),
            vehicle_kind: kind.into(),
            vehicle,
            request_id: wish(),
        };
        let mut draws = DrawServiceClient::new(house.channel("/motcua.workflow.v1.DrawService/"));
        draws.draw_number(in_name_of(&citizen, asked)).await
    };
    let filed = || vehicle_of(&dossier.name);
    let invented = draw(workflow::VehicleKind::Motorcycle, "RLSMA125XNY000001".into()).await;
    let other_kind = draw(workflow::VehicleKind::Car, filed()).await;
    for refused in [invented, other_kind] {
        assert_eq!(refused.expect_err("refused").code(), Code::InvalidArgument);
    }
    draw(workflow::VehicleKind::Motorcycle, filed()).await.expect("drawn");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_is_kept_shows_what_was_answered() {
    let house = House::build().await;
    walk_through(&house).await;
    let answers = sample();
    // A choice among the form's own words (a lower-case one) says nothing of a person, and pools are named so too.
    let chosen = |text: &str| text.bytes().all(|byte| byte.is_ascii_lowercase());
    let secrets: Vec<&str> =
        leaves(&answers).filter(|text| text.len() > 6 && !chosen(text)).collect();
    assert!(secrets.len() > 10, "the sample answers something");
    let mut seen = 0;
    for database in house.databases() {
        let dump: String = sqlx::query_scalar(
            "select string_agg(query_to_xml(format('select * from %I.%I', schemaname, tablename),
                 true, false, '')::text, '')
             from pg_tables where schemaname not in ('pg_catalog', 'information_schema')",
        )
        .fetch_one(&database)
        .await
        .expect("every row of every table");
        seen += dump.matches(AGENCY).count();
        // Bytes are dumped as base64: a secret inside them would not be found by its text alone.
        let bytes = bodies(&database).await;
        for secret in &secrets {
            assert!(!dump.contains(secret), "a table shows an answer of the form");
            let within = bytes.iter().any(|body| holds(body, secret.as_bytes()));
            assert!(!within, "an event or a sealed step shows an answer of the form");
        }
    }
    assert!(seen > 0, "the dumps hold what may be kept");
}

/// Every value of every column of bytes.
async fn bodies(database: &sqlx::PgPool) -> Vec<Vec<u8>> {
    let columns: Vec<(String, String, String)> = sqlx::query_as(
        "select table_schema::text, table_name::text, column_name::text
         from information_schema.columns join information_schema.tables using (table_schema, table_name)
         where data_type = 'bytea' and table_type = 'BASE TABLE'
           and table_schema not in ('pg_catalog', 'information_schema')",
    )
    .fetch_all(database)
    .await
    .expect("columns of bytes");
    let mut found = Vec::new();
    for (schema, table, column) in columns {
        let every =
            format!(r#"select "{column}" from "{schema}"."{table}" where "{column}" is not null"#);
        let every = sqlx::query_scalar(sqlx::AssertSqlSafe(every)).fetch_all(database).await;
        found.extend::<Vec<Vec<u8>>>(every.expect("bytes"));
    }
    found
}

fn holds(body: &[u8], text: &[u8]) -> bool {
    body.windows(text.len()).any(|window| window == text)
}

fn leaves(value: &Value) -> Box<dyn Iterator<Item = &str> + '_> {
    match value {
        Value::String(text) => Box::new(std::iter::once(text.as_str())),
        Value::Object(fields) => Box::new(fields.values().flat_map(leaves)),
        _ => Box::new(std::iter::empty()),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_wish_sent_twenty_times_at_once_is_one_dossier_with_one_code() {
    let house = House::build().await;
    let citizen = house.people.citizen();
    let asked = dossier::CreateDossierRequest { dossier_id: String::new(), ..new_draft() };
    let mut calls = JoinSet::new();
    for _ in 0..20 {
        let (mut client, request) = (house.dossiers(), in_name_of(&citizen, asked.clone()));
        calls.spawn(async move { client.create_dossier(request).await });
    }
    let created = calls.join_all().await.into_iter();
    let names: BTreeSet<String> =
        created.map(|answer| answer.expect("created").into_inner().name).collect();
    assert_eq!(names.len(), 1, "dossiers");

    let draft = house.filled(&citizen).await;
    let asked =
        dossier::SubmitDossierRequest { name: draft.name, etag: draft.etag, request_id: wish() };
    let mut calls = JoinSet::new();
    for _ in 0..20 {
        let (mut client, request) = (house.dossiers(), in_name_of(&citizen, asked.clone()));
        calls.spawn(async move { client.submit_dossier(request).await });
    }
    let submitted = calls.join_all().await.into_iter();
    let codes: BTreeSet<String> =
        submitted.map(|answer| answer.expect("submitted").into_inner().code).collect();
    assert_eq!(codes.len(), 1, "codes");
    let next = house.submitted(&citizen).await;
    assert_eq!(serial(&next.code), 2, "one number was spent");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_after_a_restart_gets_the_first_answer() {
    let house = House::build().await;
    let (citizen, officer) =
        (house.people.citizen(), house.people.officer(AGENCY, &[Role::Receiving]));
    let create = new_draft();
    let created = house.dossiers().create_dossier(in_name_of(&citizen, create.clone())).await;
    let created = created.expect("created").into_inner();
    let draft = house.filled(&citizen).await;
    let submit = wish();
    let submitted = house.submit(&citizen, &draft.name, &draft.etag, &submit).await;
    let submitted = submitted.expect("submitted");
    let task = house.task(&submitted.name).await.name;
    let claim = workflow::ClaimTaskRequest { name: task, request_id: wish() };
    let claimed = house.tasks().claim_task(in_name_of(&officer, claim.clone())).await;
    let claimed = claimed.expect("claimed").into_inner();

    let house = house.restarted().await;
    let again = house.dossiers().create_dossier(in_name_of(&citizen, create.clone())).await;
    assert_eq!(again.expect("the first answer").into_inner(), created);
    let again = house.submit(&citizen, &draft.name, &draft.etag, &submit).await;
    assert_eq!(again.expect("the first answer"), submitted);
    let again = house.tasks().claim_task(in_name_of(&officer, claim)).await;
    assert_eq!(again.expect("the first answer").into_inner(), claimed);

    let other = dossier::CreateDossierRequest { request_id: create.request_id, ..new_draft() };
    let reused = house.dossiers().create_dossier(in_name_of(&citizen, other)).await;
    let reused = reused.expect_err("another wish under the same id");
    assert_eq!(reason(&reused).as_deref(), Some("REQUEST_ID_REUSED"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_of_another_citizen_is_answered_as_one_that_does_not_exist() {
    let house = House::build().await;
    let draft = house.filled(&house.people.citizen()).await;
    let stranger = house.people.citizen();
    let absent = format!("dossiers/{}", Uuid::now_v7());
    let theirs = strangers_calls(&house, &stranger, &draft.name).await;
    let nobodys = strangers_calls(&house, &stranger, &absent).await;
    for (theirs, nobodys) in theirs.iter().zip(&nobodys) {
        assert_eq!(theirs.code(), Code::PermissionDenied, "{theirs:?}");
        assert_eq!(theirs.code(), nobodys.code());
        assert_eq!(theirs.message(), nobodys.message());
        assert_eq!(theirs.details(), nobodys.details());
    }
}

/// Everything a stranger can try with a dossier's name, with wrong arguments as well.
async fn strangers_calls(house: &House, stranger: &str, name: &str) -> Vec<Status> {
    let mut seen = Vec::new();
    let asked = dossier::GetDossierRequest { name: name.into() };
    seen.push(house.dossiers().get_dossier(in_name_of(stranger, asked)).await.err());
    for (step, etag) in [(1, ""), (99, ""), (1, "77")] {
        let asked = dossier::SaveStepRequest {
            name: name.into(),
            step: Some(dossier::StepAnswers { step, answers: None }),
            etag: etag.into(),
            request_id: wish(),
        };
        seen.push(house.dossiers().save_step(in_name_of(stranger, asked)).await.err());
    }
    for etag in ["", "77"] {
        seen.push(house.submit(stranger, name, etag, &wish()).await.err());
    }
    seen.into_iter().map(|refused| refused.expect("a refusal")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_have_no_gaps_when_half_of_two_hundred_submissions_are_refused() {
    let house = House::build().await;
    let citizens: Vec<_> = (0..200).map(|_| house.people.citizen()).collect();
    let drafts = join_all(citizens.iter().map(|citizen| house.filled(citizen))).await;
    let mut calls = JoinSet::new();
    for (number, (citizen, draft)) in citizens.iter().zip(drafts).enumerate() {
        // The stale ones pass every check but the last, inside the batch that gives numbers.
        let etag = if number % 2 == 0 { draft.etag } else { "1".into() };
        let asked = dossier::SubmitDossierRequest { name: draft.name, etag, request_id: wish() };
        let (mut client, request) = (house.dossiers(), in_name_of(citizen, asked));
        calls.spawn(async move { client.submit_dossier(request).await });
    }
    let (given, refused): (Vec<_>, Vec<_>) =
        calls.join_all().await.into_iter().partition(Result::is_ok);
    for status in refused.into_iter().filter_map(Result::err) {
        assert_eq!(reason(&status).as_deref(), Some("ETAG_STALE"), "{status:?}");
    }
    let mut serials: Vec<u32> =
        given.into_iter().flatten().map(|answer| serial(&answer.into_inner().code)).collect();
    serials.sort_unstable();
    assert_eq!(serials, (1..=100).collect::<Vec<_>>());
}

fn serial(code: &str) -> u32 {
    code.rsplit('-').next().and_then(|serial| serial.parse().ok()).expect("a code")
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_dossiers_hold_each_once_though_all_were_made_at_one_instant() {
    let house = House::build().await;
    let citizen = house.people.citizen();
    let mut made = BTreeSet::new();
    for _ in 0..13 {
        made.insert(house.draft(&citizen).await.name);
    }
    for page_size in [1, 5, 13, 100] {
        let mut seen = Vec::new();
        let mut page_token = String::new();
        loop {
            let asked =
                dossier::ListDossiersRequest { page_size, page_token, ..Default::default() };
            let page = house.dossiers().list_dossiers(in_name_of(&citizen, asked)).await;
            let page = page.expect("a page").into_inner();
            seen.extend(page.dossiers.into_iter().map(|dossier| dossier.name));
            page_token = page.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        assert_each_once(&seen, &made);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_tasks_hold_each_once() {
    let house = House::build().await;
    let citizen = house.people.citizen();
    let officer = house.people.officer(AGENCY, &[Role::Receiving]);
    let mut opened = BTreeSet::new();
    for _ in 0..7 {
        let dossier = house.submitted(&citizen).await;
        opened.insert(house.task(&dossier.name).await.name);
    }
    for page_size in [1, 3, 7] {
        let mut seen = Vec::new();
        let mut page_token = String::new();
        loop {
            let asked = workflow::ListTasksRequest {
                parent: "cases/-".into(),
                page_size,
                page_token,
                ..Default::default()
            };
            let page = house.tasks().list_tasks(in_name_of(&officer, asked)).await;
            let page = page.expect("a page").into_inner();
            seen.extend(page.tasks.into_iter().map(|task| task.name));
            page_token = page.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        assert_each_once(&seen, &opened);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_the_catalogue_hold_each_once() {
    let house = House::build().await;
    let whole: BTreeSet<String> = catalogue(&house, 200).await.into_iter().collect();
    assert!(whole.len() > 50, "{} procedures", whole.len());
    for page_size in [1, 7, 50] {
        assert_each_once(&catalogue(&house, page_size).await, &whole);
    }
}

async fn catalogue(house: &House, page_size: i32) -> Vec<String> {
    let mut seen = Vec::new();
    let mut asked = dossier::ListProcedureVersionsRequest {
        parent: "procedures/-".into(),
        page_size,
        ..Default::default()
    };
    loop {
        let page = house.procedures().list_procedure_versions(asked.clone()).await;
        let page = page.expect("a page").into_inner();
        seen.extend(page.procedure_versions.into_iter().map(|version| version.name));
        asked.page_token = page.next_page_token;
        if asked.page_token.is_empty() {
            return seen;
        }
    }
}

fn assert_each_once(seen: &[String], all: &BTreeSet<String>) {
    assert_eq!(seen.len(), all.len(), "rows seen");
    assert_eq!(&seen.iter().cloned().collect::<BTreeSet<_>>(), all);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_draft_hears_of_every_missing_answer_at_once_in_both_languages() {
    let house = House::build().await;
    let citizen = house.people.citizen();
    let draft = house.draft(&citizen).await;
    let refused = house.submit(&citizen, &draft.name, &draft.etag, &wish()).await;
    let refused = refused.expect_err("nothing is answered");
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert_eq!(reason(&refused).as_deref(), Some("FIELDS_INVALID"));
    let told = violations(&refused);
    for field in required_fields() {
        let violation = told.iter().find(|violation| violation.field == field);
        let violation = violation.unwrap_or_else(|| panic!("{field} is missing: {told:#?}"));
        assert_eq!(violation.reason, "REQUIRED", "{field}");
        assert!(!violation.description.is_empty(), "{field} in English");
        let person = violation.localized_message.clone().unwrap_or_default();
        assert_eq!(person.locale, "vi", "{field}");
        assert!(!person.message.is_empty(), "{field} in Vietnamese");
    }
    assert!(refused.details().len() < 5900, "more than gRPC clients take of a status");
    let found = in_name_of(&citizen, dossier::GetDossierRequest { name: draft.name.clone() });
    let found = house.dossiers().get_dossier(found).await.expect("the draft").into_inner();
    assert_eq!(found, draft, "a refusal leaves no trace");
}

/// The path of each answer that the schemas beside the form ask for.
fn required_fields() -> Vec<String> {
    let folder =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../services/dossier/data/forms/1.012575/v1");
    let mut fields = Vec::new();
    for (number, id) in (1..).zip(FORM) {
        let text = std::fs::read_to_string(format!("{folder}/step-{number}-{id}.json"));
        let schema: Value = serde_json::from_str(&text.expect("a schema")).expect("a schema");
        let required = schema["required"].as_array().into_iter().flatten();
        fields
            .extend(required.filter_map(Value::as_str).map(|name| format!("answers.{id}.{name}")));
    }
    assert!(fields.len() > 10, "{fields:?}");
    fields
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_submitted_can_no_longer_be_changed_by_its_owner() {
    let house = House::build().await;
    let citizen = house.people.citizen();
    let dossier = house.submitted(&citizen).await;
    assert_eq!(dossier.status(), DossierStatus::NewlyRegistered);
    assert!(dossier.actions.is_empty(), "{:?}", dossier.actions);
    let answers = Some(structure(&sample()["applicant"]));
    let asked = dossier::SaveStepRequest {
        name: dossier.name.clone(),
        step: Some(dossier::StepAnswers { step: 1, answers }),
        etag: String::new(),
        request_id: wish(),
    };
    let saved = house.dossiers().save_step(in_name_of(&citizen, asked)).await;
    let again = house.submit(&citizen, &dossier.name, "", &wish()).await;
    for refused in [saved.expect_err("too late"), again.expect_err("submitted already")] {
        assert_eq!(refused.code(), Code::FailedPrecondition);
        assert_eq!(reason(&refused).as_deref(), Some("DOSSIER_SUBMITTED"));
    }
}
