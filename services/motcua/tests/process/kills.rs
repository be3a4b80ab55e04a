//! Killed between commit and answer, or anywhere else: a repeat of the request finds what happened, and nothing happened twice.

use std::collections::BTreeSet;
use std::time::Duration;

use chassis::access::Role;
use journeys::{AGENCY, FORM, in_name_of, new_draft, sample, structure, wish};
use motcua::journey::papers;
use proto::motcua::dossier::v1 as dossier;
use proto::motcua::workflow::v1 as workflow;
use proto::motcua::workflow::v1::task_service_client::TaskServiceClient;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use support::eventually;

use crate::installation::{Citizen, Installation, channel};

/// How often it is killed.
const ROUNDS: usize = 30;

/// The kill comes within this time after the request, which takes about half of it.
const WITHIN_MICROSECONDS: u64 = 20_000;

/// Bytes of a part of a file.
const PART: usize = 262_144;

#[tokio::test(flavor = "multi_thread")]
async fn a_submission_survives_any_kill_and_takes_effect_once() {
    let seed = std::env::var("MOTCUA_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed: u64 = seed.unwrap_or_else(rand::random);
    println!("MOTCUA_TEST_SEED={seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let installation = Installation::new();
    let mut running = installation.up().await;
    let citizen = Citizen::of(&installation);
    let (mut codes, mut answered) = (Vec::new(), 0);
    for round in 0..ROUNDS {
        let asked = filled(&installation, &citizen).await;
        let (mut client, request) = (installation.dossiers(), citizen.asks(asked.clone()));
        // Connected beforehand, so that the kill meets the submission.
        let there = dossier::GetDossierRequest { name: asked.name.clone() };
        client.get_dossier(citizen.asks(there)).await.expect("the draft");
        let call = tokio::spawn(async move { client.submit_dossier(request).await });
        tokio::time::sleep(Duration::from_micros(random.random_range(0..WITHIN_MICROSECONDS)))
            .await;
        running.kill().await;
        let first = call.await.expect("an answer or none");

        running = installation.up().await;
        let again = installation.dossiers().submit_dossier(citizen.asks(asked)).await;
        let again = again.expect("the repeat is answered").into_inner();
        if let Ok(first) = first {
            answered += 1;
            let first = first.into_inner();
            assert_eq!(first.code, again.code, "round {round} of seed {seed}");
        }
        codes.push((again.name, again.code));
    }
    println!("{answered} of {ROUNDS} were answered before the kill");
    let serials: Vec<String> = codes.iter().map(|(_, code)| serial(code)).collect();
    let expected: Vec<String> = (1..=ROUNDS).map(|serial| format!("{serial:07}")).collect();
    assert_eq!(serials, expected, "seed {seed}: one code each, no gaps");
    let names: BTreeSet<String> = codes.into_iter().map(|(name, _)| name).collect();
    every_case_is_opened_once(&installation, &names).await;
    running.terminate();
    assert_eq!(running.ended().await, Some(0));
}

/// What was answered as committed is there after any crash, and the upload goes on behind it.
#[tokio::test(flavor = "multi_thread")]
async fn an_upload_goes_on_after_a_kill_where_it_was_answered() {
    let installation = Installation::new();
    let mut running = installation.up().await;
    let citizen = Citizen::of(&installation);
    let created = installation.dossiers().create_dossier(citizen.asks(new_draft())).await;
    let draft = created.expect("a draft").into_inner();
    let mut whole = papers::pdf("invoice");
    whole.resize(3 * PART, 7);
    let mut file = begun(&installation, &citizen, &draft.name, &whole).await;
    for (number, part) in whole.chunks(PART).enumerate() {
        let asked = dossier::GetFileRequest { name: file.name.clone() };
        let seen = installation.files().get_file(citizen.asks(asked)).await;
        assert_eq!(seen.expect("the file").into_inner().committed_bytes, file.committed_bytes);
        let asked = dossier::WriteFileRequest {
            name: file.name.clone(),
            offset: i64::try_from(number * PART).expect("small"),
            data: part.into(),
            request_id: wish(),
        };
        let written = installation.files().write_file(citizen.asks(asked)).await;
        file = written.expect("a part kept").into_inner();
        running.kill().await;
        running = installation.up().await;
    }
    assert_eq!(file.state(), dossier::FileState::Complete);
    let asked = dossier::ReadFileRequest { name: file.name, offset: 0 };
    let read = installation.files().read_file(citizen.asks(asked)).await;
    assert_eq!(read.expect("a part").into_inner().data, whole[..PART]);
    running.terminate();
    assert_eq!(running.ended().await, Some(0));
}

async fn begun(
    installation: &Installation,
    citizen: &Citizen,
    draft: &str,
    whole: &[u8],
) -> dossier::File {
    let file = dossier::File {
        paper: papers::PAPERS[1].into(),
        file_name: "invoice.pdf".into(),
        kind: dossier::FileKind::Pdf.into(),
        size_bytes: i64::try_from(whole.len()).expect("small"),
        ..dossier::File::default()
    };
    let asked = dossier::CreateFileRequest {
        parent: draft.into(),
        file: Some(file),
        file_id: String::new(),
        request_id: wish(),
    };
    installation.files().create_file(citizen.asks(asked)).await.expect("begun").into_inner()
}

fn serial(code: &str) -> String {
    code.rsplit('-').next().unwrap_or_default().to_owned()
}

/// A draft with every answer, and the wish to submit it.
pub async fn filled(
    installation: &Installation,
    citizen: &Citizen,
) -> dossier::SubmitDossierRequest {
    let mut client = installation.dossiers();
    let created = client.create_dossier(citizen.asks(new_draft())).await;
    let draft = created.expect("a draft").into_inner();
    let answers = sample();
    for (step, id) in (1..).zip(FORM) {
        let answers = structure(&answers[id]);
        let asked = dossier::SaveStepRequest {
            name: draft.name.clone(),
            step: Some(dossier::StepAnswers { step, answers: Some(answers) }),
            etag: String::new(),
            request_id: wish(),
        };
        client.save_step(citizen.asks(asked)).await.expect("saved");
    }
    let mut files = installation.files();
    for paper in papers::PAPERS {
        papers::hand_in(&mut files, &citizen.token(), &draft.name, paper).await.expect("a paper");
    }
    dossier::SubmitDossierRequest { name: draft.name, etag: String::new(), request_id: wish() }
}

async fn every_case_is_opened_once(installation: &Installation, dossiers: &BTreeSet<String>) {
    let mut tasks = TaskServiceClient::new(channel(installation.port("workflow.listen")));
    let people = installation.people();
    eventually(Duration::from_secs(30), async || {
        let asked = workflow::ListTasksRequest {
            parent: "cases/-".into(),
            page_size: 100,
            ..workflow::ListTasksRequest::default()
        };
        let officer = people.officer(AGENCY, &[Role::Receiving]);
        let listed = tasks.list_tasks(in_name_of(&officer, asked)).await.expect("the worklist");
        let of = |task: workflow::Task| task.dossier.unwrap_or_default().name;
        let seen: Vec<String> = listed.into_inner().tasks.into_iter().map(of).collect();
        let distinct: BTreeSet<String> = seen.iter().cloned().collect();
        let whole = seen.len() == dossiers.len() && distinct == *dossiers;
        whole.then_some(()).ok_or(seen.len())
    })
    .await;
}
