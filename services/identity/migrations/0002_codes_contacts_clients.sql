-- Codes are counted for each telephone too; sign-ins are forgotten alike, whether or not they reach; owners change their telephone.

alter table identity.sign_ins
    add column known_device boolean not null default false,
    add column forgotten boolean not null default false;
comment on column identity.sign_ins.known_device is 'The device showed a refresh token of the account; it is counted apart from strangers.';
comment on column identity.sign_ins.forgotten is 'Crowded out by later ones: it counts as a code sent, and no more opens a session.';
comment on column identity.sign_ins.reaches is 'The telephone is the account''s and had not had its share of codes: a code was sent, and opens a session.';

create table identity.codes (
    id uuid primary key,
    telephone uuid not null,
    known_device boolean not null,
    sent_at timestamptz not null
);
create index codes_of_telephone on identity.codes (telephone);
create index codes_by_age on identity.codes (sent_at);
comment on table identity.codes is 'Codes sent to telephones, of the last hour, for whomever. The codes themselves are stored nowhere.';
comment on column identity.codes.id is 'The sign-in or the change of telephone the code is for.';
comment on column identity.codes.telephone is 'The stream: a keyed hash of the telephone (identity-index), as a UUID.';
comment on column identity.codes.known_device is 'The device that asked had signed in before; its codes are counted apart.';
comment on column identity.codes.sent_at is 'When it was counted.';

create table identity.phone_changes (
    id uuid primary key,
    account uuid not null references identity.accounts,
    phone_index bytea not null,
    tries smallint not null,
    used boolean not null,
    started_at timestamptz not null
) with (fillfactor = 80);
create index phone_changes_of_account on identity.phone_changes (account);
create index phone_changes_by_age on identity.phone_changes (started_at);
comment on table identity.phone_changes is 'Changes of telephone that wait, or waited in the last hour, for the code sent to the new one.';
comment on column identity.phone_changes.id is 'Follows from the request that started it.';
comment on column identity.phone_changes.account is 'Whose.';
comment on column identity.phone_changes.phone_index is 'Keyed hash of the account and the new telephone.';
comment on column identity.phone_changes.tries is 'Wrong codes given; five lock it.';
comment on column identity.phone_changes.used is 'It changed the telephone.';
comment on column identity.phone_changes.started_at is 'When it was started; its code is good for five minutes.';

comment on column identity.accounts.sealed is 'Personal ID, name, birth date, sex, telephone and e-mail address as JSON, AES-256-GCM-SIV (identity-details): 12 bytes of nonce, then ciphertext and tag; the id is bound in.';

-- For letting go of what is old.
create index sign_ins_by_age on identity.sign_ins (started_at);
create index sessions_by_age on identity.sessions ((coalesce(ended_at, refreshed_at)));

create table identity.clients (
    stream uuid primary key,
    id text not null unique,
    public_key bytea not null check (length(public_key) = 32),
    created_at timestamptz not null
);
comment on table identity.clients is 'Programs that call in their own name.';
comment on column identity.clients.stream is 'A hash of the id, as a UUID.';
comment on column identity.clients.id is 'What its resource name ends in.';
comment on column identity.clients.public_key is 'Ed25519; its assertions verify with it.';
comment on column identity.clients.created_at is 'When it was registered.';
