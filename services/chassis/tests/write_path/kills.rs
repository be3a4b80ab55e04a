//! Whoever dies when: a repeat gets the first answer, and the effect is there once.

use support::TestDatabase;
use tokio::runtime;
use uuid::Uuid;

use crate::stall::{self, Held, LIMIT};
use crate::toy::{self, Ask, Replica, Told, put, reason};

/// Another process of the service is asked the same: the answer is the first, the effect is one.
async fn assert_repeat_changes_nothing(database: &TestDatabase, request: Uuid, ask: Ask) {
    let told = Replica::over(database.fresh_pool()).ask(request, ask).await.unwrap();
    assert_eq!(told, Told { amount: 5, number: Some(1) });
    assert_eq!(toy::amount(&database.pool(), ask.jar).await, Some(5));
    assert_eq!(toy::facts(&database.pool()).await, 2, "the number and the amount");
}

#[tokio::test]
async fn a_process_that_dies_between_commit_and_answer_loses_and_doubles_nothing() {
    let database = toy::database().await;
    let halting = stall::halting_pool(&database).await;
    let (ask, request) = (put(toy::jar(), 5).numbered(), Uuid::now_v7());
    let process =
        runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let call = process.spawn(async move { Replica::over(halting).ask(request, ask).await });
    let session = stall::halted_commit(&database.pool()).await;
    process.shutdown_background();
    assert!(call.await.unwrap_err().is_cancelled(), "nobody was answered");
    stall::cancel(&database.pool(), session).await;
    let committed = async || toy::amount(&database.pool(), ask.jar).await;
    assert_eq!(support::eventually(LIMIT, committed).await, 5);
    assert_repeat_changes_nothing(&database, request, ask).await;
}

#[tokio::test]
async fn a_connection_lost_while_committing_is_unavailable_and_a_repeat_gives_the_answer() {
    let database = toy::database().await;
    let replica = Replica::over(stall::halting_pool(&database).await);
    let (ask, request) = (put(toy::jar(), 5).numbered(), Uuid::now_v7());
    let cutting = async {
        let session = stall::halted_commit(&database.pool()).await;
        stall::terminate(&database.pool(), session).await;
    };
    let (outcome, ()) = tokio::join!(replica.ask(request, ask), cutting);
    assert_eq!(reason(&outcome), "unavailable");
    assert_eq!(toy::amount(&database.pool(), ask.jar).await, Some(5), "it was committed");
    assert_repeat_changes_nothing(&database, request, ask).await;
}

#[tokio::test]
async fn a_session_ended_in_the_middle_of_a_batch_is_unavailable_and_a_repeat_takes_effect_once() {
    let database = toy::database().await;
    let (ask, request) = (put(toy::jar(), 5).numbered(), Uuid::now_v7());
    let held = Held::head(database.options(), ask.jar).await;
    let replica = Replica::over(database.fresh_pool());
    let cutting = async {
        let sessions = stall::waiters_for_a_lock(&database.pool(), 1).await;
        stall::terminate(&database.pool(), sessions[0]).await;
    };
    let (outcome, ()) = tokio::join!(replica.ask(request, ask), cutting);
    assert_eq!(reason(&outcome), "unavailable");
    held.release().await;
    assert_eq!(toy::facts(&database.pool()).await, 0, "it left no trace");
    let repeated = replica.ask(request, ask).await.unwrap();
    assert_eq!(repeated, Told { amount: 5, number: Some(1) }, "by the same process");
    assert_repeat_changes_nothing(&database, request, ask).await;
}
