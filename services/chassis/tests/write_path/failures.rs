//! What fails, fails alone; what may pass is tried again; what is told to have failed left no
//! trace.

use std::time::Duration;

use chassis::write::{Failure, Settings, Stream};
use futures::future::join_all;
use futures::poll;
use jiff::SignedDuration;
use support::{TestDatabase, eventually};
use uuid::Uuid;

use crate::stall::{Held, LIMIT, waiters_for_a_lock};
use crate::toy::{self, Ask, Replica, TOO_MUCH, Told, UNTELLABLE, panic, put, reason};

/// Halts the one lane of a replica, gathers these wishes behind it into one batch, and lets go.
async fn ask_in_one_batch(
    database: &TestDatabase,
    replica: &Replica,
    asks: &[Ask],
) -> Vec<&'static str> {
    let stalled = toy::jar();
    let held = Held::head(database.options(), stalled).await;
    let letting_go = async {
        waiters_for_a_lock(&database.pool(), 1).await;
        let outcomes = join_all(asks.iter().map(|ask| replica.ask_anew(*ask)));
        let (outcomes, ()) = tokio::join!(outcomes, held.release());
        outcomes
    };
    let (first, outcomes) = tokio::join!(replica.ask_anew(put(stalled, 1)), letting_go);
    first.unwrap();
    outcomes.iter().map(reason).collect()
}

/// Twenty wishes about twenty jars, the seventh of them this one; every other must be granted.
async fn one_bad_among_twenty(database: &TestDatabase, replica: &Replica, bad: Ask) {
    let mut asks: Vec<_> = (1..=20).map(|amount| put(toy::jar(), amount)).collect();
    asks[6] = bad;
    let outcomes = ask_in_one_batch(database, replica, &asks).await;
    let mut expected = vec!["granted"; 20];
    expected[6] = "broken";
    assert_eq!(outcomes, expected);
    for (ask, amount) in asks.iter().zip(1..).filter(|(ask, _)| **ask != bad) {
        assert_eq!(toy::amount(&database.pool(), ask.jar).await, Some(amount));
    }
    assert_eq!(
        toy::facts(&database.pool()).await,
        1 + 19,
        "the one that stalled the lane, and theirs"
    );
}

#[tokio::test]
async fn a_command_that_breaks_a_constraint_fails_alone() {
    let database = toy::database().await;
    let replica = Replica::narrow(database.fresh_pool());
    one_bad_among_twenty(&database, &replica, put(toy::jar(), TOO_MUCH)).await;
    assert!(replica.has_counted(&["motcua_write_duration_seconds_count", "split"]));
}

#[tokio::test]
async fn a_decision_that_panics_fails_alone() {
    let database = toy::database().await;
    let replica = Replica::narrow(database.fresh_pool());
    one_bad_among_twenty(&database, &replica, panic(toy::jar())).await;
    assert!(!replica.has_counted(&["split"]), "it cost the others nothing");
}

#[tokio::test]
async fn a_command_whose_root_does_not_read_fails_alone() {
    let database = toy::database().await;
    let damaged = toy::jar();
    sqlx::query("insert into toy.jars (id, amount) values ($1, null)")
        .bind(damaged.0)
        .execute(&database.pool())
        .await
        .unwrap();
    let replica = Replica::narrow(database.fresh_pool());
    one_bad_among_twenty(&database, &replica, put(damaged, 1)).await;
}

#[tokio::test]
async fn a_command_that_makes_the_store_panic_fails_alone() {
    let database = toy::database().await;
    let replica = Replica::narrow(database.fresh_pool());
    one_bad_among_twenty(&database, &replica, put(toy::jar(), UNTELLABLE)).await;
}

#[tokio::test]
async fn a_database_that_only_reads_is_away() {
    let database = toy::database().await;
    let standby = Replica::over(database.pool_with([("default_transaction_read_only", "on")]));
    assert_eq!(reason(&standby.ask_anew(put(toy::jar(), 5)).await), "unavailable");
}

