//! What leased jobs promise, on a real PostgreSQL: whoever dies, freezes or fails, the world outside is asked under one id, and the
//! end is recorded once.

#![expect(clippy::unwrap_used, reason = "a test that fails by panicking says enough, helpers too")]

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chassis::clock::Clock;
use chassis::jobs::{Job, Lease, Progress, Work, Worker};
use chassis::refusal::Failure;
use chassis::write::{
    Around, Asked, At, Changed, Command, Decided, Door, Once, Outgoing, Refusal, Root, Store,
    Stream,
};
use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sqlx::migrate::Migrator;
use sqlx::{PgConnection, PgPool};
use support::{TestDatabase, eventually};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use uuid::Uuid;

/// How long anything that should happen may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// The toy has no tables of its own.
static MIGRATIONS: Migrator = Migrator::DEFAULT;

/// A letter box: nothing is kept of it but its log.
#[derive(Clone)]
struct Letters;

impl Root for Letters {
    type Rules = ();
    type Wants = ();
    type Fact = i64;
}

/// Has a letter carried to the world outside, so many seconds from now.
struct Post(Stream, i64);

#[derive(Serialize, Deserialize)]
struct Letter(Stream);

impl Work for Letter {
    const KIND: &'static str = "letter";
}

impl Command for Post {
    const NAME: &'static str = "Post";
    type Root = Letters;
    type Answer = ();

    fn stream(&self) -> Stream {
        self.0
    }

    fn decide(
        &self,
        _: Option<&Letters>,
        (): &(),
        at: &mut At<'_>,
    ) -> Result<Decided<Letters, ()>, Refusal> {
        let id = at.id();
        at.schedule_at(id, &Letter(self.0), at.now + SignedDuration::from_secs(self.1));
        Ok(Decided::quiet(Letters, ()))
    }
}

/// Records that a letter was carried, and at which attempt.
struct Carried(Stream, i32);

impl Command for Carried {
    const NAME: &'static str = "Carried";
    type Root = Letters;
    type Answer = ();

    fn stream(&self) -> Stream {
        self.0
    }

    fn decide(
        &self,
        _: Option<&Letters>,
        (): &(),
        _: &mut At<'_>,
    ) -> Result<Decided<Letters, ()>, Refusal> {
        Ok(Decided { after: Letters, facts: vec![self.1.into()], answer: () })
    }
}

impl Store for Letters {
    type Root = Letters;

    async fn load(
        &self,
        _: &mut PgConnection,
        _: &[Asked<Letters>],
    ) -> sqlx::Result<HashMap<Stream, Letters>> {
        Ok(HashMap::new())
    }

    async fn save(&self, _: &mut PgConnection, _: &[Changed<Letters>]) -> sqlx::Result<()> {
        Ok(())
    }

    fn message(attempt: &i64) -> Outgoing {
        Outgoing::of(attempt, "letters", "")
    }
}

/// How the world outside behaves.
#[derive(Clone, Copy, PartialEq)]
enum Mood {
    Takes,
    IsAway,
    IsBusyUntil(Timestamp),
    RefusesForEver,
}

/// The world outside: it writes down under which ids it was asked, and answers when it may.
struct Outside {
    asked: Mutex<BTreeMap<Uuid, u32>>,
    mood: Mutex<Mood>,
    answers: Semaphore,
}

impl Outside {
    fn answering(answers: usize) -> Arc<Self> {
        let (asked, mood) = (Mutex::default(), Mutex::new(Mood::Takes));
        Arc::new(Self { asked, mood, answers: Semaphore::new(answers) })
    }

    fn asked(&self) -> BTreeMap<Uuid, u32> {
        self.asked.lock().unwrap().clone()
    }

    fn turns(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    /// Waits until it was asked that often, whatever the ids.
    async fn was_asked(&self, times: u32) {
        eventually(PATIENCE, async || self.asked().values().sum::<u32>() == times).await;
    }
}

struct Carry(Arc<Outside>);

impl Job for Carry {
    type Work = Letter;
    type Done = Carried;

    async fn step(
        &self,
        Letter(stream): Letter,
        lease: &Lease,
    ) -> Result<Progress<Carried>, Failure> {
        *self.0.asked.lock().unwrap().entry(lease.id).or_default() += 1;
        self.0.answers.acquire().await.unwrap().forget();
        let mood = *self.0.mood.lock().unwrap();
        match mood {
            Mood::Takes => Ok(Progress::Done(Carried(stream, lease.attempt))),
            Mood::IsBusyUntil(then) => Ok(Progress::Later(then)),
            Mood::IsAway => Err(Failure::Unavailable("away".into())),
            Mood::RefusesForEver => Err(Failure::Broken("never".into())),
        }
    }
}

struct House {
    database: TestDatabase,
    clock: Clock,
    around: Around,
    door: Door<Letters>,
}

impl House {
    async fn new() -> Self {
        let clock = Clock::manual("2026-01-05T02:00:00Z".parse().unwrap());
        let database = TestDatabase::new("toy", &MIGRATIONS, &clock).await;
        let around = support::around(&clock);
        let door = Door::open("toy", database.pool(), Letters, Arc::new(()), around.clone());
        Self { database, clock, around, door }
    }

