-- Messages that follow from facts are on record before they are sent, and belong to the stream of their dossier.

alter table mailing.messages
    add column stream uuid,
    add column cause text,
    add column made_at timestamptz,
    add column attempt integer;
update mailing.messages set stream = id, cause = 'requests/' || id, made_at = sent_at, attempt = 1;
alter table mailing.messages
    alter column stream set not null,
    alter column cause set not null,
    alter column made_at set not null,
    alter column sent_at drop not null;
create index messages_stream on mailing.messages (stream);
comment on table mailing.messages is 'Messages to people: that they were sent, not to whom nor what they said.';
comment on column mailing.messages.id is 'What the gateway knows it by.';
comment on column mailing.messages.stream is 'The dossier it is about; of a one-time code the message itself.';
comment on column mailing.messages.cause is 'The request or event it follows from.';
comment on column mailing.messages.made_at is 'When it fell due to be sent.';
comment on column mailing.messages.sent_at is 'When the gateway took it; null before. One that is given up stays so: its job says why.';
comment on column mailing.messages.attempt is 'The attempt at which the gateway took it, from 1; null before.';
