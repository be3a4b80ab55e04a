-- A wish for any task takes one; whose the rows are.

alter table workflow.tasks add column wish uuid;
create unique index tasks_of_wish on workflow.tasks (wish) where wish is not null;
comment on column workflow.tasks.wish is 'Wish for any task that took this one last: a hash of caller and request id. The key lets no wish take two.';

comment on column workflow.cases.id is 'The dossier''s id.';
comment on column workflow.tasks.case_id is 'The case.';
comment on column workflow.pauses.case_id is 'The case.';
comment on column workflow.draws.case_id is 'The case, which draws once.';
