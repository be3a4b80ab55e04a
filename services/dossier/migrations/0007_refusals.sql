-- The slip of refusal.

alter table dossier.documents
    add column decided_at timestamptz,
    add column grounds text,
    add column reasons text[];
comment on column dossier.documents.kind is '1 slip of acceptance, 2 result, 3 slip of refusal.';
comment on column dossier.documents.officer is 'Resource name of the officer who added it, or accepted or refused the dossier.';
comment on column dossier.documents.decided_at is 'When the dossier was refused, by workflow''s clock; null for any other document.';
comment on column dossier.documents.grounds is 'Resource name of the grounds at workflow, which keeps what the officer wrote; null where none were stated.';
comment on column dossier.documents.reasons is 'Codes of the reasons for a refusal; null for any other document.';
