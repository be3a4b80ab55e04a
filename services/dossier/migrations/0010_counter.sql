-- Whoever files at the counter has an officer do it.

alter table dossier.dossiers add column handed_in jsonb;
comment on column dossier.dossiers.handed_in is 'Who brought it to the counter, which papers were compared with the originals, and by which officer; null unless it was handed in there.';
