//! Facts of another service: each takes effect once and in order, or parks its stream and no other.

use chassis::events::{DeadLetters, Event, Reactions, Sink};
use chassis::telemetry::Metrics;
use chassis::write::{Once, Stream, Taken};
use prost::{Message, Name};
use sqlx::PgPool;
use uuid::Uuid;

use crate::toy::{self, Ask, Replica, TOO_MUCH, panic, put, take};

const SOURCE: &str = "elsewhere";

fn once(sequence: i64) -> Once {
    Once::Event {
        source: SOURCE.into(),
        sequence,
        id: Uuid::now_v7(),
        actor: "system".into(),
        replayed: false,
    }
}

async fn react(replica: &Replica, sequence: i64, ask: Ask) -> Taken {
    replica.door.react(once(sequence), ask).await.taken().await.unwrap()
}

#[tokio::test]
async fn an_event_taken_twice_takes_effect_once() {
    let database = toy::database().await;
    let (replica, jar) = (Replica::over(database.pool()), toy::jar());
    let restarted = Replica::over(database.fresh_pool());
    assert!(matches!(react(&replica, 1, put(jar, 5)).await, Taken::Effective));
    assert!(matches!(react(&replica, 1, put(jar, 5)).await, Taken::Repeat));
    assert!(matches!(react(&restarted, 1, put(jar, 5)).await, Taken::Repeat));
    assert_eq!(toy::amount(&database.pool(), jar).await, Some(5));
}

#[tokio::test]
async fn an_event_before_its_turn_shows_the_gap_and_has_no_effect() {
    let database = toy::database().await;
    let (replica, jar) = (Replica::over(database.pool()), toy::jar());
    react(&replica, 1, put(jar, 5)).await;
    assert!(matches!(react(&replica, 3, put(jar, 7)).await, Taken::Gap { expected: 2 }));
    assert_eq!(toy::amount(&database.pool(), jar).await, Some(5));
    assert!(matches!(react(&replica, 2, put(jar, 6)).await, Taken::Effective));
    assert!(matches!(react(&replica, 3, put(jar, 7)).await, Taken::Effective));
    assert_eq!(toy::amount(&database.pool(), jar).await, Some(18));
}

#[tokio::test]
async fn an_event_that_is_refused_or_concerns_nobody_is_behind_us() {
    let database = toy::database().await;
    let (replica, jar) = (Replica::over(database.pool()), toy::jar());
    assert!(matches!(react(&replica, 1, take(jar, 5)).await, Taken::Ignored(_)));
    let passed = replica.door.pass(once(2), jar).await.taken().await.unwrap();
    assert!(matches!(passed, Taken::Effective));
    assert!(matches!(react(&replica, 1, put(jar, 5)).await, Taken::Repeat));
    assert!(matches!(react(&replica, 2, put(jar, 5)).await, Taken::Repeat));
    assert!(matches!(react(&replica, 3, put(jar, 5)).await, Taken::Effective));
    assert_eq!(toy::amount(&database.pool(), jar).await, Some(5));
}

#[tokio::test]
async fn what_was_handed_in_is_answered_though_the_door_is_gone() {
    let database = toy::database().await;
    let (replica, jar) = (Replica::over(database.pool()), toy::jar());
    let first = replica.door.react(once(1), put(jar, 5)).await;
    let second = replica.door.react(once(2), put(jar, 6)).await;
    drop(replica);
    assert!(matches!(first.taken().await, Ok(Taken::Effective)));
    assert!(matches!(second.taken().await, Ok(Taken::Effective)));
    assert_eq!(toy::amount(&database.pool(), jar).await, Some(11));
}

/// The sink of the toy: an amount elsewhere is put in or taken out here, and a nought is poison.
fn sink(pool: PgPool) -> Sink {
    let replica = Replica::over(pool.clone());
    let reactions = Reactions::to(SOURCE, &replica.door).on(&replica.door, |amount: i64, event| {
        let jar = event.stream;
        Ok(Some(match amount {
            0 => panic(jar),
            1.. => put(jar, amount),
            _ => take(jar, amount.abs()),
        }))
    });
    Sink::new("toy", reactions, DeadLetters::new(pool, toy::clock()), Metrics::new())
}

fn event(stream: Stream, sequence: i64, amount: i64) -> Event {
    Event {
        id: Uuid::now_v7(),
        source: SOURCE.into(),
        kind: i64::full_name(),
        subject: format!("jars/{}", stream.0),
        time: toy::clock().now(),
        stream,
        sequence,
        agency: String::new(),
        actor: "system".into(),
        causation: String::new(),
        traceparent: None,
        body: amount.encode_to_vec(),
    }
}

#[tokio::test]
async fn a_poisonous_event_parks_its_stream_and_no_other() {
    let database = toy::database().await;
    let (pool, ill, well) = (database.pool(), toy::jar(), toy::jar());
    let sink = sink(database.fresh_pool());
    let events = [event(ill, 1, 1), event(well, 1, 10), event(ill, 2, 0), event(ill, 3, 2)];
    sink.take(&events).await.unwrap();
    sink.take(&[event(ill, 4, 4), event(well, 2, 20)]).await.unwrap();
    assert_eq!(toy::amount(&pool, ill).await, Some(1));
    assert_eq!(toy::amount(&pool, well).await, Some(30));
    assert_eq!(DeadLetters::new(pool.clone(), toy::clock()).parked_streams().await.unwrap(), 1);
    assert!(!sink.replay(ill).await.unwrap(), "it is poison still");
    sink.take(&[event(ill, 5, 8)]).await.unwrap();
    assert_eq!(toy::amount(&pool, ill).await, Some(1));
}

#[tokio::test]
async fn a_parked_stream_goes_on_in_order_once_the_cause_is_gone() {
    let database = toy::database().await;
    let (pool, jar) = (database.pool(), toy::jar());
    let sink = sink(database.fresh_pool());
    sink.take(&[event(jar, 1, 1), event(jar, 2, TOO_MUCH), event(jar, 3, 2)]).await.unwrap();
    sink.take(&[event(jar, 4, 4)]).await.unwrap();
    assert_eq!(toy::amount(&pool, jar).await, Some(1));
    sqlx::query("alter table toy.jars drop constraint jar_is_full").execute(&pool).await.unwrap();
    assert!(sink.replay(jar).await.unwrap());
    let all = 1 + TOO_MUCH + 2 + 4;
    assert_eq!(toy::amount(&pool, jar).await, Some(all));
    assert_eq!(DeadLetters::new(pool.clone(), toy::clock()).parked_streams().await.unwrap(), 0);
    sink.take(&[event(jar, 5, 8)]).await.unwrap();
    assert_eq!(toy::amount(&pool, jar).await, Some(all + 8));
}
