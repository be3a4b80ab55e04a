//! One batch, one transaction: lock, load, decide, save, commit. A batch that fails is split until the guilty command
//! stands alone.

use std::collections::{BTreeMap, HashMap};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use jiff::Timestamp;
use sqlx::error::DatabaseError;
use sqlx::{Connection, PgConnection, PgPool};
use uuid::Uuid;

use super::at::{Numbers, Series};
use super::door::Settings;
use super::fold::{Folded, Loaded, fold};
use super::lane::{Boxed, Verdict};
use super::tables::{self, Row};
use super::{Asked, Failure, Once, Root, Store, Stream};
use crate::clock::Clock;
use crate::database;
use crate::events::Bell;
use crate::jobs;
use crate::telemetry::Metrics;
use crate::timers::{self, TimerKey};

/// What the lanes of a door share.
pub(super) struct Shared<S: Store> {
    pub(super) service: &'static str,
    pub(super) pool: PgPool,
    pub(super) store: S,
    pub(super) rules: Arc<<S::Root as Root>::Rules>,
    pub(super) clock: Clock,
    pub(super) metrics: Metrics,
    pub(super) bell: Bell,
    pub(super) settings: Settings,
}

/// Times a transaction that lost a deadlock or a lock is run again before its callers are told to, and a command whose key another had
/// taken meanwhile before it is held to be broken.
const RUNS: u32 = 5;

/// Carries a batch out and answers each of its commands.
pub(super) async fn carry_out<S: Store>(shared: &Shared<S>, commands: Vec<Boxed<S::Root>>) {
    let began = tokio::time::Instant::now();
    shared.metrics.batched(shared.service, u32::try_from(commands.len()).unwrap_or(u32::MAX));
    let outcome = attempt_again(shared, &commands).await;
    let took = began.elapsed();
    let name = name(&commands);
    match outcome {
        Ok(verdicts) => {
            shared.metrics.written(shared.service, name, "committed", took);
            for (command, verdict) in commands.into_iter().zip(verdicts) {
                command.finish(verdict);
            }
        }
        Err(Fault::Away(why)) => {
            shared.metrics.written(shared.service, name, "unavailable", took);
            answer_all(commands, &Failure::Unavailable(why));
        }
        Err(Fault::Ours { why, .. }) if commands.len() == 1 => {
            shared.metrics.written(shared.service, name, "broken", took);
            answer_all(commands, &Failure::Broken(why));
        }
        Err(Fault::Ours { .. }) => {
            shared.metrics.written(shared.service, name, "split", took);
            let mut first = commands;
            let second = first.split_off(first.len() / 2);
            Box::pin(carry_out(shared, first)).await;
            Box::pin(carry_out(shared, second)).await;
        }
        Err(Fault::Lost(why)) => {
            shared.metrics.written(shared.service, name, "lost", took);
            answer_all(commands, &Failure::Unavailable(why));
        }
    }
}

/// A transaction is named for its commands, or `mixed`.
fn name<R: Root>(commands: &[Boxed<R>]) -> &'static str {
    let first = commands.first().map_or("none", |command| command.name());
    if commands.iter().all(|command| command.name() == first) { first } else { "mixed" }
}

fn answer_all<R: Root>(commands: Vec<Boxed<R>>, failure: &Failure) {
    for command in commands {
        command.finish(Verdict::Failed(failure.clone()));
    }
}

async fn attempt_again<S: Store>(
    shared: &Shared<S>,
    commands: &[Boxed<S::Root>],
) -> Result<Vec<Verdict>, Fault> {
    let mut run = 1;
    loop {
        let why = match attempt_guarded(shared, commands).await {
            Err(Fault::Lost(why)) if run < RUNS => why,
            Err(Fault::Ours { met: true, .. }) if run < RUNS && commands.len() == 1 => {
                "sqlstate 23505".into()
            }
            outcome => return outcome,
        };
        shared.metrics.retried(shared.service, &why);
        let pause = Duration::from_millis(rand::random_range(1..=10_u64 << run));
        tokio::time::sleep(pause).await;
        run += 1;
    }
}

/// A panic in a store or a message is the fault of some command, not the end of the lane: the transaction rolls back, and nothing else
/// was begun.
async fn attempt_guarded<S: Store>(
    shared: &Shared<S>,
    commands: &[Boxed<S::Root>],
) -> Result<Vec<Verdict>, Fault> {
    match AssertUnwindSafe(attempt(shared, commands)).catch_unwind().await {
        Ok(outcome) => outcome.map_err(Fault::from),
        Err(_) => Err(Fault::Ours { why: "the store panicked".into(), met: false }),
    }
}

async fn attempt<S: Store>(
    shared: &Shared<S>,
    commands: &[Boxed<S::Root>],
) -> sqlx::Result<Vec<Verdict>> {
    let mut connection = shared.pool.acquire().await?;
    let mut transaction = connection.begin().await?;
    let loaded = load(shared, &mut transaction, commands).await?;
    let now = shared.clock.now();
    let folded = decide(shared, &mut transaction, commands, &loaded, now).await?;
    save(shared, &mut transaction, commands, &folded, now).await?;
    transaction.commit().await?;
    if !folded.facts.is_empty() || !folded.jobs.is_empty() {
        shared.bell.ring();
    }
    Ok(folded.verdicts)
}

