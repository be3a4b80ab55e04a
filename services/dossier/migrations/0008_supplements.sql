-- Supplements: what an agency asks for after acceptance, and what its owner prepares until all of it is answered.

alter table dossier.dossiers add column supplements jsonb not null default '[]';
comment on column dossier.dossiers.supplements is 'What its owner was asked for, in order: number, subjects, grounds, times, whether answered or closed. No personal data.';

create table dossier.pending_steps (
    dossier uuid not null references dossier.dossiers on delete cascade,
    step smallint not null,
    sealed bytea not null,
    primary key (dossier, step)
);
comment on table dossier.pending_steps is 'What its owner answers anew in an open supplement, the owner''s alone until the whole is answered: personal data, encrypted.';
comment on column dossier.pending_steps.dossier is 'The dossier.';
comment on column dossier.pending_steps.step is 'Number of the step in the form, from 1.';
comment on column dossier.pending_steps.sealed is 'The answers, sealed as in dossier.steps.';

create table dossier.former_steps (
    dossier uuid not null references dossier.dossiers on delete cascade,
    supplement smallint not null,
    step smallint not null,
    sealed bytea not null,
    primary key (dossier, supplement, step)
);
comment on table dossier.former_steps is 'What was answered before a supplement changed it: personal data, encrypted.';
comment on column dossier.former_steps.dossier is 'The dossier.';
comment on column dossier.former_steps.supplement is 'Number of the supplement that changed it.';
comment on column dossier.former_steps.step is 'Number of the step in the form, from 1.';
comment on column dossier.former_steps.sealed is 'The answers, sealed as in dossier.steps.';

alter table dossier.files
    add column supplement smallint,
    add column handed_in boolean not null default true,
    add column replaced_by smallint;
comment on column dossier.files.supplement is 'Number of the supplement it is handed in for; null with the submission, and for a result.';
comment on column dossier.files.handed_in is 'The agency has it: false while the supplement it is for is not answered.';
comment on column dossier.files.replaced_by is 'Number of the supplement whose files took its place; null while it counts.';

alter table dossier.documents
    add column stop_reason smallint,
    add column supplement smallint;
comment on column dossier.documents.kind is '1 slip of acceptance, 2 result, 3 slip of refusal, 4 slip that asks for a supplement, 5 notice of stopped processing.';
comment on column dossier.documents.officer is 'Resource name of the officer who added it, or decided what it tells; empty where no officer did.';
comment on column dossier.documents.due_at is 'What was promised at acceptance; of a supplement, until when it can be answered; null for any other document.';
comment on column dossier.documents.decided_at is 'When what a slip tells was decided, by workflow''s clock; null for a slip of acceptance and a result.';
comment on column dossier.documents.reasons is 'Codes of the reasons for a refusal, or what a supplement asks for; null for any other document.';
comment on column dossier.documents.stop_reason is 'Why processing was stopped: numbers of motcua.type.v1.StopReason; null for any other document.';
comment on column dossier.documents.supplement is 'Which supplement of the dossier a slip asks for, from 1; null for any other document.';
