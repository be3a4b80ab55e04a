-- Acceptance always promises when the result is due.

comment on column dossier.documents.due_at is 'What was promised at acceptance; null for a result.';
