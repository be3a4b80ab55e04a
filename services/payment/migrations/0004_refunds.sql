-- What waits in suspense is listed, and a person who pays it back notes that.

alter table payment.transfers
    add column refund_reference text,
    add column refund_reason text,
    add column refunded_by text,
    add check (num_nulls(refund_reference, refund_reason, refunded_by) in (0, 3)),
    add check (refund_reference is null or settled_at is not null);
comment on column payment.transfers.refund_reference is 'The bank''s id of the transfer by which it was paid back; null unless it was.';
comment on column payment.transfers.refund_reason is 'Why it was paid back: one line, without personal data.';
comment on column payment.transfers.refunded_by is 'Resource name of who noted that it was paid back.';
create index transfers_that_wait on payment.transfers (received_at, id)
    where set_aside is not null and settled_at is null;
create index transfers_of_invoice on payment.transfers (invoice, received_at, id) where invoice is not null;
