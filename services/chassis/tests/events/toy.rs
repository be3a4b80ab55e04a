//! A teller who publishes numbers, and a listener who writes down each number he is told: what he wrote shows what was lost, doubled
//! or out of order.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use chassis::clock::Clock;
use chassis::events::{DeadLetters, Event, Log, Reactions, Sink};
use chassis::telemetry::Metrics;
use chassis::write::{
    Asked, At, Changed, Command, Decided, Door, Once, Outgoing, Refusal, Root, Store, Stream,
};
use jiff::Timestamp;
use sqlx::migrate::Migrator;
use sqlx::{PgConnection, PgPool};
use support::TestDatabase;
use uuid::Uuid;

/// What a reaction of the first release panics about.
pub const FRIGHT: i64 = -1;

/// The table of migrations is the toy's own; the macro would take the one of the chassis.
pub static MIGRATIONS: LazyLock<Migrator> = LazyLock::new(|| {
    let mut migrations = sqlx::migrate!("tests/events/migrations");
    migrations.create_schema("toy");
    migrations.dangerous_set_table_name("toy.migration");
    migrations
});

/// A clock that stands still.
pub fn clock() -> Clock {
    Clock::manual("2026-01-05T02:00:00Z".parse::<Timestamp>().unwrap())
}

/// A fresh database, of a teller or of a listener.
pub async fn database() -> TestDatabase {
    TestDatabase::new("toy", &MIGRATIONS, &clock()).await
}

/// A stream nobody has used yet.
pub fn stream() -> Stream {
    Stream(Uuid::now_v7())
}

/// What a stream tells: numbers, and what cannot be understood.
#[derive(Clone, Debug)]
pub enum Fact {
    Number(i64),
    /// It says it is a number, and is not.
    Garbage,
    /// A kind of message that nobody reacts to.
    Unheard,
}

#[derive(Clone)]
pub struct Told;

impl Root for Told {
    type Rules = ();
    type Wants = ();
    type Fact = Fact;
}

struct Tell {
    stream: Stream,
    facts: Vec<Fact>,
}

impl Command for Tell {
    const NAME: &'static str = "Tell";
    type Root = Told;
    type Answer = ();

    fn stream(&self) -> Stream {
        self.stream
    }

    fn decide(
        &self,
        _: Option<&Told>,
        (): &(),
        _: &mut At<'_>,
    ) -> Result<Decided<Told, ()>, Refusal> {
        Ok(Decided { after: Told, facts: self.facts.clone(), answer: () })
    }
}

/// A teller keeps nothing but his log.
#[derive(Clone)]
struct Nothing;

impl Store for Nothing {
    type Root = Told;

    async fn load(
        &self,
        _: &mut PgConnection,
        _: &[Asked<Told>],
    ) -> sqlx::Result<HashMap<Stream, Told>> {
        Ok(HashMap::new())
    }

    async fn save(&self, _: &mut PgConnection, _: &[Changed<Told>]) -> sqlx::Result<()> {
        Ok(())
    }

    fn message(fact: &Fact) -> Outgoing {
        match fact {
            Fact::Number(number) => Outgoing::of(number, "numbers", "agencies/toy"),
            Fact::Garbage => Outgoing { body: vec![0xff], ..Outgoing::of(&0_i64, "numbers", "") },
            Fact::Unheard => Outgoing::of(&true, "numbers", ""),
        }
    }
}

/// The publishing service.
pub struct Teller {
    pub database: TestDatabase,
    pub log: Log,
    door: Door<Nothing>,
}

impl Teller {
    /// A teller of a name; where logs share a broker, nobody else's.
    pub async fn new(name: &'static str) -> Self {
        let (database, around) = (database().await, support::around(&clock()));
        let log = Log::new(name, database.pool(), around.bell.clone());
        let door = Door::open(name, database.pool(), Nothing, Arc::new(()), around);
        Self { database, log, door }
    }

    /// Publishes facts on a stream.
    pub async fn tell(&self, stream: Stream, facts: impl IntoIterator<Item = Fact>) {
        let once = Once::call("accounts/an", &Uuid::now_v7().to_string(), &()).unwrap();
        let facts = facts.into_iter().collect();
        self.door.run(once, Tell { stream, facts }).await.unwrap();
    }

    /// Publishes numbers, each by a call of its own.
    pub async fn tell_numbers(&self, stream: Stream, numbers: impl IntoIterator<Item = i64>) {
        for number in numbers {
            self.tell(stream, [Fact::Number(number)]).await;
        }
    }
}

#[derive(Clone)]
pub struct Notes {
    numbers: Vec<i64>,
}

impl Root for Notes {
    type Rules = ();
    type Wants = ();
    type Fact = Fact;
}