async fn load<S: Store>(
    shared: &Shared<S>,
    db: &mut PgConnection,
    commands: &[Boxed<S::Root>],
) -> sqlx::Result<Loaded<S::Root>> {
    let mut asked: BTreeMap<Stream, Asked<S::Root>> = BTreeMap::new();
    for command in commands {
        let stream = command.stream();
        let entry = asked.entry(stream).or_insert_with(|| Asked { stream, wants: Vec::new() });
        entry.wants.push(command.wants());
    }
    let streams: Vec<_> = asked.keys().map(|stream| stream.0).collect();
    let found = found_due(commands);
    let heads = if found.is_empty() {
        tables::lock_heads(db, &streams).await?
    } else {
        tables::lock_free_heads(db, &streams).await?
    };
    asked.retain(|stream, _| heads.contains_key(stream));
    let asked: Vec<_> = asked.into_values().collect();
    let found: Vec<_> =
        found.into_iter().filter(|((stream, _), _)| heads.contains_key(stream)).collect();
    let due = timers::lock_due(db, &found).await?;
    let kept = tables::kept_answers(db, commands.iter().map(|command| command.once())).await?;
    let tokens = jobs::lock_tokens(db, &ended_by(commands)).await?;
    let roots = shared.store.load(db, &asked).await?;
    Ok(Loaded { heads, roots, kept, tokens, due })
}

/// The timers that were found due. They come in batches of their own, which wait for no lock.
fn found_due<R: Root>(commands: &[Boxed<R>]) -> Vec<(TimerKey, Timestamp)> {
    let timer = |once: &Once| match once {
        Once::Timer { stream, kind, due, .. } => Some(((*stream, *kind), *due)),
        Once::Call { .. } | Once::Event { .. } | Once::Job { .. } => None,
    };
    commands.iter().filter_map(|command| timer(command.once())).collect()
}

/// The jobs that commands want to end.
fn ended_by<R: Root>(commands: &[Boxed<R>]) -> Vec<Uuid> {
    let job = |once: &Once| match once {
        Once::Job { id, .. } => Some(*id),
        Once::Call { .. } | Once::Event { .. } | Once::Timer { .. } => None,
    };
    commands.iter().filter_map(|command| job(command.once())).collect()
}

/// Decides once to learn how many numbers of which series are needed and, if any are, again with the numbers themselves: their rows
/// are the last to be locked.
async fn decide<S: Store>(
    shared: &Shared<S>,
    db: &mut PgConnection,
    commands: &[Boxed<S::Root>],
    loaded: &Loaded<S::Root>,
    now: Timestamp,
) -> sqlx::Result<Folded<S::Root>> {
    let folded = fold(commands, loaded, &shared.rules, now, Numbers::default());
    let wanted = folded.numbers.taken().clone();
    if wanted.is_empty() {
        return Ok(folded);
    }
    let last = tables::advance_counters(db, &wanted).await?;
    let base = before(&last, &wanted);
    let numbered = fold(commands, loaded, &shared.rules, now, Numbers::starting_after(base));
    if numbered.numbers.taken() == &wanted {
        Ok(numbered)
    } else {
        Err(sqlx::Error::Protocol("a decision branched on its number".into()))
    }
}

fn before(last: &HashMap<Series, i64>, wanted: &BTreeMap<Series, i64>) -> BTreeMap<Series, i64> {
    wanted
        .iter()
        .map(|(series, count)| {
            (series.clone(), last.get(series).copied().unwrap_or_default() - count)
        })
        .collect()
}

async fn save<S: Store>(
    shared: &Shared<S>,
    db: &mut PgConnection,
    commands: &[Boxed<S::Root>],
    folded: &Folded<S::Root>,
    now: Timestamp,
) -> sqlx::Result<()> {
    if !folded.changed.is_empty() {
        shared.store.save(db, &folded.changed).await?;
    }
    let rows = folded.facts.iter().map(|fact| {
        let command = &commands[fact.command];
        Row {
            stream: fact.stream,
            sequence: fact.sequence,
            actor: command.once().actor().to_owned(),
            causation: command.once().causation(),
            traceparent: command.traceparent().map(ToOwned::to_owned),
            message: S::message(&fact.fact),
        }
    });
    tables::save(db, &folded.heads, &folded.answers, rows.collect(), now).await?;
    tables::forget_heads(db, &folded.untrodden).await?;
    timers::settle(db, &folded.timers, now).await?;
    jobs::settle(db, &folded.ended, &folded.jobs, now).await
}

/// Why a transaction did not commit.
enum Fault {
    /// It lost a deadlock or waited too long for a lock: run it again.
    Lost(String),
    /// The database is away, or the commit's fate is not known.
    Away(String),
    /// One of its commands breaks a constraint or cannot be stored. A batch is split. `met`: it wrote a key that another had just written;
    /// a command that stands alone is run again, and decides knowing the other's row.
    Ours { why: String, met: bool },
}

impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Self {
        if lacks_a_partition(&error) {
            return Self::Away("a partition is missing".into());
        }
        let met = error.as_database_error().is_some_and(DatabaseError::is_unique_violation);
        match database::Fault::from(error) {
            database::Fault::Lost(why) => Self::Lost(why),
            database::Fault::Away(why) => Self::Away(why),
            // Among them rows that do not read: they concern whoever asks for them, and nobody else.
            database::Fault::Ours(why) => Self::Ours { why, met },
        }
    }
}

/// A check that has no name: the day has no partition yet, and housekeeping makes it.
fn lacks_a_partition(error: &sqlx::Error) -> bool {
    let check = error.as_database_error().filter(|error| error.is_check_violation());
    check.is_some_and(|check| check.constraint().is_none())
}
