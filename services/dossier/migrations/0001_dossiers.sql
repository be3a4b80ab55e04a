-- Dossiers and what was answered in their forms.

create table dossier.dossiers (
    id uuid primary key,
    owner text not null,
    procedure_code text not null,
    procedure_version integer not null,
    agency text not null,
    channel smallint not null,
    status smallint not null,
    code text unique,
    created_at timestamptz not null,
    submitted_at timestamptz,
    revision bigint not null
) with (fillfactor = 80);
create index dossiers_of_owner on dossier.dossiers (owner, created_at desc, id desc);
comment on table dossier.dossiers is 'A citizen''s request under one procedure version; the stream has its id.';
comment on column dossier.dossiers.owner is 'Resource name of the account it belongs to.';
comment on column dossier.dossiers.procedure_code is 'Code of the procedure in the catalogue.';
comment on column dossier.dossiers.procedure_version is 'Version of the procedure, fixed when the draft was opened.';
comment on column dossier.dossiers.agency is 'Resource name of the agency that settles it.';
comment on column dossier.dossiers.channel is 'How it came in: the portal''s numbers 1 to 3.';
comment on column dossier.dossiers.status is 'Where it stands: 0 a draft, else the portal''s numbers 1 to 10.';
comment on column dossier.dossiers.code is 'Dossier code, without gaps per agency and day; null for a draft.';
comment on column dossier.dossiers.created_at is 'When the draft was opened.';
comment on column dossier.dossiers.submitted_at is 'When it was submitted; null for a draft.';
comment on column dossier.dossiers.revision is 'Counts changes; the etag.';

create table dossier.steps (
    dossier uuid not null references dossier.dossiers,
    step smallint not null,
    sealed bytea not null,
    primary key (dossier, step)
);
comment on table dossier.steps is 'What was answered in a step of the form: personal data, encrypted.';
comment on column dossier.steps.step is 'Number of the step in the form, from 1.';
comment on column dossier.steps.sealed is 'The answers as JSON, AES-256-GCM-SIV: 12 bytes of nonce, then ciphertext and tag; dossier and step are bound in.';
