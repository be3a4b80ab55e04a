-- Accounts, sign-ins, sessions and officers of the holders of personal IDs. The stream of a holder has the account's id.

create table identity.accounts (
    id uuid primary key,
    sealed bytea not null,
    phone_index bytea not null,
    locale text not null,
    created_at timestamptz not null
);
comment on table identity.accounts is 'One row per person with an account.';
comment on column identity.accounts.id is 'The blind index of the personal ID: a keyed hash of it (identity-index), as a UUID.';
comment on column identity.accounts.sealed is 'Personal ID, name, birth date, sex and telephone as JSON, AES-256-GCM-SIV (identity-details): 12 bytes of nonce, then ciphertext and tag; the id is bound in.';
comment on column identity.accounts.phone_index is 'Keyed hash of the id and the telephone.';
comment on column identity.accounts.locale is 'Language of messages: vi or en.';
comment on column identity.accounts.created_at is 'When it was made.';

create table identity.sign_ins (
    id uuid primary key,
    holder uuid not null,
    phone_index bytea not null,
    reaches boolean not null,
    tries smallint not null,
    used boolean not null,
    started_at timestamptz not null
) with (fillfactor = 80);
create index sign_ins_of_holder on identity.sign_ins (holder);
comment on table identity.sign_ins is 'Sign-ins of the last hour. The code is a keyed hash of the id (identity-codes) and stored nowhere.';
comment on column identity.sign_ins.id is 'Follows from the request that started it.';
comment on column identity.sign_ins.holder is 'The account''s id, be there an account or not.';
comment on column identity.sign_ins.phone_index is 'Keyed hash of the holder and the telephone given.';
comment on column identity.sign_ins.reaches is 'The telephone is the account''s: a code was sent, and opens a session.';
comment on column identity.sign_ins.tries is 'Wrong codes given; five lock it.';
comment on column identity.sign_ins.used is 'It opened its session.';
comment on column identity.sign_ins.started_at is 'When it was started; its code is good for five minutes.';

create table identity.sessions (
    id uuid primary key,
    account uuid not null references identity.accounts,
    agency text,
    generation integer not null,
    refreshed_at timestamptz not null,
    ended_at timestamptz
) with (fillfactor = 80);
create index sessions_of_account on identity.sessions (account) where ended_at is null;
comment on table identity.sessions is 'Sessions. Refresh tokens follow from id and generation by a key (identity-sessions) and are stored nowhere.';
comment on column identity.sessions.id is 'Identity of the session.';
comment on column identity.sessions.account is 'Whose.';
comment on column identity.sessions.agency is 'Resource name of the agency whose officer the person acts as; null for a citizen.';
comment on column identity.sessions.generation is 'Number of the refresh token that is good now, from 1.';
comment on column identity.sessions.refreshed_at is 'When that token was given.';
comment on column identity.sessions.ended_at is 'When it was signed out, revoked or crowded out; null while it may live.';

create table identity.officers (
    account uuid not null references identity.accounts,
    agency text not null,
    roles integer not null,
    appointed_at timestamptz not null,
    primary key (account, agency)
);
comment on table identity.officers is 'People appointed at agencies.';
comment on column identity.officers.account is 'The person.';
comment on column identity.officers.agency is 'Resource name of the agency.';
comment on column identity.officers.roles is 'The roles held: bit n is the role with the number n in the contract.';
comment on column identity.officers.appointed_at is 'When.';
