//! The toy whose commands show what the write path promises: jars that things are put into and
//! taken out of.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use chassis::clock::Clock;
use chassis::telemetry::Metrics;
use chassis::write::{
    Around, Asked, At, Changed, Command, Decided, Door, Failure, FingerprintKey, Kept, Kind, Once,
    Outgoing, Refusal, Root, Series, Settings, Store, Stream,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::migrate::Migrator;
use sqlx::{PgConnection, PgPool};
use support::TestDatabase;
use uuid::Uuid;

/// More than a jar's constraint allows, whatever is taken out in the same batch: the decision
/// grants it, the database does not.
pub const TOO_MUCH: i64 = 1_000_000_000;

/// An amount whose message cannot be made: the store panics.
pub const UNTELLABLE: i64 = 666;

/// Who calls unless a test says otherwise.
pub const CALLER: &str = "accounts/an";

/// The table of migrations is the toy's own; the macro would take the one of the chassis.
static MIGRATIONS: LazyLock<Migrator> = LazyLock::new(|| {
    let mut migrations = sqlx::migrate!("tests/write_path/migrations");
    migrations.create_schema("toy");
    migrations.dangerous_set_table_name("toy.migration");
    migrations
});

#[derive(Clone, Debug)]
pub struct Jar {
    amount: i64,
}

impl Root for Jar {
    type Rules = ();
    type Wants = ();
    type Fact = Fact;
}

#[derive(Debug)]
pub enum Fact {
    Amount { jar: Uuid, amount: i64 },
    Number { jar: Uuid, number: i64 },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    Put(i64),
    /// Refused if there is less.
    Take(i64),
    Panic,
}

/// The one command: a wish about a jar, granted under the next number of a series or under none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ask {
    pub jar: Stream,
    pub wish: Wish,
    pub numbered: bool,
}

impl Ask {
    pub fn numbered(self) -> Self {
        Self { numbered: true, ..self }
    }

    /// The identity of a call with this wish; the wish in words stands for the request.
    pub fn once(&self, caller: &str, request: Uuid) -> Once {
        Once::call(caller, &request.to_string(), &format!("{self:?}")).unwrap()
    }
}

pub fn put(jar: Stream, amount: i64) -> Ask {
    Ask { jar, wish: Wish::Put(amount), numbered: false }
}

pub fn take(jar: Stream, amount: i64) -> Ask {
    Ask { jar, wish: Wish::Take(amount), numbered: false }
}

pub fn panic(jar: Stream) -> Ask {
    Ask { jar, wish: Wish::Panic, numbered: false }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// What is in the jar now.
    pub amount: i64,
    pub number: Option<i64>,
}

impl Kept for Told {}

impl Command for Ask {
    const NAME: &'static str = "Ask";
    type Root = Jar;
    type Answer = Told;

    fn stream(&self) -> Stream {
        self.jar
    }

    fn decide(
        &self,
        before: Option<&Jar>,
        (): &(),
        at: &mut At<'_>,
    ) -> Result<Decided<Jar, Told>, Refusal> {
        let number = self.numbered.then(|| at.number(&Series("tickets".into())));
        let before = before.map_or(0, |jar| jar.amount);
        let amount = match self.wish {
            Wish::Put(more) => before + more,
            Wish::Take(wanted) if wanted > before => return Err(too_little()),
            Wish::Take(wanted) => before - wanted,
            Wish::Panic => panic!("a toy that was made to panic"),
        };
        let jar = self.jar.0;
        let numbered = number.map(|number| Fact::Number { jar, number });
        Ok(Decided {
            after: Jar { amount },
            facts: numbered.into_iter().chain([Fact::Amount { jar, amount }]).collect(),
            answer: Told { amount, number },
        })
    }
}

fn too_little() -> Refusal {
    Refusal::new(Kind::Precondition, "TOO_LITTLE", "Không đủ.", "There is too little.")
}

#[derive(Clone)]
pub struct Jars;

impl Store for Jars {
    type Root = Jar;

    async fn load(
        &self,
        db: &mut PgConnection,
        asked: &[Asked<Jar>],
    ) -> sqlx::Result<HashMap<Stream, Jar>> {
        let ids: Vec<Uuid> = asked.iter().map(|asked| asked.stream.0).collect();
        let rows: Vec<(Uuid, i64)> =
            sqlx::query_as("select id, amount from toy.jars where id = any ($1)")
                .bind(ids)
                .fetch_all(db)
                .await?;
        Ok(rows.into_iter().map(|(id, amount)| (Stream(id), Jar { amount })).collect())
    }

    async fn save(&self, db: &mut PgConnection, changed: &[Changed<Jar>]) -> sqlx::Result<()> {
        let ids: Vec<Uuid> = changed.iter().map(|changed| changed.stream.0).collect();
        let amounts: Vec<i64> = changed.iter().map(|changed| changed.after.amount).collect();
        sqlx::query(
            "insert into toy.jars (id, amount) select * from unnest($1::uuid[], $2::bigint[])
             on conflict (id) do update set amount = excluded.amount",
        )
        .bind(ids)
        .bind(amounts)
        .execute(db)
        .await?;
        Ok(())
    }