    /// A worker as another process has it, with a pool, a door and a bell of its own.
    fn worker(&self, outside: &Arc<Outside>) -> JoinHandle<()> {
        self.worker_in(&support::around(&self.clock), outside)
    }

    fn worker_in(&self, around: &Around, outside: &Arc<Outside>) -> JoinHandle<()> {
        let (pool, around) = (self.database.fresh_pool(), around.clone());
        let door = Door::open("toy", pool.clone(), Letters, Arc::new(()), around.clone());
        tokio::spawn(Worker::new("toy", pool, Carry(outside.clone()), door, around).run())
    }

    async fn post(&self) {
        self.post_later(0).await;
    }

    async fn post_later(&self, seconds: i64) {
        let once = Once::call("accounts/an", &Uuid::now_v7().to_string(), &()).unwrap();
        self.door.run(once, Post(Stream(Uuid::now_v7()), seconds)).await.unwrap();
    }

    /// The attempts that the log tells of.
    async fn carried(&self) -> Vec<i32> {
        let bodies: Vec<Vec<u8>> =
            all(&self.database.pool(), "select body from chassis.event").await;
        let attempt = |body: Vec<u8>| <i64 as prost::Message>::decode(body.as_slice()).unwrap();
        bodies.into_iter().map(|body| i32::try_from(attempt(body)).unwrap()).collect()
    }

    async fn jobs(&self) -> i64 {
        all(&self.database.pool(), "select count(*) from chassis.job").await[0]
    }

    async fn ends(&self) {
        eventually(PATIENCE, async || self.jobs().await == 0).await;
    }

