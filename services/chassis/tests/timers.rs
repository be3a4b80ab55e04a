//! What timers promise, on a real PostgreSQL: each is taken once, whoever sweeps and whoever dies, and none holds up another.

#![expect(clippy::unwrap_used, reason = "a test that fails by panicking says enough, helpers too")]

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use chassis::clock::Clock;
use chassis::timers::{Due, Sweeper};
use chassis::write::{
    Around, Asked, At, Changed, Command, Decided, Door, Kind, Once, Outgoing, Refusal, Root, Store,
    Stream,
};
use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use sqlx::migrate::Migrator;
use sqlx::{PgConnection, PgPool};
use support::{TestDatabase, eventually};
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;
use uuid::Uuid;

/// How long anything that should happen may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

const RING: &str = "ring";

/// The toy has no tables of its own.
static MIGRATIONS: Migrator = Migrator::DEFAULT;

/// What becomes of the ringing.
#[derive(Clone, Copy, PartialEq)]
enum Nature {
    Rings,
    Refuses,
    Panics,
    BreaksAConstraint,
    RingsTwice,
}

/// An alarm clock: nothing is kept of it but its log. A fact is the instant for which it rang.
#[derive(Clone)]
struct Alarm(Nature);

impl Root for Alarm {
    type Rules = HashMap<Stream, Nature>;
    type Wants = ();
    type Fact = Timestamp;
}

/// Sets the alarm, or with none removes it.
struct Wind(Stream, Option<Timestamp>);

impl Command for Wind {
    const NAME: &'static str = "Wind";
    type Root = Alarm;
    type Answer = ();

    fn stream(&self) -> Stream {
        self.0
    }

    fn decide(
        &self,
        _: Option<&Alarm>,
        _: &HashMap<Stream, Nature>,
        at: &mut At<'_>,
    ) -> Result<Decided<Alarm, ()>, Refusal> {
        match self.1 {
            Some(when) => at.wake(RING, when),
            None => at.still(RING),
        }
        Ok(Decided::quiet(Alarm(Nature::Rings), ()))
    }
}

struct Ring(Due);

impl Command for Ring {
    const NAME: &'static str = "Ring";
    type Root = Alarm;
    type Answer = ();

    fn stream(&self) -> Stream {
        self.0.stream
    }

    fn decide(
        &self,
        _: Option<&Alarm>,
        natures: &HashMap<Stream, Nature>,
        at: &mut At<'_>,
    ) -> Result<Decided<Alarm, ()>, Refusal> {
        let nature = natures.get(&self.0.stream).copied().unwrap_or(Nature::Rings);
        match nature {
            Nature::Panics => panic!("a toy that was made to panic"),
            Nature::Refuses => {
                return Err(Refusal::new(Kind::Precondition, "BROKEN_BELL", "Hỏng.", "Broken."));
            }
            Nature::RingsTwice if self.0.at < at.now => {
                at.wake(RING, at.now + SignedDuration::from_mins(5));
            }
            _ => {}
        }
        Ok(Decided { after: Alarm(nature), facts: vec![self.0.at], answer: () })
    }
}

/// Each save waits for its permit; those of an open gate are without number.
#[derive(Clone)]
struct Gate(Arc<Semaphore>);

impl Gate {
    fn open() -> Self {
        Self(Arc::new(Semaphore::new(Semaphore::MAX_PERMITS)))
    }

    fn closed() -> Self {
        Self(Arc::new(Semaphore::new(0)))
    }
}

impl Store for Gate {
    type Root = Alarm;

    async fn load(
        &self,
        _: &mut PgConnection,
        _: &[Asked<Alarm>],
    ) -> sqlx::Result<HashMap<Stream, Alarm>> {
        Ok(HashMap::new())
    }

    async fn save(&self, db: &mut PgConnection, changed: &[Changed<Alarm>]) -> sqlx::Result<()> {
        let _permit = self.0.acquire().await.unwrap();
        if changed.iter().any(|changed| changed.after.0 == Nature::BreaksAConstraint) {
            sqlx::query("select 1 / 0").execute(db).await?;
        }
        Ok(())
    }

    fn message(rang: &Timestamp) -> Outgoing {
        Outgoing::of(&rang.as_second(), "alarms", "")
    }
}

struct House {
    database: TestDatabase,
    clock: Clock,
    door: Door<Gate>,
}

type Running = AbortOnDropHandle<()>;

impl House {
    async fn new() -> Self {
        let clock = Clock::manual("2026-01-05T02:00:00Z".parse().unwrap());
        let database = TestDatabase::new("toy", &MIGRATIONS, &clock).await;
        let door = open(database.pool(), Gate::open(), HashMap::new(), support::around(&clock));
        Self { database, clock, door }
    }

