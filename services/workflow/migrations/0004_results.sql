-- The result's way to its citizen; numbers that go back; worklists by role, by officer and by due time.

alter table workflow.cases
    add column return_way smallint not null default 2,
    add column issued_at timestamptz,
    add column parcel text;
comment on column workflow.cases.return_way is 'How the result reaches the citizen: numbers of motcua.type.v1.ReturnWay; of a parcel that came back, the counter.';
comment on column workflow.cases.issued_at is 'When the result was issued; null before.';
comment on column workflow.cases.parcel is 'Step of the process that issued the result, while its parcel is on the way; else null.';
create index cases_of_agency on workflow.cases (agency, submitted_at, id);
create index cases_of_agency_by_status on workflow.cases (agency, status, submitted_at, id);
create index cases_to_settle on workflow.cases (agency, due_at) where issued_at is null and closed_at is null;

alter table workflow.tasks add column due_at timestamptz;
update workflow.tasks t set due_at = c.due_at from workflow.cases c where c.id = t.case_id and t.state in (1, 2);
comment on column workflow.tasks.due_at is 'As on the case, while the task is not closed, so that the worklist is one index.';
create index tasks_of_agency_by_due on workflow.tasks (agency, (coalesce(due_at, 'infinity')), case_id, step)
    where state in (1, 2);
create index tasks_of_role on workflow.tasks (agency, role, opened_at, case_id, step) where state = 1;
create index tasks_of_officer on workflow.tasks (officer, opened_at, case_id, step) where state = 2;

-- A number that went back keeps its row, and is free for every epoch but the one it was drawn in.
alter table workflow.draws drop constraint draws_number_fkey, drop constraint draws_number_key;
alter table workflow.numbers drop constraint numbers_pkey, add primary key (number, pool, epoch);
create unique index numbers_had_once on workflow.numbers (number) where state in (1, 2);
alter table workflow.draws add foreign key (number, pool, epoch) references workflow.numbers, add unique (number, pool, epoch);

-- A vehicle has one number, in whatever epoch it was drawn.
alter table workflow.numbers add column vehicle bytea;
update workflow.numbers n set vehicle = d.vehicle from workflow.draws d where d.case_id = n.case_id;
alter table workflow.numbers alter column vehicle set not null;
create unique index numbers_of_vehicle_once on workflow.numbers (vehicle) where state in (1, 2);
comment on column workflow.numbers.vehicle is 'As on the draw, so that a key lets no vehicle have two numbers.';
comment on table workflow.numbers is 'Numbers that were taken; one that was always free has no row. The keys let nobody get what another has.';
comment on column workflow.numbers.state is 'Numbers of motcua.workflow.v1.NumberState: 1 held, 2 assigned, 3 returned: taken in its epoch alone.';
