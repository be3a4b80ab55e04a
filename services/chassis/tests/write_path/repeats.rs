//! A wish takes effect once, however often it is told.

use chassis::write::{FingerprintKey, Once};
use futures::future::join_all;
use uuid::Uuid;

use crate::toy::{self, Replica, Told, put, reason, take};

#[tokio::test]
async fn the_same_request_twice_gives_the_first_answer_and_one_effect() {
    let database = toy::database().await;
    let (replica, jar, request) = (Replica::over(database.pool()), toy::jar(), Uuid::now_v7());
    let first = replica.ask(request, put(jar, 5)).await.unwrap();
    replica.ask_anew(put(jar, 1)).await.unwrap();
    let again = replica.ask(request, put(jar, 5)).await.unwrap();
    assert_eq!((first, again), (Told { amount: 5, number: None }, first));
    assert_eq!(toy::amount(&database.pool(), jar).await, Some(6));
    assert_eq!(toy::facts(&database.pool()).await, 2);
}

#[tokio::test]
async fn fifty_concurrent_repeats_of_one_request_give_one_effect() {
    let database = toy::database().await;
    let replicas = [Replica::over(database.pool()), Replica::over(database.fresh_pool())];
    let (jar, request) = (toy::jar(), Uuid::now_v7());
    let ask = |place: usize| replicas[place % 2].ask(request, put(jar, 5).numbered());
    for answer in join_all((0..50).map(ask)).await {
        assert_eq!(answer.unwrap(), Told { amount: 5, number: Some(1) });
    }
    assert_eq!(toy::amount(&database.pool(), jar).await, Some(5));
    assert_eq!(toy::facts(&database.pool()).await, 2, "the number and the amount");
}

#[tokio::test]
async fn a_repeat_after_a_restart_gives_the_first_answer() {
    let database = toy::database().await;
    let (jar, request) = (toy::jar(), Uuid::now_v7());
    let before = Replica::over(database.fresh_pool());
    let first = before.ask(request, put(jar, 5).numbered()).await.unwrap();
    drop(before);
    let after = Replica::over(database.fresh_pool());
    after.ask_anew(put(jar, 1).numbered()).await.unwrap();
    assert_eq!(after.ask(request, put(jar, 5).numbered()).await.unwrap(), first);
    assert_eq!(toy::amount(&database.pool(), jar).await, Some(6));
}

#[tokio::test]
async fn the_same_id_with_another_body_is_refused() {
    let database = toy::database().await;
    let (replica, jar, request) = (Replica::over(database.pool()), toy::jar(), Uuid::now_v7());
    replica.ask(request, put(jar, 5)).await.unwrap();
    for other in [put(jar, 6), take(jar, 5), put(toy::jar(), 5)] {
        assert_eq!(reason(&replica.ask(request, other).await), "REQUEST_ID_REUSED");
    }
    assert_eq!(toy::facts(&database.pool()).await, 1);
}

#[tokio::test]
async fn the_same_id_with_another_body_is_refused_within_one_batch() {
    let database = toy::database().await;
    let (replica, jar, request) = (Replica::over(database.pool()), toy::jar(), Uuid::now_v7());
    let (first, other) =
        tokio::join!(replica.ask(request, put(jar, 5)), replica.ask(request, put(jar, 6)));
    assert_eq!((reason(&first), reason(&other)), ("granted", "REQUEST_ID_REUSED"));
    assert_eq!(toy::amount(&database.pool(), jar).await, Some(5));
}

#[tokio::test]
async fn the_same_id_of_another_caller_is_another_wish() {
    let database = toy::database().await;
    let (replica, jar, request) = (Replica::over(database.pool()), toy::jar(), Uuid::now_v7());
    for (caller, amount) in [("accounts/an", 5), ("accounts/binh", 10), ("accounts/an", 5)] {
        let ask = put(jar, 5);
        let told = replica.door.run(ask.once(caller, request), ask).await.unwrap();
        assert_eq!(told.amount, amount, "{caller}");
    }
    assert_eq!(toy::facts(&database.pool()).await, 2);
}

#[tokio::test]
async fn a_refusal_is_not_kept() {
    let database = toy::database().await;
    let (replica, jar, request) = (Replica::over(database.pool()), toy::jar(), Uuid::now_v7());
    let refused = replica.ask(request, take(jar, 5)).await;
    assert_eq!(reason(&refused), "TOO_LITTLE");
    assert_eq!(toy::amount(&database.pool(), jar).await, None, "it left no trace");
    replica.ask_anew(put(jar, 7)).await.unwrap();
    assert_eq!(replica.ask(request, take(jar, 5)).await.unwrap().amount, 2);
}

#[tokio::test]
async fn what_is_kept_of_a_call_tells_nothing_without_the_key() {
    let database = toy::database().await;
    let (ask, request) = (put(toy::jar(), 5), Uuid::now_v7());
    Replica::over(database.pool()).ask(request, ask).await.unwrap();
    let kept: Vec<u8> = sqlx::query_scalar("select fingerprint from chassis.answer")
        .fetch_one(&database.pool())
        .await
        .unwrap();
    let Once::Call { fingerprint: guessed, .. } = ask.once(toy::CALLER, request) else {
        panic!("it is a call")
    };
    assert_ne!(kept, guessed, "whoever guesses the request has nothing to compare");
    let again = Replica::over(database.fresh_pool()).ask(request, ask).await;
    assert_eq!(reason(&again), "granted", "every process of the service has the key");
    let stranger = Replica::keyed(database.fresh_pool(), FingerprintKey::new([1; 32].into()));
    assert_eq!(reason(&stranger.ask(request, ask).await), "REQUEST_ID_REUSED");
}