    /// A sweeper as another process has it.
    fn sweeper(&self) -> Running {
        self.sweeper_through(Gate::open(), HashMap::new(), support::around(&self.clock))
    }

    fn sweeper_through(
        &self,
        gate: Gate,
        natures: HashMap<Stream, Nature>,
        around: Around,
    ) -> Running {
        let door = open(self.database.fresh_pool(), gate, natures, around);
        AbortOnDropHandle::new(tokio::spawn(Sweeper::new(RING, &door, Ring).run()))
    }

    async fn wind(&self, alarm: Stream, when: Option<Timestamp>) {
        let once = Once::call("accounts/an", &Uuid::now_v7().to_string(), &()).unwrap();
        self.door.run(once, Wind(alarm, when)).await.unwrap();
    }

    async fn wind_many(&self, alarms: usize, when: Timestamp) {
        join_all((0..alarms).map(|_| self.wind(alarm(), Some(when)))).await;
    }

    fn after(&self, minutes: i64) -> Timestamp {
        self.clock.now() + SignedDuration::from_mins(minutes)
    }

    fn passes(&self, minutes: i64) {
        self.clock.advance(SignedDuration::from_mins(minutes));
    }

    /// The instants for which an alarm rang.
    async fn rang(&self, alarm: Stream) -> Vec<Timestamp> {
        let bodies: Vec<Vec<u8>> =
            sqlx::query_scalar("select body from chassis.event where stream = $1 order by id")
                .bind(alarm.0)
                .fetch_all(&self.database.pool())
                .await
                .unwrap();
        let second = |body: Vec<u8>| <i64 as prost::Message>::decode(body.as_slice()).unwrap();
        bodies.into_iter().map(|body| Timestamp::from_second(second(body)).unwrap()).collect()
    }

    async fn count(&self, query: &'static str) -> i64 {
        sqlx::query_scalar(query).fetch_one(&self.database.pool()).await.unwrap()
    }

    async fn waiting(&self) -> i64 {
        self.count("select count(*) from chassis.timer").await
    }

    /// Returns when so many timers wait yet.
    async fn until_waiting(&self, timers: i64) {
        eventually(PATIENCE, async || self.waiting().await == timers).await;
    }

    /// Rings, and alarms that rang.
    async fn rings(&self) -> (i64, i64) {
        let rings = self.count("select count(*) from chassis.event").await;
        (rings, self.count("select count(distinct stream) from chassis.event").await)
    }
}

fn open(pool: PgPool, gate: Gate, natures: HashMap<Stream, Nature>, around: Around) -> Door<Gate> {
    Door::open("toy", pool, gate, Arc::new(natures), around)
}

