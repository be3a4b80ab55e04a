//! The chassis's own tables on the write path: heads, kept answers, counters, the log.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use super::at::Series;
use super::fold::{Head, KeptAnswer, Key};
use super::{Once, Outgoing, Stream};

/// A fact on its way into the log.
pub(super) struct Row {
    pub(super) stream: Stream,
    pub(super) sequence: i64,
    pub(super) actor: String,
    pub(super) causation: String,
    pub(super) traceparent: Option<String>,
    pub(super) message: Outgoing,
}

/// Locks the heads of all streams in order, made where missing.
pub(super) async fn lock_heads(
    db: &mut PgConnection,
    streams: &[Uuid],
) -> sqlx::Result<HashMap<Stream, Head>> {
    let rows = sqlx::query!(
        r#"select stream as "stream!", sequence as "sequence!", parked as "parked!",
                  seen as "seen!: Json<BTreeMap<String, i64>>"
           from chassis.lock_heads($1)"#,
        streams
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let head = Head { sequence: row.sequence, seen: row.seen.0, parked: row.parked };
            (Stream(row.stream), head)
        })
        .collect())
}

/// Locks the heads of those streams that nobody has locked now; the others are absent.
pub(super) async fn lock_free_heads(
    db: &mut PgConnection,
    streams: &[Uuid],
) -> sqlx::Result<HashMap<Stream, Head>> {
    let rows = sqlx::query!(
        r#"select stream, sequence, parked, seen as "seen: Json<BTreeMap<String, i64>>"
           from chassis.head where stream = any ($1) for no key update skip locked"#,
        streams
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let head = Head { sequence: row.sequence, seen: row.seen.0, parked: row.parked };
            (Stream(row.stream), head)
        })
        .collect())
}

/// Removes the heads of these streams that this transaction made: a refused call leaves no row. One that was there before stays, for
/// another transaction may wait for its lock.
pub(super) async fn forget_heads(db: &mut PgConnection, streams: &[Stream]) -> sqlx::Result<()> {
    if streams.is_empty() {
        return Ok(());
    }
    let streams: Vec<Uuid> = streams.iter().map(|stream| stream.0).collect();
    sqlx::query!(
        "delete from chassis.head where stream = any ($1) and xmin = pg_current_xact_id()::xid",
        &streams
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The answers kept for those of the commands that are calls.
pub(super) async fn kept_answers(
    db: &mut PgConnection,
    commands: impl Iterator<Item = &Once>,
) -> sqlx::Result<HashMap<Key, KeptAnswer>> {
    let (callers, requests): (Vec<String>, Vec<Uuid>) = commands
        .filter_map(|once| match once {
            Once::Call { caller, request_id, .. } => Some((caller.clone(), *request_id)),
            Once::Event { .. } | Once::Timer { .. } | Once::Job { .. } => None,
        })
        .unzip();
    if callers.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = sqlx::query!(
        "select a.caller, a.request, a.fingerprint, a.answer
         from unnest($1::text[], $2::uuid[]) as asked (caller, request)
         join chassis.answer a on a.request = asked.request and a.caller = asked.caller",
        &callers,
        &requests
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let fingerprint = row.fingerprint.try_into().unwrap_or_default();
            ((row.caller, row.request), KeptAnswer { fingerprint, answer: row.answer })
        })
        .collect())
}

/// Advances each series by the count wanted and returns its last number, which holds if the transaction commits.
pub(super) async fn advance_counters(
    db: &mut PgConnection,
    wanted: &BTreeMap<Series, i64>,
) -> sqlx::Result<HashMap<Series, i64>> {
    let (series, counts): (Vec<String>, Vec<i64>) =
        wanted.iter().map(|(series, count)| (series.0.clone(), *count)).unzip();
    let rows = sqlx::query!(
        r#"insert into chassis.counter as counter (series, value)
           select series, count from unnest($1::text[], $2::bigint[]) as wanted (series, count)
           order by series
           on conflict (series) do update set value = counter.value + excluded.value
           returning series, value"#,
        &series,
        &counts
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (Series(row.series), row.value)).collect())
}

