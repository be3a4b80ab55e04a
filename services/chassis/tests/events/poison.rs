//! What cannot be taken: its stream waits among the dead letters, and nobody else waits for it.

use chassis::events::{Carrier, Cursor, DeadLetters, Event, Sink};
use chassis::write::Stream;
use proto::motcua::r#type::v1::DossierStatus;
use sqlx::PgPool;
use support::eventually;

use crate::carrier::{Pair, Running};
use crate::toy::{self, FRIGHT, Fact, Teller};
use crate::{LIMIT, TOO_MUCH};

async fn run(pool: &PgPool, statement: &'static str) {
    sqlx::raw_sql(statement).execute(pool).await.unwrap();
}

/// Letters as they should be: sequence and cause.
fn letters<const N: usize>(letters: [(i64, &str); N]) -> Vec<(i64, String)> {
    letters.map(|(sequence, cause)| (sequence, cause.to_owned())).into()
}

async fn parked(pair: &Pair) -> u64 {
    DeadLetters::new(pair.listener.pool(), toy::clock()).parked_streams().await.unwrap()
}

/// The sink of a release that nothing frightens.
fn braver_sink(pair: &Pair) -> Sink {
    pair.listener.release("teller", toy::note)
}

async fn first_portion(pair: &Pair) -> Vec<Event> {
    pair.teller.log.read(&Cursor::beginning()).await.unwrap().0
}

#[tokio::test]
async fn a_gap_is_noticed_and_parks_its_stream_alone() {
    let (pair, torn, whole) = (Pair::new().await, toy::stream(), toy::stream());
    let log = pair.teller.database.pool();
    for stream in [torn, whole] {
        pair.teller.tell_numbers(stream, 1..=4).await;
    }
    sqlx::query("create table public.lost as select * from chassis.event where stream = $1 and sequence = 2")
        .bind(torn.0)
        .execute(&log)
        .await
        .unwrap();
    run(&log, "delete from chassis.event where id in (select id from public.lost)").await;
    let _running = pair.start();
    pair.until_noted(whole, 1..=4).await;
    eventually(LIMIT, async || pair.listener.letters(torn).await.len() == 2).await;
    pair.teller.tell_numbers(torn, [5]).await;
    eventually(LIMIT, async || pair.listener.letters(torn).await.len() == 3).await;
    let waiting = letters([(3, "gap"), (4, "waiting"), (5, "waiting")]);
    assert_eq!(pair.listener.letters(torn).await, waiting);
    assert_eq!((pair.listener.noted(torn).await, parked(&pair).await), (vec![1], 1));

    let sink = pair.listener.sink("teller");
    assert!(!sink.replay(torn).await.unwrap(), "what is missing is missing still");
    run(
        &log,
        "alter table public.lost drop id, drop xid;
         insert into chassis.event
             (event, stream, sequence, type, subject, time, actor, agency, causation, traceparent, body)
         select * from public.lost",
    )
    .await;
    eventually(LIMIT, async || pair.listener.letters(torn).await.len() == 4).await;
    assert!(sink.replay(torn).await.unwrap());
    pair.until_noted(torn, 1..=5).await;
    pair.teller.tell_numbers(torn, [6]).await;
    pair.until_noted(torn, 1..=6).await;
    assert_eq!(parked(&pair).await, 0);
}

#[tokio::test]
async fn poison_of_every_kind_parks_its_stream_alone_and_is_healed() {
    let (pair, well) = (Pair::new().await, toy::stream());
    let poisons = [Fact::Garbage, Fact::Number(FRIGHT), Fact::Number(TOO_MUCH)];
    let ill = [(); 3].map(|()| toy::stream());
    let running = pair.start();
    for (stream, poison) in ill.into_iter().zip(poisons) {
        pair.teller.tell(stream, [Fact::Number(1), poison, Fact::Number(3)]).await;
        pair.teller.tell_numbers(stream, [4]).await;
        pair.teller.tell_numbers(well, 1..=3).await;
    }
    pair.until_noted(well, [1, 2, 3].repeat(3)).await;
    let waiting = letters([(2, "poison"), (3, "waiting"), (4, "waiting")]);
    for stream in ill {
        eventually(LIMIT, async || pair.listener.letters(stream).await.len() == 3).await;
        assert_eq!(pair.listener.letters(stream).await, waiting);
        assert_eq!(pair.listener.noted(stream).await, [1]);
    }
    assert_eq!(parked(&pair).await, 3);

    let sink = pair.listener.sink("teller");
    for stream in ill {
        assert!(!sink.replay(stream).await.unwrap(), "nothing is mended yet");
        assert_eq!(pair.listener.letters(stream).await, waiting);
    }
    drop(running);
    run(&pair.listener.pool(), "alter table toy.entry drop constraint number_is_small").await;
    // 9 as an Int64Value, instead of what nobody can read.
    run(
        &pair.listener.pool(),
        r"update chassis.dead_letter set body = '\x0809' where body = '\xff'",
    )
    .await;
    let sink = braver_sink(&pair);
    for (stream, mended) in ill.into_iter().zip([9, FRIGHT, TOO_MUCH]) {
        assert!(sink.replay(stream).await.unwrap());
        assert_eq!(pair.listener.noted(stream).await, [1, mended, 3, 4]);
        assert_eq!(pair.listener.letters(stream).await, []);
    }
    pair.teller.tell_numbers(ill[0], [5]).await;
    let carrying = pair.carrier.carry(sink, pair.listener.pool());
    let _running = Running::new(tokio::spawn(carrying));
    pair.until_noted(ill[0], [1, 9, 3, 4, 5]).await;
}