#[tokio::test]
async fn a_day_without_a_partition_is_no_fault_of_a_command() {
    let database = toy::database().await;
    let clock = toy::clock();
    clock.advance(SignedDuration::from_hours(30 * 24));
    let (replica, jar, request) =
        (Replica::at(database.pool(), &clock), toy::jar(), Uuid::now_v7());
    assert_eq!(reason(&replica.ask(request, put(jar, 5)).await), "unavailable");
    database.migrate(&clock).await;
    assert_eq!(replica.ask(request, put(jar, 5)).await.unwrap().amount, 5);
}

#[tokio::test]
async fn commands_around_a_bad_one_fold_in_order_on_its_own_stream() {
    let database = toy::database().await;
    let replica = Replica::narrow(database.fresh_pool());
    let jar = toy::jar();
    let asks = [put(jar, 1), put(jar, TOO_MUCH), panic(jar), toy::take(jar, 9), toy::take(jar, 1)];
    let outcomes = ask_in_one_batch(&database, &replica, &asks).await;
    assert_eq!(outcomes, ["granted", "broken", "broken", "TOO_LITTLE", "granted"]);
    assert_eq!(toy::amount(&database.pool(), jar).await, Some(0));
}

#[tokio::test]
async fn what_came_to_nothing_leaves_no_row() {
    let database = toy::database().await;
    let replica = Replica::narrow(database.fresh_pool());
    let (jar, missing) = (toy::jar(), toy::jar());
    let asks = [put(jar, 1), toy::take(missing, 9), panic(toy::jar()), toy::take(jar, 9)];
    let outcomes = ask_in_one_batch(&database, &replica, &asks).await;
    assert_eq!(outcomes, ["granted", "TOO_LITTLE", "broken", "TOO_LITTLE"]);
    let stalled_and_jar = 2;
    assert_eq!(toy::heads(&database.pool()).await, stalled_and_jar);
    assert_eq!(replica.ask_anew(put(missing, 9)).await.unwrap().amount, 9);
}

#[tokio::test]
async fn a_lock_not_had_in_time_is_waited_for_again() {
    let database = toy::database().await;
    let jar = toy::jar();
    let held = Held::head(database.options(), jar).await;
    let replica = Replica::over(database.pool_with([("lock_timeout", "500ms")]));
    let letting_go = async {
        eventually(LIMIT, async || replica.has_counted(&["retries", "55P03"])).await;
        held.release().await;
    };
    let (told, ()) = tokio::join!(replica.ask_anew(put(jar, 5)), letting_go);
    assert_eq!(told.unwrap().amount, 5);
    assert_eq!(toy::facts(&database.pool()).await, 1);
}

#[tokio::test]
async fn a_lock_never_had_is_unavailable_and_leaves_no_trace() {
    let database = toy::database().await;
    let (jar, request) = (toy::jar(), Uuid::now_v7());
    let held = Held::head(database.options(), jar).await;
    let replica = Replica::over(database.pool_with([("lock_timeout", "20ms")]));
    let outcome = replica.ask(request, put(jar, 5)).await;
    assert_eq!(reason(&outcome), "unavailable");
    assert_eq!(toy::facts(&database.pool()).await, 0);
    held.release().await;
    assert_eq!(replica.ask(request, put(jar, 5)).await.unwrap().amount, 5);
}

/// Repeated for ever it would hold up whoever repeats it, and it may well be the command that is too slow.
#[tokio::test]
async fn a_command_that_our_own_time_limit_cuts_off_is_broken() {
    let database = toy::database().await;
    let jar = toy::jar();
    let held = Held::head(database.options(), jar).await;
    let cut_off = [("lock_timeout", "0"), ("statement_timeout", "500ms")];
    let replica = Replica::over(database.pool_with(cut_off));
    assert_eq!(reason(&replica.ask_anew(put(jar, 5)).await), "broken");
    held.release().await;
    assert_eq!(replica.ask_anew(put(jar, 5)).await.unwrap().amount, 5);
}