fn alarm() -> Stream {
    Stream(Uuid::now_v7())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timer_is_taken_once_when_it_is_due_and_not_before() {
    let (house, early, late) = (House::new().await, alarm(), alarm());
    let (soon, then) = (house.after(10), house.after(20));
    house.wind(early, Some(soon)).await;
    house.wind(late, Some(then)).await;
    let _sweepers = [(); 2].map(|()| house.sweeper());
    house.passes(15);
    house.until_waiting(1).await;
    assert_eq!((house.rang(early).await, house.rang(late).await), (vec![soon], vec![]));
    house.passes(15);
    house.until_waiting(0).await;
    assert_eq!(house.rang(late).await, [then], "its own instant, however late it was taken");
    assert_eq!(house.rings().await, (2, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timer_set_again_is_moved_and_one_removed_is_never_taken() {
    let (house, moved, removed) = (House::new().await, alarm(), alarm());
    for alarm in [moved, removed] {
        house.wind(alarm, Some(house.after(10))).await;
    }
    house.wind(moved, Some(house.after(30))).await;
    house.wind(removed, None).await;
    let witness = alarm();
    house.wind(witness, Some(house.after(20))).await;
    let _sweeper = house.sweeper();
    house.passes(20);
    house.until_waiting(1).await;
    assert_eq!(house.rings().await, (1, 1), "the witness alone");
    house.passes(10);
    house.until_waiting(0).await;
    assert_eq!(house.rang(moved).await, [house.clock.now()]);
    assert_eq!(house.rang(removed).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_follows_from_a_timer_may_set_it_again() {
    let (house, alarm) = (House::new().await, alarm());
    let first = house.after(10);
    house.wind(alarm, Some(first)).await;
    let natures = HashMap::from([(alarm, Nature::RingsTwice)]);
    let _sweeper = house.sweeper_through(Gate::open(), natures, support::around(&house.clock));
    house.passes(15);
    eventually(PATIENCE, async || house.rang(alarm).await.len() == 1).await;
    let second = house.after(5);
    house.passes(5);
    house.until_waiting(0).await;
    assert_eq!(house.rang(alarm).await, [first, second]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_sweeper_has_in_hand_others_leave_and_take_when_it_dies() {
    let house = House::new().await;
    house.wind_many(20, house.after(1)).await;
    house.passes(1);
    let held = "select count(*) from pg_stat_activity
                where datname = current_database() and state = 'idle in transaction'";
    let killed =
        house.sweeper_through(Gate::closed(), HashMap::new(), support::around(&house.clock));
    eventually(PATIENCE, async || house.count(held).await == 1).await;
    let (_others, witness) = ([(); 2].map(|()| house.sweeper()), alarm());
    house.wind(witness, Some(house.clock.now())).await;
    house.until_waiting(20).await;
    assert_eq!(house.rings().await, (1, 1), "the one that nobody has in hand");
    drop(killed);
    house.until_waiting(0).await;
    assert_eq!(house.rings().await, (21, 21));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timer_of_a_stream_that_is_being_changed_holds_up_no_other() {
    let (house, busy, free) = (House::new().await, alarm(), alarm());
    for alarm in [busy, free] {
        house.wind(alarm, Some(house.after(1))).await;
    }
    let pool = house.database.pool();
    let mut change = pool.begin().await.unwrap();
    sqlx::query("select 1 from chassis.head where stream = $1 for no key update")
        .bind(busy.0)
        .execute(&mut *change)
        .await
        .unwrap();
    house.passes(1);
    let _sweeper = house.sweeper();
    house.until_waiting(1).await;
    assert_eq!(house.rang(free).await.len(), 1);
    change.commit().await.unwrap();
    house.until_waiting(0).await;
    assert_eq!(house.rang(busy).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn poison_is_put_aside_and_a_refusal_lets_go_and_neither_stops_the_others() {
    let house = House::new().await;
    let natures = [Nature::Panics, Nature::BreaksAConstraint, Nature::Refuses];
    let natures: HashMap<_, _> = natures.into_iter().map(|nature| (alarm(), nature)).collect();
    for alarm in natures.keys() {
        house.wind(*alarm, Some(house.after(1))).await;
    }
    house.wind_many(30, house.after(1)).await;
    house.passes(1);
    let around = support::around(&house.clock);
    let sweeper = house.sweeper_through(Gate::open(), natures, around.clone());
    let put_aside = "select count(*) from chassis.timer where failed_at is not null";
    eventually(PATIENCE, async || house.count(put_aside).await == 2).await;
    house.until_waiting(2).await;
    assert_eq!(house.rings().await, (30, 30));
    let text = around.metrics.render();
    for (outcome, count) in [("effective", 30), ("failed", 2), ("ignored", 1)] {
        let line = format!(
            r#"motcua_timers_handled_total{{kind="ring",outcome="{outcome}",service="toy"}} {count}"#
        );
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
    drop(sweeper);
    let heal = "update chassis.timer set failed_at = null";
    sqlx::query(heal).execute(&house.database.pool()).await.unwrap();
    let _sweeper = house.sweeper();
    house.until_waiting(0).await;
    assert_eq!(house.rings().await, (32, 32), "of a release that is not frightened");
}

/// Many streams, written without their commands: with 100,000 the statistics of the index matter as they do with a million.
async fn many(house: &House, streams: i64, due: i64) {
    sqlx::raw_sql(
        "create table public.many as select gen_random_uuid() as stream, n from generate_series(1, 100000) n;
         insert into chassis.head (stream) select stream from public.many",
    )
    .execute(&house.database.pool())
    .await
    .unwrap();
    sqlx::query(
        "insert into chassis.timer (stream, kind, due_at, set_at)
         select stream, 'ring', $1::timestamptz + case when n <= $2 then 0 else n end * interval '1 minute', $1::timestamptz
         from public.many where n <= $3",
    )
    .bind(jiff_sqlx::ToSqlx::to_sqlx(house.clock.now()))
    .bind(due)
    .bind(streams)
    .execute(&house.database.pool())
    .await
    .unwrap();
    sqlx::raw_sql("analyze chassis.timer; analyze chassis.head")
        .execute(&house.database.pool())
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_thousand_due_among_many_are_taken_once_by_three_sweepers_of_which_one_dies() {
    let house = House::new().await;
    many(&house, 100_000, 20_000).await;
    let began = Instant::now();
    let mut sweepers = Vec::from([(); 3].map(|()| house.sweeper()));
    eventually(PATIENCE, async || house.rings().await.0 > 2_000).await;
    sweepers.pop();
    eventually(PATIENCE, async || house.waiting().await == 80_000).await;
    println!("20,000 of 100,000 timers taken in {:?}", began.elapsed());
    assert_eq!(house.rings().await, (20_000, 20_000));
}
