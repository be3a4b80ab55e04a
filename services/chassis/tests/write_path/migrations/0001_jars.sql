-- The toy of the write path's tests.

create table toy.jars (
    id uuid primary key,
    amount bigint,
    constraint jar_is_full check (amount <= 1000000)
);
comment on table toy.jars is 'Jars; the stream has the id.';
comment on column toy.jars.amount is 'What is in it. Never null, unless a test damages the row.';
