-- A fee may come in parts, which wait in suspense until the rest comes; what waits leaves suspense again.

alter table payment.invoices
    add column in_parts bigint not null default 0 check (in_parts >= 0 and (in_parts = 0 or state = 1));
comment on column payment.invoices.in_parts is 'In dong: what came of it in parts and waits in suspense for the rest; 0 unless it can still be paid.';

alter table payment.transfers
    add column settled_at timestamptz check (settled_at is null or set_aside is not null);
comment on column payment.transfers.settled_at is 'When it left suspense, by payment''s clock; null while it waits, and for one that never did.';
comment on column payment.transfers.set_aside is 'Why it did not pay the invoice when it came: numbers of motcua.payment.v1.UnmatchedReason; null if it did.';
create index transfers_in_suspense on payment.transfers (stream)
    where set_aside is not null and settled_at is null;

comment on column payment.ledger_entries.cause is '1 invoice issued, 2 invoice reversed; of a transfer 3 matched, 4 set aside, 5 allocated (a part of what paid its invoice after all), 6 refunded.';