    fn message(fact: &Fact) -> Outgoing {
        match fact {
            Fact::Amount { amount: UNTELLABLE, .. } => panic!("a store that was made to panic"),
            Fact::Amount { jar, amount } => Outgoing::of(amount, &format!("jars/{jar}"), ""),
            Fact::Number { jar, number } => {
                Outgoing::of(&number.unsigned_abs(), &format!("jars/{jar}"), "")
            }
        }
    }
}

/// A jar nobody has used yet.
pub fn jar() -> Stream {
    Stream(Uuid::now_v7())
}

/// A clock that stands still.
pub fn clock() -> Clock {
    Clock::manual("2026-01-05T02:00:00Z".parse::<Timestamp>().unwrap())
}

pub async fn database() -> TestDatabase {
    TestDatabase::new("toy", &MIGRATIONS, &clock()).await
}

/// One process of the service, as far as the write path is concerned.
pub struct Replica {
    pub door: Door<Jars>,
    pub metrics: Metrics,
}

impl Replica {
    pub fn over(pool: PgPool) -> Self {
        Self::with(pool, Settings::default())
    }

    /// One lane, so that it is known what waits behind what.
    pub fn narrow(pool: PgPool) -> Self {
        Self::with(pool, Settings { lanes: 1, ..Settings::default() })
    }

    pub fn with(pool: PgPool, settings: Settings) -> Self {
        Self::open(pool, Around { settings, ..support::around(&clock()) })
    }

    /// One of an installation with another key.
    pub fn keyed(pool: PgPool, fingerprints: FingerprintKey) -> Self {
        Self::open(pool, Around { fingerprints, ..support::around(&clock()) })
    }

    /// One whose clock shows another hour than those of the others.
    pub fn at(pool: PgPool, clock: &Clock) -> Self {
        Self::open(pool, support::around(clock))
    }

    fn open(pool: PgPool, around: Around) -> Self {
        let metrics = around.metrics.clone();
        Self { door: Door::open("toy", pool, Jars, Arc::new(()), around), metrics }
    }

    pub async fn ask(&self, request: Uuid, ask: Ask) -> Result<Told, Failure> {
        self.door.run(ask.once(CALLER, request), ask).await
    }

    /// A wish nobody has had before.
    pub async fn ask_anew(&self, ask: Ask) -> Result<Told, Failure> {
        self.ask(Uuid::now_v7(), ask).await
    }

    /// Whether a measure with these words in its name and labels has been counted.
    pub fn has_counted(&self, words: &[&str]) -> bool {
        let text = self.metrics.render();
        text.lines().any(|line| words.iter().all(|word| line.contains(word)))
    }
}

/// A fact as it stands in the log.
#[derive(Debug, sqlx::FromRow)]
pub struct Logged {
    pub stream: Uuid,
    pub sequence: i64,
    pub causation: String,
    #[sqlx(rename = "type")]
    pub kind: String,
    pub body: Vec<u8>,
}

impl Logged {
    /// The number given, if it is a fact that tells one.
    pub fn number(&self) -> Option<i64> {
        let number = <u64 as prost::Message>::decode(&*self.body).unwrap();
        (self.kind == <u64 as prost::Name>::full_name()).then(|| i64::try_from(number).unwrap())
    }

    /// The amount, if it is a fact that tells one.
    pub fn amount(&self) -> Option<i64> {
        let amount = <i64 as prost::Message>::decode(&*self.body).unwrap();
        (self.kind == <i64 as prost::Name>::full_name()).then_some(amount)
    }
}

/// The log, by stream and then in the order of its facts.
pub async fn log(pool: &PgPool) -> Vec<Logged> {
    sqlx::query_as(
        "select stream, sequence, causation, type, body from chassis.event order by stream, id",
    )
    .fetch_all(pool)
    .await
    .unwrap()
}

/// How many facts the log holds.
pub async fn facts(pool: &PgPool) -> usize {
    log(pool).await.len()
}

/// How many streams have a head.
pub async fn heads(pool: &PgPool) -> i64 {
    sqlx::query_scalar("select count(*) from chassis.head").fetch_one(pool).await.unwrap()
}

/// What is in a jar; none if there is no such jar.
pub async fn amount(pool: &PgPool, jar: Stream) -> Option<i64> {
    sqlx::query_scalar("select amount from toy.jars where id = $1")
        .bind(jar.0)
        .fetch_optional(pool)
        .await
        .unwrap()
}

/// The reason of a refusal, and the other failures in one word.
pub fn reason(outcome: &Result<Told, Failure>) -> &'static str {
    match outcome {
        Ok(_) => "granted",
        Err(Failure::Refused(refusal)) => refusal.reason,
        Err(Failure::Unavailable(_)) => "unavailable",
        Err(Failure::Broken(_)) => "broken",
    }
}
