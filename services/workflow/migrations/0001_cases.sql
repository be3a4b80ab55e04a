-- Cases and their tasks.

create table workflow.cases (
    id uuid primary key,
    code text not null,
    procedure text not null,
    agency text not null,
    channel smallint not null,
    status smallint not null,
    limit_unit smallint not null,
    limit_count integer not null,
    submitted_at timestamptz not null,
    accepted_at timestamptz,
    due_at timestamptz,
    revision bigint not null
) with (fillfactor = 80);
comment on table workflow.cases is 'What an agency does with one dossier; case, dossier and stream have one id.';
comment on column workflow.cases.code is 'Dossier code.';
comment on column workflow.cases.procedure is 'Resource name of the procedure version.';
comment on column workflow.cases.agency is 'Resource name of the agency that settles it.';
comment on column workflow.cases.channel is 'How the dossier came in: the portal''s numbers.';
comment on column workflow.cases.status is 'Where the dossier stands by this case: the portal''s numbers 1 to 10.';
comment on column workflow.cases.limit_unit is 'In what the legal limit is counted: numbers of motcua.type.v1.LimitUnit.';
comment on column workflow.cases.limit_count is 'The legal limit in that unit.';
comment on column workflow.cases.submitted_at is 'When the dossier was submitted, by dossier''s clock.';
comment on column workflow.cases.accepted_at is 'When it was accepted; null before.';
comment on column workflow.cases.due_at is 'When the result is due; null before acceptance.';
comment on column workflow.cases.revision is 'Counts changes; the etag.';

create table workflow.tasks (
    case_id uuid not null references workflow.cases,
    step text not null,
    agency text not null,
    role smallint not null,
    state smallint not null,
    officer text,
    opened_at timestamptz not null,
    primary key (case_id, step)
) with (fillfactor = 80);
create index tasks_of_agency on workflow.tasks (agency, opened_at, case_id, step) where state in (1, 2);
comment on table workflow.tasks is 'Pieces of work for one officer each. The index is the worklist.';
comment on column workflow.tasks.step is 'The step of the process.';
comment on column workflow.tasks.agency is 'As on the case, so that the worklist is one index.';
comment on column workflow.tasks.role is 'Role asked for: numbers of motcua.access.v1.Role.';
comment on column workflow.tasks.state is '1 open, 2 claimed, 3 closed.';
comment on column workflow.tasks.officer is 'Who holds or closed it; null while free.';
comment on column workflow.tasks.opened_at is 'When it was opened.';
