-- Withdrawals: what the owner of a submitted dossier asked for, and how it was answered.

alter table dossier.dossiers
    add column withdrawal_asked_at timestamptz,
    add column withdrawals smallint not null default 0;
comment on column dossier.dossiers.withdrawal_asked_at is 'When its owner asked for it to be withdrawn; null unless that waits to be decided.';
comment on column dossier.dossiers.withdrawals is 'How often its owner asked for that.';
comment on column dossier.documents.kind is '1 slip of acceptance, 2 result, 3 slip of refusal, 4 slip that asks for a supplement, 5 notice of stopped processing, 6 notice that a withdrawal was denied.';
