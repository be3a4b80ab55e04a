-- The clock stands while a case waits for its citizen; the pool of number plates and the draws from it.

alter table workflow.cases add column obligation uuid;
comment on column workflow.cases.obligation is 'Id of the fee that fell due, the invoice''s too; null before.';

create table workflow.pauses (
    case_id uuid not null references workflow.cases,
    place integer not null,
    step text not null,
    reason smallint not null,
    from_at timestamptz not null,
    to_at timestamptz,
    primary key (case_id, place)
);
comment on table workflow.pauses is 'Times in which the clock of a case stood.';
comment on column workflow.pauses.place is 'Their order in the case, from 1.';
comment on column workflow.pauses.step is 'The step of the process that waited.';
comment on column workflow.pauses.reason is 'What was waited for: numbers of motcua.workflow.v1.PauseReason.';
comment on column workflow.pauses.from_at is 'The instant that stopped the clock.';
comment on column workflow.pauses.to_at is 'The instant that started it again; null while it stands.';

create table workflow.epochs (
    pool text not null,
    epoch bigint not null,
    size integer not null,
    root bytea not null,
    public_key bytea not null,
    opened_at timestamptz not null,
    free_list text not null,
    primary key (pool, epoch)
);
comment on table workflow.epochs is 'Free lists that were fixed and published before the first draw from them. Never changed: proofs stay verifiable.';
comment on column workflow.epochs.pool is 'The pool''s name.';
comment on column workflow.epochs.epoch is 'Counts the epochs of the pool, from 1.';
comment on column workflow.epochs.size is 'How many numbers the list holds.';
comment on column workflow.epochs.root is 'Merkle root over the list, 32 bytes.';
comment on column workflow.epochs.public_key is 'Key that proves the draws, 32 bytes.';
comment on column workflow.epochs.opened_at is 'When it was fixed.';
comment on column workflow.epochs.free_list is 'The numbers in their written form, ascending, a line each.';

create table workflow.numbers (
    number text primary key,
    pool text not null,
    epoch bigint not null,
    state smallint not null,
    case_id uuid not null references workflow.cases,
    foreign key (pool, epoch) references workflow.epochs
) with (fillfactor = 80);
create index numbers_of_pool on workflow.numbers (pool);
comment on table workflow.numbers is 'Numbers that are taken; a number that is free has no row. The key lets nobody get what another has.';
comment on column workflow.numbers.number is 'The plate in its written form. Personal data.';
comment on column workflow.numbers.pool is 'The pool it was drawn from.';
comment on column workflow.numbers.epoch is 'The epoch it was drawn in.';
comment on column workflow.numbers.state is 'Numbers of motcua.workflow.v1.NumberState: 1 held, 2 assigned.';
comment on column workflow.numbers.case_id is 'The case it was drawn for.';

create table workflow.draws (
    case_id uuid primary key references workflow.cases,
    number text not null unique references workflow.numbers,
    pool text not null,
    epoch bigint not null,
    place integer not null,
    skipped integer[] not null,
    proof bytea not null,
    subject bytea not null,
    vehicle bytea not null,
    drawn_by text not null,
    drawn_at timestamptz not null,
    foreign key (pool, epoch) references workflow.epochs,
    unique (vehicle, pool, epoch)
);
comment on table workflow.draws is 'One draw for each case, and for each vehicle in an epoch.';
comment on column workflow.draws.number is 'The number given.';
comment on column workflow.draws.pool is 'The pool.';
comment on column workflow.draws.epoch is 'The epoch.';
comment on column workflow.draws.place is 'Where the number stands in the epoch''s list, from 0.';
comment on column workflow.draws.skipped is 'Places before it in the row of the draw that were taken already.';
comment on column workflow.draws.proof is 'VRF proof, 80 bytes.';
comment on column workflow.draws.subject is 'Hash of person and vehicle under a salt that only the citizen was told.';
comment on column workflow.draws.vehicle is 'Hash of the vehicle under a secret of the installation.';
comment on column workflow.draws.drawn_by is 'The citizen who drew, accounts/{uuid}.';
comment on column workflow.draws.drawn_at is 'When.';
