-- A draft that nobody changes lapses: its dossier and answers are deleted, for they are personal data that serve nothing.

alter table dossier.dossiers
    add column draft_days smallint not null default 30,
    add column expire_at timestamptz;
comment on column dossier.dossiers.draft_days is 'Days that the draft is kept after its last change, as set when it was opened.';
comment on column dossier.dossiers.expire_at is 'When the draft lapses unless it is changed before; null once submitted.';

alter table dossier.steps
    drop constraint steps_dossier_fkey,
    add constraint steps_dossier_fkey foreign key (dossier) references dossier.dossiers on delete cascade;

-- When drafts that are open now were last changed is not known: their days begin today.
update dossier.dossiers set expire_at = date_trunc('second', now()) + interval '30 days' where status = 0;
insert into chassis.timer (stream, kind, due_at, set_at)
    select id, 'lapse_draft', expire_at, now() from dossier.dossiers where status = 0;
