-- What a decision wants to be reminded of, and when: set with the commit of the decision, gone with the commit of what follows.

create table chassis.timer (
    stream uuid not null,
    kind text not null,
    due_at timestamptz not null,
    set_at timestamptz not null,
    failed_at timestamptz,
    detail text,
    primary key (stream, kind)
) with (fillfactor = 80);
create index timer_due on chassis.timer (kind, due_at) where failed_at is null;
create index timer_failed on chassis.timer (failed_at) where failed_at is not null;
comment on table chassis.timer is 'Reminders that are not due yet or not taken yet. No personal data.';
comment on column chassis.timer.stream is 'The stream that set it: its command belongs there.';
comment on column chassis.timer.kind is 'What is to be decided then; a stream has one timer of a kind at most.';
comment on column chassis.timer.due_at is 'When, in legal time: what follows counts from here, however late it is decided.';
comment on column chassis.timer.set_at is 'When it was set or last moved, by this service''s clock.';
comment on column chassis.timer.failed_at is 'When its command failed by itself; null while it waits. To have it tried again: set this null.';
comment on column chassis.timer.detail is 'Why it failed, for operators.';

create index job_failed on chassis.job (failed_at) where failed_at is not null;
