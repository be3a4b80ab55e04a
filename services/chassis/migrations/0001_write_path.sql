-- The tables every service's database has: the heads of its streams, its log, the answers it keeps, its numbering, its cursors into
-- other services' logs, and the events it could not take.

create table chassis.head (
    stream uuid primary key,
    sequence bigint not null default 0,
    seen jsonb not null default '{}',
    parked boolean not null default false
) with (fillfactor = 70);
comment on table chassis.head is 'One row per stream: what is locked to change anything on it.';
comment on column chassis.head.stream is 'A dossier in most services, an account in identity.';
comment on column chassis.head.sequence is 'Number of the last fact this service published on the stream; 0 before the first.';
comment on column chassis.head.seen is 'Last sequence seen of each other service, by its name.';
comment on column chassis.head.parked is 'An event of the stream could not be taken: later ones wait among the dead letters.';

create table chassis.event (
    id bigint generated always as identity,
    xid xid8 not null default pg_current_xact_id(),
    event uuid not null,
    stream uuid not null,
    sequence bigint not null,
    type text not null,
    subject text not null,
    time timestamptz not null,
    actor text not null,
    agency text not null,
    causation text not null,
    traceparent text,
    body bytea not null,
    primary key (id)
) partition by range (id);
create index event_xid on chassis.event (xid);
comment on table chassis.event is 'The log: the facts this service published, append only, never changed, partitioned by id. No personal data.';
comment on column chassis.event.id is 'Order within one transaction and within one stream; across streams it promises nothing.';
comment on column chassis.event.xid is 'The transaction that wrote the fact: what readers compare with their snapshot.';
comment on column chassis.event.event is 'Identity of the fact for the world outside (CloudEvents id).';
comment on column chassis.event.stream is 'The stream it belongs to; the Kafka key.';
comment on column chassis.event.sequence is 'Its number on the stream, from 1 without gaps.';
comment on column chassis.event.type is 'Full name of its protobuf message.';
comment on column chassis.event.subject is 'Resource name of what it is about.';
comment on column chassis.event.time is 'When the fact happened, by this service''s clock.';
comment on column chassis.event.actor is 'Who caused it, by resource name; never personal data.';
comment on column chassis.event.agency is 'Agency concerned; empty where none is.';
comment on column chassis.event.causation is 'The request, event or timer it follows from.';
comment on column chassis.event.traceparent is 'W3C trace context of the call or event it follows from.';
comment on column chassis.event.body is 'The protobuf message.';

create table chassis.answer (
    caller text not null,
    request uuid not null,
    kept_at timestamptz not null,
    fingerprint bytea not null,
    answer text not null check (octet_length(answer) <= 256)
) partition by range (kept_at);
create index answer_request on chassis.answer (request, caller);
comment on table chassis.answer is 'What a repeated call is answered with: names and numbers only. Partitioned by day, dropped whole.';
comment on column chassis.answer.caller is 'Resource name of the caller.';
comment on column chassis.answer.request is 'The caller''s request id.';
comment on column chassis.answer.kept_at is 'When it was given, by this service''s clock.';
comment on column chassis.answer.fingerprint is 'Hash of method and request: the same id with another is refused.';
comment on column chassis.answer.answer is 'JSON, at most 256 bytes.';

create table chassis.counter (
    series text primary key,
    value bigint not null
) with (fillfactor = 50);
comment on table chassis.counter is 'Numbering without gaps: one row per series, locked last, advanced once per batch.';
comment on column chassis.counter.series is 'For example the dossier codes of one agency and day.';
comment on column chassis.counter.value is 'The last number given.';

create table chassis.cursor (
    source text not null,
    reader text not null,
    system bigint not null,
    timeline integer not null,
    done text not null,
    upto text,
    after bigint not null default 0,
    primary key (source, reader)
);
comment on table chassis.cursor is 'How far this service has read each log: its own for the relay, others'' for its reactions.';
comment on column chassis.cursor.source is 'The service whose log it is.';
comment on column chassis.cursor.reader is 'Who reads.';
comment on column chassis.cursor.system is 'System identifier of the database cluster that the snapshots come from.';
comment on column chassis.cursor.timeline is 'Its timeline: a fail-over or a restore begins another.';
comment on column chassis.cursor.done is 'pg_snapshot: every fact visible in it has been taken.';
comment on column chassis.cursor.upto is 'pg_snapshot now being read; null between two.';
comment on column chassis.cursor.after is 'Of the snapshot being read, every fact up to this id has been taken.';

create table chassis.dead_letter (
    id bigint generated always as identity primary key,
    source text not null,
    stream uuid not null,
    sequence bigint not null,
    cause text not null check (cause in ('poison', 'gap', 'waiting')),
    detail text not null,
    parked_at timestamptz not null,
    event jsonb not null,
    body bytea not null,
    unique (source, stream, sequence)
);
comment on table chassis.dead_letter is 'Events that could not be taken, and those of the same stream that wait behind them.';
comment on column chassis.dead_letter.source is 'The service that published it.';
comment on column chassis.dead_letter.stream is 'Its stream, parked.';
comment on column chassis.dead_letter.sequence is 'Its number on the stream.';
comment on column chassis.dead_letter.cause is 'poison: it failed by itself. gap: one before it is missing. waiting: its stream was parked.';
comment on column chassis.dead_letter.detail is 'The error, for operators.';
comment on column chassis.dead_letter.parked_at is 'When, by this service''s clock.';
comment on column chassis.dead_letter.event is 'Its attributes.';
comment on column chassis.dead_letter.body is 'Its protobuf message as it came.';

-- Locks the heads of all streams of a batch in order, made where missing, and returns them. Two statements in one round trip: the second
-- sees what the first waited for.
create function chassis.lock_heads(streams uuid[]) returns setof chassis.head
language plpgsql as $$
begin
    insert into chassis.head (stream)
        select wanted from unnest(streams) wanted order by wanted
        on conflict do nothing;
    return query
        select * from chassis.head where stream = any (streams) order by stream for no key update;
end
$$;

-- Makes the partitions that the coming days and events need and drops the answers that are older than the stated days.
-- A partition of the log holds 2^24 facts; it is dropped only by an operator, after every reader has passed it and the archive has it.
create function chassis.keep_partitions(today date, days_kept integer) returns void
language plpgsql as $$
declare
    span constant bigint := 16777216;
    next_id bigint;
    day date;
    old text;
begin
    perform pg_advisory_xact_lock(hashtext('chassis.keep_partitions'));
    select coalesce(max(id), 0) / span into next_id from chassis.event;
    for part in next_id .. next_id + 1 loop
        execute format('create table if not exists chassis.event_%s partition of chassis.event for values from (%s) to (%s)',
            part, part * span, (part + 1) * span);
    end loop;
    for ahead in -1 .. 7 loop
        day := today + ahead;
        execute format('create table if not exists chassis.answer_%s partition of chassis.answer for values from (%L) to (%L)',
            to_char(day, 'YYYYMMDD'), day || ' 00:00:00+00', (day + 1) || ' 00:00:00+00');
    end loop;
    for old in
        select relname from pg_class join pg_inherits on inhrelid = pg_class.oid
        where inhparent = 'chassis.answer'::regclass
          and relname < 'answer_' || to_char(today - days_kept, 'YYYYMMDD')
    loop
        execute format('drop table chassis.%I', old);
    end loop;
end
$$;
