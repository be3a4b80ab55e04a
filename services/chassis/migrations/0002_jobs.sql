-- Work on the world outside that a commit asked for: claimed for a time, done outside any transaction, and gone with the commit that
-- records its end.

create table chassis.job (
    id uuid primary key,
    kind text not null,
    stream uuid not null,
    body jsonb not null,
    scheduled_at timestamptz not null,
    traceparent text,
    due_at timestamptz not null,
    attempt integer not null default 0,
    token bigint not null default 0,
    failed_at timestamptz,
    detail text
) with (fillfactor = 70);
create index job_due on chassis.job (kind, due_at) where failed_at is null;
comment on table chassis.job is 'Work on the world outside that is not finished. No personal data.';
comment on column chassis.job.id is 'What the world outside knows it by: the idempotency key of every attempt.';
comment on column chassis.job.kind is 'What has to be done.';
comment on column chassis.job.stream is 'The stream that the command belongs to which ends it.';
comment on column chassis.job.body is 'What the work needs to know: names and numbers.';
comment on column chassis.job.scheduled_at is 'When it was asked for, by this service''s clock.';
comment on column chassis.job.traceparent is 'W3C trace context of the call or event it follows from.';
comment on column chassis.job.due_at is 'From when it may be claimed: while it is held, the end of the lease.';
comment on column chassis.job.attempt is 'Times it was claimed.';
comment on column chassis.job.token is 'Raised by every claim and never lowered: only the holder of the last one may end it.';
comment on column chassis.job.failed_at is 'When it was given up; null while it is tried. To have it tried again: set this null, attempt 0 and due_at now().';
comment on column chassis.job.detail is 'Why the last attempt failed, for operators.';
