//! Reading a log while others write it: transactions overlap, and ids are handed out before they commit.

use std::collections::HashMap;

use chassis::events::{Bell, Cursor, Event, Log};
use chassis::write::Stream;
use futures::future::join_all;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use sqlx::PgPool;
use sqlx::postgres::PgConnectOptions;
use support::TestDatabase;
use uuid::Uuid;

use crate::toy;
use crate::writer::Writer;

/// The log under test, and where it was read to.
struct Reader {
    log: Log,
    cursor: Cursor,
}

impl Reader {
    fn of(database: &TestDatabase) -> Self {
        let log = Log::new("toy", database.pool(), Bell::new());
        Self { log, cursor: Cursor::beginning() }
    }

    async fn read(&mut self) -> Vec<Event> {
        let (events, next) = self.log.read(&self.cursor).await.unwrap();
        self.cursor = next;
        events
    }

    /// Stream and sequence of each fact of the next portion.
    async fn read_places(&mut self) -> Vec<(Stream, i64)> {
        self.read().await.iter().map(|event| (event.stream, event.sequence)).collect()
    }
}

/// How a log must not be read: by the last id seen.
struct NaiveReader {
    pool: PgPool,
    last: i64,
}

impl NaiveReader {
    fn of(database: &TestDatabase) -> Self {
        Self { pool: database.pool(), last: 0 }
    }

    async fn read_places(&mut self) -> Vec<(Stream, i64)> {
        let rows: Vec<(i64, Uuid, i64)> = sqlx::query_as(
            "select id, stream, sequence from chassis.event where id > $1 order by id",
        )
        .bind(self.last)
        .fetch_all(&self.pool)
        .await
        .unwrap();
        self.last = rows.last().map_or(self.last, |(id, ..)| *id);
        rows.into_iter().map(|(_, stream, sequence)| (Stream(stream), sequence)).collect()
    }
}

#[tokio::test]
async fn what_commits_late_is_read_late_and_never_skipped() {
    let database = toy::database().await;
    let (mut reader, mut naive) = (Reader::of(&database), NaiveReader::of(&database));
    let (slow, quick) = (toy::stream(), toy::stream());
    let mut first = Writer::begin(database.options()).await;
    first.append(slow, 1).await;
    let mut second = Writer::begin(database.options()).await;
    second.append(quick, 1).await;
    second.commit().await;
    assert_eq!(reader.read_places().await, [(quick, 1)]);
    assert_eq!(naive.read_places().await, [(quick, 1)]);

    first.append(slow, 1).await;
    first.commit().await;
    assert_eq!(reader.read_places().await, [(slow, 1), (slow, 2)]);
    assert_eq!(naive.read_places().await, [(slow, 2)], "the naive reader has lost the first");
    assert_eq!(reader.read_places().await, []);
}

#[tokio::test]
async fn a_transaction_left_open_holds_nobody_up() {
    let database = toy::database().await;
    let (mut reader, stream) = (Reader::of(&database), toy::stream());
    let mut open = Writer::begin(database.options()).await;
    open.run("create table toy.elsewhere ()").await;
    let mut writer = Writer::begin(database.options()).await;
    writer.append(stream, 2).await;
    writer.commit().await;
    assert_eq!(reader.read_places().await, [(stream, 1), (stream, 2)]);

    let below_the_horizon: i64 = sqlx::query_scalar(
        "select count(*) from chassis.event where xid < pg_snapshot_xmin(pg_current_snapshot())",
    )
    .fetch_one(&database.pool())
    .await
    .unwrap();
    assert_eq!(below_the_horizon, 0, "a reader of what is below the horizon would still wait");
    open.commit().await;
    assert_eq!(reader.read_places().await, []);
}

#[tokio::test]
async fn what_is_rolled_back_was_never_there() {
    let database = toy::database().await;
    let (mut reader, stream) = (Reader::of(&database), toy::stream());
    let mut undone = Writer::begin(database.options()).await;
    undone.append(stream, 3).await;
    assert_eq!(reader.read_places().await, []);
    undone.roll_back().await;
    assert_eq!(reader.read_places().await, []);
    let mut done = Writer::begin(database.options()).await;
    done.append(stream, 1).await;
    done.commit().await;
    assert_eq!(reader.read_places().await, [(stream, 1)]);
}

