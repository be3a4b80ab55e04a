-- Ratings of dossiers, and the counters that the public reads.

create table feedback.ratings (
    dossier uuid primary key,
    code text not null,
    procedure text not null,
    agency text not null,
    channel smallint not null,
    closed_at timestamptz not null,
    invited_at timestamptz not null,
    expires_at timestamptz not null,
    level smallint check (level between 1 and 5),
    comment bytea,
    given_at timestamptz,
    check ((level is null) = (given_at is null) and (level is null) = (comment is null))
) with (fillfactor = 80);
comment on table feedback.ratings is 'One row per dossier whose owner was invited to rate it.';
comment on column feedback.ratings.dossier is 'The dossier, which is the stream.';
comment on column feedback.ratings.code is 'Its code.';
comment on column feedback.ratings.procedure is 'Resource name of its procedure version.';
comment on column feedback.ratings.agency is 'Resource name of the agency that settled it.';
comment on column feedback.ratings.channel is 'How it came in: the portal''s numbers 1 to 3.';
comment on column feedback.ratings.closed_at is 'When it was closed, by workflow''s clock: the month it counts in.';
comment on column feedback.ratings.invited_at is 'When its owner was invited, by feedback''s clock.';
comment on column feedback.ratings.expires_at is 'Until when a rating is taken, by feedback''s clock.';
comment on column feedback.ratings.level is 'From 1, very dissatisfied, to 5, very satisfied; null until it is given.';
comment on column feedback.ratings.comment is 'What the citizen wrote: personal data, AES-256-GCM-SIV, 12 bytes of nonce, then ciphertext and tag; the dossier is bound in. Null until it is given.';
comment on column feedback.ratings.given_at is 'When it was given, by feedback''s clock; null before.';

create table feedback.tallies (
    id bigint generated always as identity primary key,
    month integer not null check (month between 190001 and 999912),
    procedure text not null check (procedure <> ''),
    agency text not null check (agency <> ''),
    level smallint not null check (level between 0 and 5)
);
comment on table feedback.tallies is 'What is not yet in feedback.satisfaction: one row per invitation and per rating, gone once it is counted there.';
comment on column feedback.tallies.id is 'Their order.';
comment on column feedback.tallies.month is 'Month in which the dossier was closed, in Vietnam: year * 100 + month.';
comment on column feedback.tallies.procedure is 'Resource name of the procedure, without its version.';
comment on column feedback.tallies.agency is 'Resource name of the agency.';
comment on column feedback.tallies.level is '0 an invitation, else the level of a rating.';

create table feedback.satisfaction (
    procedure text not null,
    agency text not null,
    month integer not null,
    invited bigint not null check (invited >= 0),
    level_1 bigint not null check (level_1 >= 0),
    level_2 bigint not null check (level_2 >= 0),
    level_3 bigint not null check (level_3 >= 0),
    level_4 bigint not null check (level_4 >= 0),
    level_5 bigint not null check (level_5 >= 0),
    primary key (procedure, agency, month)
) with (fillfactor = 80);
comment on table feedback.satisfaction is 'Counters. Each invitation and rating is in four rows: of its procedure and agency, of either alone, and of all.';
comment on column feedback.satisfaction.procedure is 'Resource name of the procedure, without its version; empty: of every procedure.';
comment on column feedback.satisfaction.agency is 'Resource name of the agency; empty: of every agency.';
comment on column feedback.satisfaction.month is 'Month in which the dossiers were closed, in Vietnam: year * 100 + month.';
comment on column feedback.satisfaction.invited is 'Dossiers whose owner was invited.';
comment on column feedback.satisfaction.level_1 is 'Ratings: very dissatisfied.';
comment on column feedback.satisfaction.level_2 is 'Ratings: dissatisfied.';
comment on column feedback.satisfaction.level_3 is 'Ratings: neutral.';
comment on column feedback.satisfaction.level_4 is 'Ratings: satisfied.';
comment on column feedback.satisfaction.level_5 is 'Ratings: very satisfied.';
