-- Parcels with results, what carriers tell of them, and by which way a message went.

create table mailing.shipments (
    dossier uuid primary key,
    dossier_code text not null,
    procedure text not null,
    agency text not null,
    channel smallint not null,
    item_number text not null unique,
    opened_at timestamptz not null,
    posted_at timestamptz
) with (fillfactor = 80);
comment on table mailing.shipments is 'The parcel with the result of a dossier; neither what is in it nor where it goes.';
comment on column mailing.shipments.dossier is 'The dossier, which is the stream and the shipment''s id.';
comment on column mailing.shipments.dossier_code is 'Its code.';
comment on column mailing.shipments.procedure is 'Resource name of its procedure version.';
comment on column mailing.shipments.agency is 'Resource name of the agency that sends it.';
comment on column mailing.shipments.channel is 'How the dossier came in: the portal''s numbers.';
comment on column mailing.shipments.item_number is 'UPU S10, 13 characters; numbered without gaps.';
comment on column mailing.shipments.opened_at is 'When it was opened, by mailing''s clock.';
comment on column mailing.shipments.posted_at is 'When the carrier took it, by the carrier''s clock; null before.';

create table mailing.scans (
    dossier uuid not null references mailing.shipments,
    id text not null,
    kind smallint not null,
    scanned_at timestamptz not null,
    place text not null,
    primary key (dossier, id)
);
comment on table mailing.scans is 'What carriers told of parcels; where one stands follows from these. Written once.';
comment on column mailing.scans.dossier is 'The shipment.';
comment on column mailing.scans.id is 'The carrier''s id for it, by which a repeat is known.';
comment on column mailing.scans.kind is 'Numbers of motcua.mailing.v1.ScanKind.';
comment on column mailing.scans.scanned_at is 'When, by the carrier''s clock.';
comment on column mailing.scans.place is 'The carrier''s code of the place; empty if it told none.';

alter table mailing.messages add column channel smallint;
update mailing.messages set channel = 1 where sent_at is not null;
alter table mailing.messages add constraint messages_sent_by_a_channel check ((sent_at is null) = (channel is null));
create unique index messages_once_for_each_cause on mailing.messages (cause, template);
comment on column mailing.messages.cause is 'The request, event or shipment it follows from.';
comment on column mailing.messages.channel is 'By which way it went: 1 a telephone, 2 a mailbox; null until it is sent.';
