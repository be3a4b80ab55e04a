-- Comments that were missing.

comment on column payment.invoices.id is 'That of the obligation it collects, as workflow told it.';
comment on column payment.ledger_entries.id is 'Our own id of the entry.';
comment on column payment.ledger_postings.entry is 'The entry it belongs to; the postings of one cancel.';
