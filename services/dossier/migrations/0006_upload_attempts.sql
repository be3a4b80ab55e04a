-- Parts belong to an attempt: what one writer found to be wrong and drops cannot be what another has completed.
alter table dossier.files
    add attempt integer not null default 1;
comment on column dossier.files.attempt is 'Which attempt at uploading it this is, from 1; parts of an earlier one count no more.';
