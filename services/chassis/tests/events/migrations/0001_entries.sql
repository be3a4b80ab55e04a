-- The toy of the tests of events.

create table toy.entry (
    stream uuid not null,
    place bigint not null,
    number bigint not null constraint number_is_small check (number <= 1000000),
    primary key (stream, place)
);
comment on table toy.entry is 'What the consumer was told, one row per event that took effect.';
comment on column toy.entry.stream is 'The stream it was told on.';
comment on column toy.entry.place is 'When on its stream, from 1: in the order of taking effect.';
comment on column toy.entry.number is 'The number told.';