/// Writes heads, kept answers and facts in one statement.
pub(super) async fn save(
    db: &mut PgConnection,
    heads: &[(Stream, Head)],
    answers: &[(Key, KeptAnswer)],
    facts: Vec<Row>,
    now: Timestamp,
) -> sqlx::Result<()> {
    if heads.is_empty() && answers.is_empty() && facts.is_empty() {
        return Ok(());
    }
    let heads = HeadColumns::of(heads);
    let answers = AnswerColumns::of(answers);
    let facts = FactColumns::of(facts);
    sqlx::query!(
        r#"with heads as (
               update chassis.head as head set sequence = new.sequence, seen = new.seen
               from unnest($1::uuid[], $2::bigint[], $3::jsonb[]) as new (stream, sequence, seen)
               where head.stream = new.stream
           ), answers as (
               insert into chassis.answer (caller, request, kept_at, fingerprint, answer)
               select caller, request, $4, fingerprint, answer
               from unnest($5::text[], $6::uuid[], $7::bytea[], $8::text[])
                   as new (caller, request, fingerprint, answer)
           )
           insert into chassis.event
               (event, stream, sequence, type, subject, time, actor, agency, causation, traceparent, body)
           select event, stream, sequence, type, subject, $4, actor, agency, causation, traceparent, body
           from unnest($9::uuid[], $10::uuid[], $11::bigint[], $12::text[], $13::text[], $14::text[],
                       $15::text[], $16::text[], $17::text[], $18::bytea[]) with ordinality
               as new (event, stream, sequence, type, subject, actor, agency, causation, traceparent, body, place)
           order by place"#,
        &heads.streams,
        &heads.sequences,
        &heads.seen as &[Json<BTreeMap<String, i64>>],
        now.to_sqlx() as _,
        &answers.callers,
        &answers.requests,
        &answers.fingerprints,
        &answers.answers,
        &facts.events,
        &facts.streams,
        &facts.sequences,
        &facts.kinds,
        &facts.subjects,
        &facts.actors,
        &facts.agencies,
        &facts.causations,
        &facts.traceparents as &[Option<String>],
        &facts.bodies,
    )
    .execute(db)
    .await?;
    Ok(())
}

#[derive(Default)]
struct HeadColumns {
    streams: Vec<Uuid>,
    sequences: Vec<i64>,
    seen: Vec<Json<BTreeMap<String, i64>>>,
}

impl HeadColumns {
    fn of(heads: &[(Stream, Head)]) -> Self {
        let mut columns = Self::default();
        for (stream, head) in heads {
            columns.streams.push(stream.0);
            columns.sequences.push(head.sequence);
            columns.seen.push(Json(head.seen.clone()));
        }
        columns
    }
}

#[derive(Default)]
struct AnswerColumns {
    callers: Vec<String>,
    requests: Vec<Uuid>,
    fingerprints: Vec<Vec<u8>>,
    answers: Vec<String>,
}

impl AnswerColumns {
    fn of(answers: &[(Key, KeptAnswer)]) -> Self {
        let mut columns = Self::default();
        for ((caller, request), kept) in answers {
            columns.callers.push(caller.clone());
            columns.requests.push(*request);
            columns.fingerprints.push(kept.fingerprint.to_vec());
            columns.answers.push(kept.answer.clone());
        }
        columns
    }
}

#[derive(Default)]
struct FactColumns {
    events: Vec<Uuid>,
    streams: Vec<Uuid>,
    sequences: Vec<i64>,
    kinds: Vec<String>,
    subjects: Vec<String>,
    actors: Vec<String>,
    agencies: Vec<String>,
    causations: Vec<String>,
    traceparents: Vec<Option<String>>,
    bodies: Vec<Vec<u8>>,
}

impl FactColumns {
    fn of(facts: Vec<Row>) -> Self {
        let mut columns = Self::default();
        for fact in facts {
            columns.events.push(Uuid::now_v7());
            columns.streams.push(fact.stream.0);
            columns.sequences.push(fact.sequence);
            columns.kinds.push(fact.message.kind);
            columns.subjects.push(fact.message.subject);
            columns.actors.push(fact.actor);
            columns.agencies.push(fact.message.agency);
            columns.causations.push(fact.causation);
            columns.traceparents.push(fact.traceparent);
            columns.bodies.push(fact.message.body);
        }
        columns
    }
}
