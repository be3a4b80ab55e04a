-- Supplements: a pause that waits for one says until when, and where the dossier stood before.

alter table workflow.pauses
    add column expires_at timestamptz,
    add column status_before smallint;
comment on column workflow.pauses.expires_at is 'Until when a supplement can be answered, by dossier''s clock; null for any other pause.';
comment on column workflow.pauses.status_before is 'Where the dossier stood before a supplement was asked for: the portal''s numbers; null for any other pause.';
comment on column workflow.grounds.subjects is 'What each ground is about: of a refusal the codes of its reasons, of a supplement the fields and papers.';
