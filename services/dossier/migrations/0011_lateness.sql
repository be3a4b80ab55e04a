-- Promised dates that passed without a result: since when, the new date, and the apology for it.

alter table dossier.dossiers
    add column late_since timestamptz,
    add column new_due_at timestamptz;
comment on column dossier.dossiers.late_since is 'The promised date that passed without a result; null unless one did.';
comment on column dossier.dossiers.new_due_at is 'The new date its owner was told then; null where none could be counted.';

alter table dossier.documents
    add column new_due_at timestamptz,
    add column lies_with smallint;
comment on column dossier.documents.kind is '1 slip of acceptance, 2 result, 3 slip of refusal, 4 slip that asks for a supplement, 5 notice of stopped processing, 6 notice that a withdrawal was denied, 7 apology for a late result.';
comment on column dossier.documents.new_due_at is 'Of an apology: the new date; null where none could be counted.';
comment on column dossier.documents.lies_with is 'Of an apology: numbers of motcua.access.v1.Role, the officers with whom the dossier lies.';
