//! When more than a few fail, it is not they who are at fault: the sink stops instead of parking everybody.

use chassis::events::{Cursor, Event, Sink};
use chassis::write::{Failure, Stream};
use support::eventually;

use crate::carrier::Pair;
use crate::overheard::Overheard;
use crate::toy::{self, Fact};
use crate::{LIMIT, TOO_MUCH};

async fn events(pair: &Pair) -> Vec<Event> {
    let mut cursor = Cursor::beginning();
    let mut all = Vec::new();
    loop {
        let (events, next) = pair.teller.log.read(&cursor).await.unwrap();
        if events.is_empty() {
            return all;
        }
        all.extend(events);
        cursor = next;
    }
}

async fn tell_each(pair: &Pair, streams: &[Stream], number: i64) {
    for stream in streams {
        pair.teller.tell_numbers(*stream, [number]).await;
    }
}

async fn is_stopped(sink: &Sink, events: &[Event]) -> bool {
    matches!(sink.take(events).await, Err(Failure::Unavailable(_)))
}

async fn mend(pair: &Pair) {
    let statement = "alter table toy.entry drop constraint number_is_small";
    sqlx::query(statement).execute(&pair.listener.pool()).await.unwrap();
}

#[tokio::test]
async fn the_tenth_failure_among_a_few_events_stops_the_sink_until_it_is_mended() {
    let (pair, overheard) = (Pair::new().await, Overheard::from_now_on());
    let streams = [(); 12].map(|()| toy::stream());
    tell_each(&pair, &streams, TOO_MUCH).await;
    let running = pair.start();
    eventually(LIMIT, async || overheard.times("too many events fail") >= 3).await;
    assert_eq!(pair.listener.handled("poison"), 9, "tried again, the tenth is not parked either");
    for stream in &streams[9..] {
        assert_eq!(pair.listener.letters(*stream).await, []);
    }
    mend(&pair).await;
    for stream in &streams[9..] {
        pair.until_noted(*stream, [TOO_MUCH]).await;
    }
    drop(running);
}

#[tokio::test]
async fn one_failure_in_a_hundred_is_borne_and_no_more() {
    let pair = Pair::new().await;
    let sink = pair.listener.sink("teller");
    pair.teller.tell(toy::stream(), (1..=1_000).map(Fact::Number)).await;
    sink.take(&events(&pair).await).await.unwrap();
    let streams = [(); 11].map(|()| toy::stream());
    tell_each(&pair, &streams, TOO_MUCH).await;
    let failing = events(&pair).await.split_off(1_000);
    sink.take(&failing[..10]).await.unwrap();
    assert!(is_stopped(&sink, &failing).await);
    assert!(is_stopped(&sink, &failing).await, "what is parked already does not count as passing");
    mend(&pair).await;
    sink.take(&failing).await.unwrap();
    assert_eq!(pair.listener.noted(streams[10]).await, [TOO_MUCH]);
}
