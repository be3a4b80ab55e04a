-- What happened to dossiers, what was promised, how the result is returned, and what their owners can do next.

alter table dossier.dossiers
    add column return_way smallint not null default 0,
    add column accepted_at timestamptz,
    add column due_at timestamptz,
    add column actions jsonb not null default '[]',
    add column entries integer not null default 0;
comment on column dossier.dossiers.return_way is 'How the result reaches its owner: 1 post, 2 counter, 3 electronic; 0 a draft.';
comment on column dossier.dossiers.accepted_at is 'When its agency accepted it, by workflow''s clock; null before.';
comment on column dossier.dossiers.due_at is 'When its result is due; null before acceptance and while the clock is paused.';
comment on column dossier.dossiers.actions is 'What others'' facts let its owner do next: kind, resource name, number, end. No personal data.';
comment on column dossier.dossiers.entries is 'Entries of its timeline: the number of the last one.';

-- How many drafts a citizen has is asked before another is opened.
create index drafts_of_owner on dossier.dossiers (owner) where status = 0;

create table dossier.timeline (
    dossier uuid not null references dossier.dossiers,
    sequence integer not null,
    xid xid8 not null default pg_current_xact_id(),
    kind smallint not null,
    happened_at timestamptz not null,
    status smallint not null,
    actor smallint not null,
    reference text not null,
    number text not null,
    primary key (dossier, sequence)
);
create index timeline_xid on dossier.timeline (xid);
comment on table dossier.timeline is 'What happened to a dossier: append only, never changed. No personal data.';
comment on column dossier.timeline.dossier is 'The dossier.';
comment on column dossier.timeline.sequence is 'From 1 without gaps, in the order the dossier learnt of it; given under the lock of its head.';
comment on column dossier.timeline.xid is 'The transaction that wrote it: what watchers compare with their snapshot.';
comment on column dossier.timeline.kind is 'What happened: the numbers of the contract''s EntryKind.';
comment on column dossier.timeline.happened_at is 'When, by the clock that counts in law.';
comment on column dossier.timeline.status is 'Where the dossier stood once this was known: the portal''s numbers 1 to 10.';
comment on column dossier.timeline.actor is 'What sort of party did it: the numbers of the contract''s ActorKind.';
comment on column dossier.timeline.reference is 'Resource name of what it is about; empty where the dossier says it all.';
comment on column dossier.timeline.number is 'What that is called aloud: invoice, receipt or item number; empty where it has none.';
