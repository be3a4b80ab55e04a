-- A case goes through a process; a task is closed with an outcome.

alter table workflow.cases
    add column process text not null default 'general',
    add column process_version integer not null default 1,
    add column closed_at timestamptz;
comment on column workflow.cases.process is 'Id of the process it goes through.';
comment on column workflow.cases.process_version is 'Version of the process, fixed when the case was opened.';
comment on column workflow.cases.closed_at is 'When the case came to its end; null before.';

alter table workflow.tasks add column outcome text;
comment on column workflow.tasks.outcome is 'What it was closed with, as the process names it; null before.';
