-- Comments that were missing or have become untrue.

comment on column chassis.job.attempt is 'Times it was claimed since the work was asked for or last put off by itself, which begins the count again.';
comment on column chassis.dead_letter.id is 'Our own number of the letter, in the order in which letters came.';