#[tokio::test]
async fn garbage_that_was_mended_and_taken_is_a_repeat_when_it_comes_again() {
    let (pair, stream) = (Pair::new().await, toy::stream());
    pair.teller.tell(stream, [Fact::Garbage, Fact::Number(2)]).await;
    let sink = pair.listener.sink("teller");
    let events = first_portion(&pair).await;
    sink.take(&events).await.unwrap();
    sink.take(&events).await.unwrap();
    assert_eq!(pair.listener.handled("poison"), 1, "then it waits like the others");
    run(
        &pair.listener.pool(),
        r"update chassis.dead_letter set body = '\x0801' where body = '\xff'",
    )
    .await;
    assert!(sink.replay(stream).await.unwrap());
    sink.take(&events).await.unwrap();
    assert_eq!(pair.listener.noted(stream).await, [1, 2]);
    assert_eq!((pair.listener.letters(stream).await, parked(&pair).await), (vec![], 0));
}

#[tokio::test]
async fn a_letter_that_waited_and_then_fails_itself_tells_why() {
    let (pair, stream) = (Pair::new().await, toy::stream());
    pair.teller.tell(stream, [FRIGHT, TOO_MUCH, 3].map(Fact::Number)).await;
    let events = first_portion(&pair).await;
    pair.listener.sink("teller").take(&events).await.unwrap();
    let sink = braver_sink(&pair);
    assert!(!sink.replay(stream).await.unwrap());
    assert_eq!(pair.listener.letters(stream).await, letters([(2, "poison"), (3, "waiting")]));
    assert_eq!(pair.listener.noted(stream).await, [FRIGHT]);
}

#[tokio::test]
async fn a_stream_with_many_letters_is_replayed_to_its_last() {
    let (pair, stream) = (Pair::new().await, toy::stream());
    let facts = [FRIGHT].into_iter().chain(2..=1_100);
    pair.teller.tell(stream, facts.map(Fact::Number)).await;
    let running = pair.start();
    eventually(LIMIT, async || pair.listener.letters(stream).await.len() == 1_100).await;
    drop(running);
    assert!(braver_sink(&pair).replay(stream).await.unwrap());
    assert_eq!(pair.listener.letters(stream).await, []);
    assert_eq!(pair.listener.noted(stream).await.len(), 1_100);
}

#[tokio::test]
async fn a_stream_stays_parked_until_the_letters_of_every_source_are_taken() {
    let (pair, stream) = (Pair::new().await, toy::stream());
    let other = Teller::new("other").await;
    pair.teller.tell(stream, [FRIGHT, 2].map(Fact::Number)).await;
    other.tell_numbers(stream, [7]).await;
    let events = first_portion(&pair).await;
    pair.listener.sink("teller").take(&events).await.unwrap();
    let sink = pair.listener.release("other", toy::note);
    let of_other = other.log.read(&Cursor::beginning()).await.unwrap().0;
    sink.take(&of_other).await.unwrap();
    assert!(pair.listener.noted(stream).await.is_empty());

    assert!(sink.replay(stream).await.unwrap(), "its own letters are taken");
    assert_eq!(is_parked(&pair, stream).await, [true], "the teller's wait yet");
    other.tell_numbers(stream, [8]).await;
    let of_other = other.log.read(&Cursor::beginning()).await.unwrap().0;
    sink.take(&of_other).await.unwrap();
    assert!(braver_sink(&pair).replay(stream).await.unwrap());
    assert_eq!(is_parked(&pair, stream).await, [true], "now the other's");
    assert!(sink.replay(stream).await.unwrap());
    assert_eq!(is_parked(&pair, stream).await, [false]);
    assert_eq!(pair.listener.noted(stream).await, [7, FRIGHT, 2, 8]);
}

async fn is_parked(pair: &Pair, stream: Stream) -> Vec<bool> {
    let parked = sqlx::query_scalar("select parked from chassis.head where stream = $1");
    parked.bind(stream.0).fetch_all(&pair.listener.pool()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_while_letters_are_replayed_waits_its_turn() {
    let (pair, stream) = (Pair::new().await, toy::stream());
    pair.teller.tell(stream, [FRIGHT].into_iter().chain(2..=60).map(Fact::Number)).await;
    let events = first_portion(&pair).await;
    let (waiting, coming) = events.split_at(30);
    pair.listener.sink("teller").take(waiting).await.unwrap();
    let (replaying, carrying) = (braver_sink(&pair), braver_sink(&pair));
    let (replayed, again, ()) =
        tokio::join!(replaying.replay(stream), replaying.replay(stream), async {
            for event in coming {
                carrying.take(std::slice::from_ref(event)).await.unwrap();
            }
        });
    assert!(replayed.unwrap() && again.unwrap());
    let numbers: Vec<_> = [FRIGHT].into_iter().chain(2..=60).collect();
    assert_eq!(pair.listener.noted(stream).await, numbers);
    assert_eq!((pair.listener.letters(stream).await, pair.listener.handled("gap")), (vec![], 0));
    assert_eq!(is_parked(&pair, stream).await, [false]);
}

#[test]
fn an_enum_field_that_is_unset_or_unknown_is_poison() {
    let known = |value| chassis::events::known::<DossierStatus>(value, "status");
    assert_eq!(known(DossierStatus::Accepted.into()), Ok(DossierStatus::Accepted));
    for poison in [0, -1, 999] {
        assert_eq!(known(poison), Err("status"), "{poison}");
    }
}