    fn passes(&self, seconds: i64) {
        self.clock.advance(SignedDuration::from_secs(seconds));
    }
}

async fn all<T>(pool: &PgPool, query: &'static str) -> Vec<T>
where
    T: Send + Unpin + sqlx::Type<sqlx::Postgres> + for<'a> sqlx::Decode<'a, sqlx::Postgres>,
{
    sqlx::query_scalar(query).fetch_all(pool).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn work_asked_for_in_a_commit_is_done_once_and_gone() {
    let (house, outside) = (House::new().await, Outside::answering(1));
    house.post().await;
    assert_eq!(house.jobs().await, 1);
    let _worker = house.worker(&outside);
    house.ends().await;
    assert_eq!(house.carried().await, [1]);
    assert!(outside.asked().values().eq([&1]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_wakes_the_worker_of_its_process() {
    let (house, outside) = (House::new().await, Outside::answering(1));
    let (pool, door, around) = (house.database.pool(), house.door.clone(), house.around.clone());
    tokio::spawn(Worker::new("toy", pool, Carry(outside.clone()), door, around).run());
    house.post().await;
    house.ends().await;
    assert_eq!(house.carried().await, [1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_workers_share_many_jobs_and_none_is_done_twice() {
    let (house, outside) = (House::new().await, Outside::answering(200));
    join_all((0..200).map(|_| house.post())).await;
    let _workers = [(); 3].map(|()| house.worker(&outside));
    house.ends().await;
    assert_eq!(house.carried().await, [1; 200]);
    assert_eq!(outside.asked().len(), 200);
    assert!(outside.asked().values().all(|times| *times == 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_cut_off_is_taken_again_under_the_same_id() {
    let (house, outside) = (House::new().await, Outside::answering(0));
    house.post().await;
    let killed = house.worker(&outside);
    outside.was_asked(1).await;
    killed.abort();
    assert!(killed.await.unwrap_err().is_cancelled());
    let _worker = house.worker(&outside);
    house.passes(31);
    outside.was_asked(2).await;
    outside.answers.add_permits(1);
    house.ends().await;
    assert_eq!(house.carried().await, [2]);
    assert_eq!(outside.asked().len(), 1, "one id, asked twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_frozen_past_its_lease_ends_nothing() {
    let (house, outside) = (House::new().await, Outside::answering(0));
    house.post().await;
    let around = support::around(&house.clock);
    let _workers = [(); 2].map(|()| house.worker_in(&around, &outside));
    outside.was_asked(1).await;
    house.passes(31);
    outside.was_asked(2).await;
    // Those who wait for an answer get it in turn: the first holder wakes while the second is at work.
    outside.answers.add_permits(1);
    let lost = r#"motcua_job_attempts_total{kind="letter",outcome="lost",service="toy"} 1"#;
    eventually(PATIENCE, async || around.metrics.render().contains(lost)).await;
    assert_eq!((house.jobs().await, house.carried().await), (1, vec![]));
    outside.answers.add_permits(1);
    house.ends().await;
    assert_eq!(house.carried().await, [2]);
    assert_eq!(outside.asked().len(), 1, "one id, asked twice");
}

/// On one thread, so that two ends handed in at once are judged in one batch.
#[tokio::test]
async fn an_old_token_is_refused_by_the_commit_itself() {
    let house = House::new().await;
    house.post().await;
    let pool = house.database.pool();
    let (id, stream): (Uuid, Uuid) =
        sqlx::query_as("update chassis.job set token = 2 returning id, stream")
            .fetch_one(&pool)
            .await
            .unwrap();
    let end = async |token| {
        let once = Once::Job { id, token, actor: "services/toy".into() };
        house.door.run(once, Carried(Stream(stream), 1)).await
    };
    for stale in [0, 1, 3] {
        assert_eq!(refused(end(stale).await), "LEASE_LOST");
    }
    let twice = tokio::join!(end(2), end(2));
    assert!(twice.0.is_ok() != twice.1.is_ok(), "one of the two ends it");
    assert_eq!(refused(end(2).await), "LEASE_LOST");
    assert_eq!((house.jobs().await, house.carried().await.len()), (0, 1));
}

fn refused(outcome: Result<(), Failure>) -> &'static str {
    match outcome {
        Err(Failure::Refused(refusal)) => refusal.reason,
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_is_sat_out() {
    let (house, outside) = (House::new().await, Outside::answering(100));
    outside.turns(Mood::IsAway);
    house.post().await;
    let _worker = house.worker(&outside);
    for attempt in 1..=3 {
        outside.was_asked(attempt).await;
        let put_off = "select detail is not null and due_at < scheduled_at + interval '20 s' \
                       and failed_at is null from chassis.job";
        eventually(PATIENCE, async || all::<bool>(&house.database.pool(), put_off).await == [true])
            .await;
        if attempt == 3 {
            outside.turns(Mood::Takes);
        }
        house.passes(4);
    }
    house.ends().await;
    assert_eq!(house.carried().await, [4]);
    assert_eq!(outside.asked().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_never_be_done_is_given_up_and_stays_to_be_seen() {
    let (house, outside) = (House::new().await, Outside::answering(100));
    outside.turns(Mood::RefusesForEver);
    house.post().await;
    let _worker = house.worker(&outside);
    let pool = house.database.pool();
    let given_up = "select detail from chassis.job where failed_at is not null";
    let details: Vec<String> = eventually(PATIENCE, async || {
        Some(all(&pool, given_up).await).filter(|found: &Vec<String>| !found.is_empty())
    })
    .await;
    assert_eq!(details, ["broken: never"]);
    house.passes(24 * 3600);
    // A job that is not given up goes by: so the worker has looked since.
    outside.turns(Mood::Takes);
    house.post().await;
    eventually(PATIENCE, async || house.jobs().await == 1).await;
    let ids: HashSet<_> = outside.asked().into_keys().collect();
    assert_eq!((house.carried().await, ids.len()), (vec![1], 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn work_asked_for_later_is_begun_then() {
    let (house, outside) = (House::new().await, Outside::answering(100));
    let _worker = house.worker(&outside);
    house.post_later(60).await;
    // One that is due goes by: so the worker has looked since.
    house.post().await;
    eventually(PATIENCE, async || house.jobs().await == 1).await;
    house.passes(60);
    house.ends().await;
    assert_eq!(house.carried().await, [1, 1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_world_that_says_not_yet_is_asked_again_then_and_nothing_has_failed() {
    let (house, outside) = (House::new().await, Outside::answering(100));
    let deferred = async || {
        let untouched = "select detail is null and attempt = 0 and failed_at is null \
                         and due_at = scheduled_at + interval '1 h' from chassis.job";
        all::<bool>(&house.database.pool(), untouched).await == [true]
    };
    outside.turns(Mood::IsBusyUntil(house.clock.now() + SignedDuration::from_hours(1)));
    house.post().await;
    let _worker = house.worker(&outside);
    eventually(PATIENCE, deferred).await;
    outside.turns(Mood::Takes);
    house.passes(3600);
    house.ends().await;
    assert_eq!(house.carried().await, [1], "attempts begin anew");
    assert!(outside.asked().values().eq([&2]), "one id, asked twice");
}
