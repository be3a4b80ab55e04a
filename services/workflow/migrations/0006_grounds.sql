-- Why an agency decided as it did.

alter table workflow.cases add column grounds integer not null default 0;
comment on column workflow.cases.grounds is 'Grounds stated in it: the number of the last ones.';

create table workflow.grounds (
    case_id uuid not null references workflow.cases,
    number integer not null,
    kind smallint not null,
    subjects text[] not null,
    sealed bytea not null,
    officer text not null,
    stated_at timestamptz not null,
    primary key (case_id, number)
);
comment on table workflow.grounds is 'Why an agency decided something about a dossier: append only, never changed.';
comment on column workflow.grounds.case_id is 'The case.';
comment on column workflow.grounds.number is 'Counts those of the case, from 1.';
comment on column workflow.grounds.kind is 'What they are stated for: numbers of motcua.workflow.v1.GroundsKind.';
comment on column workflow.grounds.subjects is 'What each ground is about: of a refusal the codes of its reasons.';
comment on column workflow.grounds.sealed is 'What the officer wrote on each: may be personal data. A JSON array of texts, AES-256-GCM-SIV: 12 bytes of nonce, then ciphertext and tag; case and kind are bound in.';
comment on column workflow.grounds.officer is 'Resource name of the officer who stated them.';
comment on column workflow.grounds.stated_at is 'When.';
