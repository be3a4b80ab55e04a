-- What proves that a message was sent; not to whom, and not what it said.

create table mailing.messages (
    id uuid primary key,
    template text not null,
    sent_at timestamptz not null
);
comment on table mailing.messages is 'A message that a gateway took; the stream has its id.';
comment on column mailing.messages.id is 'The request''s id, which the gateway knows it by.';
comment on column mailing.messages.template is 'What it said, by the template''s id.';
comment on column mailing.messages.sent_at is 'When the gateway took it.';