#[tokio::test]
async fn a_long_stretch_is_read_in_portions_to_its_end_before_the_next_begins() {
    let database = toy::database().await;
    let mut reader = Reader::of(&database);
    let (long, late, between) = (toy::stream(), toy::stream(), toy::stream());
    let mut overlapping = Writer::begin(database.options()).await;
    overlapping.append(late, 1).await;
    let mut writer = Writer::begin(database.options()).await;
    writer.append(long, 1_300).await;
    writer.commit().await;

    let mut read = reader.read_places().await;
    assert_eq!(read.len(), 512);
    overlapping.commit().await;
    let mut writer = Writer::begin(database.options()).await;
    writer.append(between, 1).await;
    writer.append(long, 700).await;
    writer.commit().await;
    for portion in [512, 276] {
        let places = reader.read_places().await;
        assert_eq!(places.len(), portion);
        read.extend(places);
    }
    assert!(
        read.iter().all(|(stream, _)| *stream == long),
        "the stretch ends before what came after"
    );

    for portion in [512, 190, 0] {
        let places = reader.read_places().await;
        assert_eq!(places.len(), portion);
        read.extend(places);
    }
    for (stream, last) in [(long, 2_000), (late, 1), (between, 1)] {
        let sequences = read.iter().filter(|place| place.0 == stream).map(|place| place.1);
        assert!(sequences.eq(1..=last), "{stream:?}");
    }
}

#[tokio::test]
async fn a_stretch_of_exactly_one_portion_is_followed_by_nothing() {
    let database = toy::database().await;
    let (mut reader, stream) = (Reader::of(&database), toy::stream());
    let mut writer = Writer::begin(database.options()).await;
    writer.append(stream, 512).await;
    writer.commit().await;
    assert_eq!(reader.read_places().await.len(), 512);
    assert_eq!(reader.read_places().await, []);
    let mut writer = Writer::begin(database.options()).await;
    writer.append(stream, 1).await;
    writer.commit().await;
    assert_eq!(reader.read_places().await, [(stream, 513)]);
}

const WRITERS: usize = 8;
const TRANSACTIONS: usize = 60;

/// Writes transactions of random breadth and length, some of them in vain.
async fn write(options: PgConnectOptions, streams: [Stream; 6], seed: u64) {
    let mut random = StdRng::seed_from_u64(seed);
    for _ in 0..TRANSACTIONS {
        let mut writer = Writer::begin(options.clone()).await;
        // An id of its own before it has any lock, so that ids and locks come in different orders.
        writer.run("select pg_current_xact_id()").await;
        let first = random.random_range(0..streams.len());
        let locked = &streams[first..streams.len().min(first + random.random_range(1..=3))];
        writer.lock(locked).await;
        for stream in locked {
            writer.append(*stream, random.random_range(1..=4)).await;
            for _ in 0..random.random_range(0..5) {
                writer.run("select").await;
            }
        }
        if random.random_bool(0.15) {
            writer.roll_back().await;
        } else {
            writer.commit().await;
        }
    }
}

/// Sequences read, in the order of reading, by stream.
type Read = HashMap<Stream, Vec<i64>>;

async fn committed(pool: &PgPool) -> Read {
    let rows: Vec<(Uuid, i64)> =
        sqlx::query_as("select stream, sequence from chassis.event order by stream, sequence")
            .fetch_all(pool)
            .await
            .unwrap();
    let mut read = Read::new();
    for (stream, sequence) in rows {
        read.entry(Stream(stream)).or_default().push(sequence);
    }
    read
}

#[tokio::test]
async fn whoever_writes_beside_the_reader_every_fact_is_read_once_and_in_order() {
    let seed = rand::random();
    println!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let database = toy::database().await;
    let mut streams = [(); 6].map(|()| Stream(Uuid::from_u128(random.random())));
    streams.sort();
    let mut open = Writer::begin(database.options()).await;
    open.run("create table toy.elsewhere ()").await;

    let writers = (0..WRITERS).map(|_| write(database.options(), streams, random.random()));
    let mut writing = tokio::spawn(join_all(writers.collect::<Vec<_>>()));
    let (mut reader, mut naive) = (Reader::of(&database), NaiveReader::of(&database));
    let (mut read, mut naively) = (Read::new(), 0);
    loop {
        let all_is_written = writing.is_finished();
        let events = reader.read().await;
        naively += naive.read_places().await.len();
        if events.is_empty() && all_is_written {
            break;
        }
        for event in events {
            read.entry(event.stream).or_default().push(event.sequence);
        }
    }
    (&mut writing).await.unwrap();
    open.commit().await;
    let expected = committed(&database.pool()).await;
    let facts: usize = expected.values().map(Vec::len).sum();
    println!("{facts} facts, of which a naive reader saw {naively}");
    assert!(facts > WRITERS * TRANSACTIONS, "most transactions publish several");
    assert_eq!(read, expected);
    assert_eq!(reader.read_places().await, []);
}