#[tokio::test]
async fn of_what_the_database_says_the_code_alone_is_told() {
    let replica = Replica::over(toy::database().await.pool());
    let outcome = replica.ask_anew(put(toy::jar(), TOO_MUCH)).await;
    let told =
        matches!(&outcome, Err(Failure::Broken(why)) if why == "a query ended with sqlstate 23514");
    assert!(told, "{outcome:?}");
}

/// The door comes to hold `low` and to want `high`, while another session holds `high` and waits
/// for the door's `low`.
#[tokio::test]
async fn a_lost_deadlock_is_run_again() {
    let database = toy::database().await;
    let (low, high) = (Stream(Uuid::from_u128(1)), Stream(Uuid::from_u128(2)));
    let patient = [("deadlock_timeout", "1h")];
    let first = Held::head(database.options(), low).await;
    let mut other = Held::head(database.options().options(patient), high).await;
    let loser = [("deadlock_timeout", "500ms"), ("lock_timeout", "0")];
    let replica = Replica::narrow(database.pool_with(loser));
    let both =
        async { tokio::join!(replica.ask_anew(put(low, 1)), replica.ask_anew(put(high, 2))) };
    let entangling = async {
        waiters_for_a_lock(&database.pool(), 1).await;
        let wanting = async {
            other.and(low).await;
            other.release().await;
        };
        let letting_go = async {
            waiters_for_a_lock(&database.pool(), 2).await;
            first.release().await;
        };
        tokio::join!(wanting, letting_go);
    };
    let ((one, two), ()) = tokio::join!(both, entangling);
    assert_eq!((one.unwrap().amount, two.unwrap().amount), (1, 2));
    assert!(replica.has_counted(&["retries", "40P01"]));
}

#[tokio::test]
async fn a_call_given_up_before_its_batch_leaves_no_trace() {
    let database = toy::database().await;
    let (stalled, jar) = (toy::jar(), toy::jar());
    let held = Held::head(database.options(), stalled).await;
    let replica = Replica::narrow(database.fresh_pool());
    let mut stalling = Box::pin(replica.ask_anew(put(stalled, 1)));
    assert!(poll!(&mut stalling).is_pending());
    waiters_for_a_lock(&database.pool(), 1).await;
    let mut given_up = Box::pin(replica.ask_anew(put(jar, 5).numbered()));
    assert!(poll!(&mut given_up).is_pending(), "it waits in the lane");
    drop(given_up);
    let (first, next, ()) =
        tokio::join!(stalling, replica.ask_anew(put(jar, 7).numbered()), held.release());
    first.unwrap();
    assert_eq!(next.unwrap(), Told { amount: 7, number: Some(1) });
}

#[tokio::test]
async fn a_full_lane_refuses_as_overloaded_and_leaves_no_trace() {
    let database = toy::database().await;
    let jar = toy::jar();
    let held = Held::head(database.options(), jar).await;
    let settings = Settings { lanes: 1, queue: 2, ..Settings::default() };
    let replica = Replica::with(database.fresh_pool(), settings);
    let mut stalling = Box::pin(replica.ask_anew(put(jar, 1)));
    assert!(poll!(&mut stalling).is_pending());
    waiters_for_a_lock(&database.pool(), 1).await;
    let mut queued = [2, 4].map(|amount| Box::pin(replica.ask_anew(put(jar, amount))));
    for call in &mut queued {
        assert!(poll!(call).is_pending());
    }
    match replica.ask_anew(put(jar, 8)).await {
        Err(Failure::Refused(refusal)) => {
            assert_eq!(refusal.reason, "OVERLOADED");
            assert_eq!(refusal.retry_after, Some(Duration::from_secs(1)));
        }
        other => panic!("{other:?}"),
    }
    let (first, queued, ()) = tokio::join!(stalling, join_all(queued), held.release());
    assert!(queued.iter().chain([&first]).all(Result::is_ok), "{first:?} {queued:?}");
    assert_eq!(toy::amount(&database.pool(), jar).await, Some(1 + 2 + 4));
}
