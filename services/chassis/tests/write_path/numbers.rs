//! Numbers of a series and sequences of a stream have no gaps, whatever is refused or breaks in
//! between.

use std::collections::BTreeMap;

use futures::future::join_all;
use support::TestDatabase;

use crate::toy::{self, Replica, TOO_MUCH, Told, panic, put, reason, take};

const WISHES: usize = 400;

/// Two processes carry out numbered wishes about four jars, of which half are refused or break;
/// returns what the rest were told.
async fn two_replicas_at_work(database: &TestDatabase) -> Vec<Told> {
    let replicas = [Replica::over(database.fresh_pool()), Replica::over(database.fresh_pool())];
    let jars = [(); 4].map(|()| toy::jar());
    let wishes = (0..WISHES).map(|place| {
        let jar = jars[place / 4 % 4];
        let ask = match place % 8 {
            1 | 7 => take(jar, i64::MAX),
            3 => panic(jar),
            5 => put(jar, TOO_MUCH),
            _ => put(jar, 1),
        };
        replicas[place / 16 % 2].ask_anew(ask.numbered())
    });
    let outcomes = join_all(wishes).await;
    for (place, outcome) in outcomes.iter().enumerate() {
        let expected = match place % 8 {
            1 | 7 => "TOO_LITTLE",
            3 | 5 => "broken",
            _ => "granted",
        };
        assert_eq!(reason(outcome), expected);
    }
    outcomes.into_iter().filter_map(Result::ok).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn numbers_have_no_gaps() {
    let database = toy::database().await;
    let told = two_replicas_at_work(&database).await;
    let expected: Vec<i64> = (1..).take(WISHES / 2).collect();
    let mut numbers: Vec<i64> = told.iter().filter_map(|told| told.number).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, expected);
    let log = toy::log(&database.pool()).await;
    let mut published: Vec<i64> = log.iter().filter_map(toy::Logged::number).collect();
    published.sort_unstable();
    assert_eq!(published, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn facts_of_a_stream_are_numbered_from_one_without_gaps() {
    let database = toy::database().await;
    two_replicas_at_work(&database).await;
    let mut streams: BTreeMap<_, Vec<i64>> = BTreeMap::new();
    for fact in toy::log(&database.pool()).await {
        streams.entry(fact.stream).or_default().push(fact.sequence);
    }
    assert_eq!(streams.len(), 4);
    for (stream, sequences) in streams {
        let expected: Vec<i64> = (1..).take(sequences.len()).collect();
        assert_eq!(sequences, expected, "{stream}");
    }
}
