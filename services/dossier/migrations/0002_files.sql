-- Files of dossiers, and the documents the state gives back. Contents lie outside the database, encrypted.

create table dossier.files (
    dossier uuid not null references dossier.dossiers,
    id uuid not null,
    paper text,
    sealed_name bytea not null,
    kind smallint not null,
    size_bytes bigint not null,
    declared_digest bytea,
    created_by text not null,
    created_at timestamptz not null,
    state smallint not null,
    state_since timestamptz not null,
    lapses_at timestamptz,
    digest bytea,
    issued boolean not null,
    primary key (dossier, id)
);
create index files_that_lapse on dossier.files (lapses_at) where lapses_at is not null;
comment on table dossier.files is 'Files handed in with a dossier or issued with it; their parts are objects named by dossier, file and number.';
comment on column dossier.files.id is 'Chosen by its creator; unlike those of the same dossier.';
comment on column dossier.files.paper is 'Id of the paper in the form; null for a result of the agency.';
comment on column dossier.files.sealed_name is 'What its creator calls it: personal data, AES-256-GCM-SIV; 12 bytes of nonce, then ciphertext and tag; dossier and file are bound in.';
comment on column dossier.files.kind is '1 PDF, 2 JPEG, 3 PNG.';
comment on column dossier.files.size_bytes is 'Bytes of the whole, as declared.';
comment on column dossier.files.declared_digest is 'SHA-256 that was declared; null if none was.';
comment on column dossier.files.created_by is 'Resource name of who created it: the only one who writes it.';
comment on column dossier.files.created_at is 'When it was created.';
comment on column dossier.files.state is '1 uploading, 2 complete, 3 deleted.';
comment on column dossier.files.state_since is 'Since when it is in this state.';
comment on column dossier.files.lapses_at is 'From when it is of no use: an hour later row and content are swept; null for a complete file.';
comment on column dossier.files.digest is 'SHA-256 of the whole; null before it is complete.';
comment on column dossier.files.issued is 'A document is this file.';

create table dossier.documents (
    dossier uuid not null references dossier.dossiers,
    id uuid not null,
    kind smallint not null,
    file uuid,
    officer text not null,
    added_at timestamptz not null,
    accepted_at timestamptz,
    received_on date,
    due_at timestamptz,
    fees bigint[],
    primary key (dossier, id)
);
comment on table dossier.documents is 'What the state gave back: slips, made from facts, and results, which are files.';
comment on column dossier.documents.kind is '1 slip of acceptance, 2 result.';
comment on column dossier.documents.file is 'The file of a result; null for a slip.';
comment on column dossier.documents.officer is 'Resource name of the officer who added it, or accepted the dossier.';
comment on column dossier.documents.added_at is 'When it joined the dossier.';
comment on column dossier.documents.accepted_at is 'When the dossier was accepted, by workflow''s clock; null for a result.';
comment on column dossier.documents.received_on is 'The legal day of receipt in Vietnam; null for a result, or if acceptance told none.';
comment on column dossier.documents.due_at is 'What was promised at acceptance; null for a result, or while the clock stood.';
comment on column dossier.documents.fees is 'Fees that were told at acceptance, VND; null for a result.';
