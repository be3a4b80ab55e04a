-- What an operator needs: how often a letter failed, what was given up and why, and the facts of one stream.

alter table chassis.dead_letter add column failures integer not null default 0;
comment on column chassis.dead_letter.failures is 'Times it failed by itself, replays included, counted since this column is there; 0 while it only waits.';
update chassis.dead_letter set failures = 1 where cause <> 'waiting';

create table chassis.discard (
    request uuid primary key,
    letter bigint not null,
    source text not null,
    stream uuid not null,
    upto bigint not null,
    cause text not null,
    detail text not null,
    event jsonb not null,
    reason text not null check (char_length(reason) between 1 and 500),
    discarded_by text not null,
    discarded_at timestamptz not null
);
comment on table chassis.discard is 'Facts of others that an operator gave up: who, when and why. Never deleted. No personal data.';
comment on column chassis.discard.request is 'The request id of the wish: a repeat gives nothing up a second time.';
comment on column chassis.discard.letter is 'The number that the dead letter had.';
comment on column chassis.discard.source is 'The service that published the fact.';
comment on column chassis.discard.stream is 'Its stream.';
comment on column chassis.discard.upto is 'The last number given up: the letter''s own, or if facts before it were missing, that of the last missing one.';
comment on column chassis.discard.cause is 'Why the letter lay there: poison or gap.';
comment on column chassis.discard.detail is 'Its last error.';
comment on column chassis.discard.event is 'The attributes of the letter''s fact.';
comment on column chassis.discard.reason is 'Why it was given up, in the operator''s words.';
comment on column chassis.discard.discarded_by is 'Resource name of the operator.';
comment on column chassis.discard.discarded_at is 'When, by this service''s clock.';

-- For the whole story of one stream, which is rarely asked for; streams are born in the order of time, so that inserts stay close.
create index event_stream on chassis.event (stream, sequence);