pub struct Note {
    stream: Stream,
    number: i64,
}

impl Command for Note {
    const NAME: &'static str = "Note";
    type Root = Notes;
    type Answer = ();

    fn stream(&self) -> Stream {
        self.stream
    }

    fn decide(
        &self,
        before: Option<&Notes>,
        (): &(),
        _: &mut At<'_>,
    ) -> Result<Decided<Notes, ()>, Refusal> {
        let mut numbers = before.map(|notes| notes.numbers.clone()).unwrap_or_default();
        numbers.push(self.number);
        Ok(Decided::quiet(Notes { numbers }, ()))
    }
}

/// What a listener keeps.
#[derive(Clone)]
pub struct Notebook;

impl Store for Notebook {
    type Root = Notes;

    async fn load(
        &self,
        db: &mut PgConnection,
        asked: &[Asked<Notes>],
    ) -> sqlx::Result<HashMap<Stream, Notes>> {
        let streams: Vec<_> = asked.iter().map(|asked| asked.stream.0).collect();
        let rows: Vec<(Uuid, Vec<i64>)> = sqlx::query_as(
            "select stream, array_agg(number order by place) from toy.entry
             where stream = any ($1) group by stream",
        )
        .bind(streams)
        .fetch_all(db)
        .await?;
        Ok(rows.into_iter().map(|(stream, numbers)| (Stream(stream), Notes { numbers })).collect())
    }

    async fn save(&self, db: &mut PgConnection, changed: &[Changed<Notes>]) -> sqlx::Result<()> {
        for Changed { stream, before, after } in changed {
            let noted = before.as_ref().map_or(0, |notes| notes.numbers.len());
            sqlx::query(
                "insert into toy.entry (stream, place, number)
                 select $1, $2 + place, number from unnest($3::bigint[]) with ordinality as new (number, place)",
            )
            .bind(stream.0)
            .bind(i64::try_from(noted).unwrap())
            .bind(&after.numbers[noted..])
            .execute(&mut *db)
            .await?;
        }
        Ok(())
    }

    fn message(_: &Fact) -> Outgoing {
        unreachable!("a listener is silent")
    }
}

/// What a release of the listener does about a number.
pub type Release = fn(i64, &Event) -> Result<Option<Note>, &'static str>;

/// It writes the number down.
pub fn note(number: i64, event: &Event) -> Result<Option<Note>, &'static str> {
    Ok(Some(Note { stream: event.stream, number }))
}

/// The consuming service.
pub struct Listener {
    pub name: &'static str,
    pub database: TestDatabase,
    pub metrics: Metrics,
}

impl Listener {
    /// A listener of a name; where groups share a broker, nobody else's.
    pub async fn new(name: &'static str) -> Self {
        Self { name, database: database().await, metrics: Metrics::new() }
    }

    /// The sink of a process of its first release.
    pub fn sink(&self, source: &'static str) -> Sink {
        self.release(source, |number, event| match number {
            FRIGHT => panic!("a toy that was made to panic"),
            number => note(number, event),
        })
    }

    /// The sink of a process of another release.
    pub fn release(&self, source: &'static str, release: Release) -> Sink {
        let pool = self.database.pool();
        let around = support::around(&clock());
        let door = Door::open(self.name, pool.clone(), Notebook, Arc::new(()), around);
        let reactions = Reactions::to(source, &door).on(&door, release);
        Sink::new(self.name, reactions, DeadLetters::new(pool, clock()), self.metrics.clone())
    }

    pub fn pool(&self) -> PgPool {
        self.database.pool()
    }

    /// What was told on a stream, in the order of taking effect.
    pub async fn noted(&self, stream: Stream) -> Vec<i64> {
        sqlx::query_scalar("select number from toy.entry where stream = $1 order by place")
            .bind(stream.0)
            .fetch_all(&self.pool())
            .await
            .unwrap()
    }

    /// The letters of a stream: sequence and cause.
    pub async fn letters(&self, stream: Stream) -> Vec<(i64, String)> {
        sqlx::query_as(
            "select sequence, cause from chassis.dead_letter where stream = $1 order by sequence",
        )
        .bind(stream.0)
        .fetch_all(&self.pool())
        .await
        .unwrap()
    }

    /// How many events had this outcome so far.
    pub fn handled(&self, outcome: &str) -> u64 {
        let label = format!("outcome=\"{outcome}\"");
        let text = self.metrics.render();
        let line = text
            .lines()
            .find(|line| line.starts_with("motcua_events_handled_total") && line.contains(&label));
        line.map_or(0, |line| line.rsplit(' ').next().unwrap().parse().unwrap())
    }
}
