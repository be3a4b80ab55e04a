-- Dates that are kept or missed: who was warned when, and what became of a case that is late.

alter table workflow.cases
    add column warned_at timestamptz,
    add column late_since timestamptz,
    add column escalated_at timestamptz,
    add column new_date timestamptz;
comment on column workflow.cases.warned_at is 'When its officers were warned that it is due soon; null before.';
comment on column workflow.cases.late_since is 'The date that was promised and passed without a result; null unless one did.';
comment on column workflow.cases.escalated_at is 'When the head of the unit had it, with late_since.';
comment on column workflow.cases.new_date is 'The new date that was told with it; null where the calendar did not reach that far.';

-- What is promised now is not warned of, but not forgotten when it passes. What is late already is escalated at once.
insert into chassis.timer (stream, kind, due_at, set_at)
    select id, 'escalate_late_case', due_at, now() from workflow.cases
    where issued_at is null and closed_at is null and due_at is not null;
