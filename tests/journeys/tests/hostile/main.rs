//! Whatever bytes a stranger sends, in anyone's name and against things that are there: the answer is an answer of the contract.
//!
//! Messages are made from the descriptors with a seed. `MOTCUA_TEST_SEED` repeats a run, `MOTCUA_TEST_MESSAGES` says how many there are.

mod frames;
mod messages;
mod scene;
mod texts;
mod verdict;

use std::collections::BTreeSet;
use std::panic;
use std::str::FromStr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use chassis::access::Role;
use chassis::server::REQUEST_WITHIN;
use http::uri::PathAndQuery;
use journeys::{AGENCY, Answer, Contract, House, call, path};
use prost::Message;
use prost_reflect::MethodDescriptor;
use proto::motcua::dossier::v1::{
    GetProcedureVersionRequest, ListDossiersRequest, ProcedureVersion,
};
use proto::motcua::workflow::v1::ListTasksRequest;
use tokio::time::{Instant, timeout};
use tonic::{Code, IntoStreamingRequest, Status};

use messages::Messages;
use scene::{Scene, forged, tokens_of_pages};
use verdict::Judge;

/// Messages of a run that nobody asked to be longer.
const MESSAGES: usize = 4000;

/// How long any answer may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long a stream is listened to.
const SILENCE: Duration = Duration::from_secs(1);

#[tokio::test(flavor = "multi_thread")]
async fn every_rpc_answers_anything_in_the_words_of_the_contract() {
    let seed: u64 = told("MOTCUA_TEST_SEED").unwrap_or_else(rand::random);
    println!("MOTCUA_TEST_SEED={seed}");
    let panics = count_panics();
    let (house, contract, judge) = (House::build().await, Contract::read(), Judge::new());
    let scene = Scene::set(&house).await;
    let mut messages = Messages::of(&scene, seed);
    let all = told("MOTCUA_TEST_MESSAGES").unwrap_or(MESSAGES);
    let each = all.div_ceil(contract.methods().count());
    let mut wrong = Vec::new();
    for method in contract.methods() {
        let mut heard = BTreeSet::new();
        for (caller, number) in scene.callers.iter().cycle().zip(0..each) {
            let bytes = messages.asking(&method);
            let token = caller.token(&house, &path(&method));
            let answer = answer(&house, &method, token.as_deref(), bytes.clone()).await;
            heard.insert(answer.as_ref().err().and_then(chassis::status::reason));
            if let Err(fault) = judge.judge(&method.input(), &answer) {
                let begin = hex(&bytes[..bytes.len().min(200)]);
                wrong.push(format!("{} message {number}: {fault}\n    {begin}", path(&method)));
            }
        }
        println!("{}: {heard:?}", path(&method));
    }
    let count = wrong.len();
    wrong.truncate(20);
    assert!(wrong.is_empty(), "seed {seed}: {count} answers\n{}", wrong.join("\n"));
    assert_eq!(panics.load(Ordering::Relaxed), 0, "seed {seed}: panics");
    assert_serves_as_before(&house).await;
}

/// What an environment variable says, if it is set.
fn told<T: FromStr>(variable: &str) -> Option<T> {
    std::env::var(variable).ok()?.parse().ok()
}

/// Panics of this process from now on, also those that are caught.
fn count_panics() -> &'static AtomicUsize {
    static PANICS: AtomicUsize = AtomicUsize::new(0);
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |what| {
        PANICS.fetch_add(1, Ordering::Relaxed);
        usual(what);
    }));
    &PANICS
}

/// None at all is a fault as well; but a stream may have nothing to tell.
async fn answer(
    house: &House,
    method: &MethodDescriptor,
    caller: Option<&str>,
    bytes: Vec<u8>,
) -> Answer {
    let path = path(method);
    let answer = call(house.channel(&path), &path, caller, bytes);
    let streams = method.is_server_streaming();
    match timeout(if streams { SILENCE } else { PATIENCE }, answer).await {
        Ok(answer) => answer,
        Err(_) if streams => Ok(Vec::new()),
        Err(_) => Err(Status::deadline_exceeded("no answer")),
    }
}

/// A dossier goes its way, behind all that happened before it, and no service was told anything it could not take.
async fn assert_serves_as_before(house: &House) {
    let dossier = house.submitted(&house.people.citizen()).await;
    house.task(&dossier.name).await;
    for database in house.databases() {
        let letters = sqlx::query_scalar::<_, i64>("select count(*) from chassis.dead_letter");
        assert_eq!(letters.fetch_one(&database).await.expect("a count"), 0, "dead letters");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_too_large_is_no_fault_of_ours() {
    let house = House::build().await;
    let name = "x".repeat(5 * 1024 * 1024);
    let message = GetProcedureVersionRequest { name }.encode_to_vec();
    let path = "/motcua.dossier.v1.ProcedureService/GetProcedureVersion";
    let refused = call(house.channel(path), path, None, message).await.expect_err("too large");
    // gRPC itself refuses it, before anything of ours could give a reason.
    assert!(matches!(refused.code(), Code::ResourceExhausted | Code::OutOfRange), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_token_that_nobody_gave_is_an_answer_too() {
    let house = House::build().await;
    let citizen = house.people.citizen();
    let submitted = house.submitted(&citizen).await;
    house.task(&submitted.name).await;
    let [dossiers, tasks] = tokens_of_pages(&house, &citizen).await;
    let (contract, judge) = (Contract::read(), Judge::new());
    let faults = async |asked_at: &str, token: &str, asked: Vec<u8>| {
        let method = contract.methods().find(|method| path(method) == asked_at).expect("an rpc");
        let answer = answer(&house, &method, Some(token), asked).await;
        judge.judge(&method.input(), &answer).err()
    };
    let mut wrong = Vec::new();
    for page_token in forged(&dossiers) {
        let asked = ListDossiersRequest { page_size: 1, page_token, ..Default::default() };
        let path = "/motcua.dossier.v1.DossierService/ListDossiers";
        wrong.extend(faults(path, &citizen, asked.encode_to_vec()).await);
    }
    let officer = house.people.officer(AGENCY, &[Role::Receiving]);
    for page_token in forged(&tasks) {
        let parent = "cases/-".into();
        let asked = ListTasksRequest { parent, page_size: 1, page_token, ..Default::default() };
        let path = "/motcua.workflow.v1.TaskService/ListTasks";
        wrong.extend(faults(path, &officer, asked.encode_to_vec()).await);
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_never_comes_whole_is_told_so() {
    let house = House::build().await;
    let path = "/motcua.dossier.v1.ProcedureService/GetProcedureVersion";
    let mut client = tonic::client::Grpc::new(house.channel(path));
    client.ready().await.expect("connected");
    let codec = proto::codec::Codec::<GetProcedureVersionRequest, ProcedureVersion>::default();
    let (began, never) = (Instant::now(), futures::stream::pending().into_streaming_request());
    let refused = client.client_streaming(never, PathAndQuery::from_static(path), codec).await;
    let refused = refused.expect_err("late");
    assert_eq!(chassis::status::reason(&refused).as_deref(), Some("REQUEST_LATE"), "{refused:?}");
    assert!(began.elapsed() >= REQUEST_WITHIN);
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
