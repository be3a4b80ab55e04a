-- Invoices, transfers, and the ledger that both are written to.

create table payment.invoices (
    id uuid primary key,
    dossier uuid not null,
    dossier_code text not null,
    procedure text not null,
    agency text not null,
    channel smallint not null,
    number text not null unique,
    lines jsonb not null check (jsonb_array_length(lines) between 1 and 19),
    bank_bin text not null,
    account text not null,
    purpose text not null unique,
    state smallint not null,
    issued_at timestamptz not null,
    expires_at timestamptz not null,
    paid_at timestamptz,
    receipt text unique,
    check ((state = 2) = (paid_at is not null) and (state = 2) = (receipt is not null))
) with (fillfactor = 80);
create index invoices_of_dossier on payment.invoices (dossier, issued_at, id);
comment on table payment.invoices is 'What is due on dossiers. An invoice has the id of the obligation it collects.';
comment on column payment.invoices.dossier is 'The dossier, which is the stream.';
comment on column payment.invoices.dossier_code is 'Its code.';
comment on column payment.invoices.procedure is 'Resource name of its procedure version.';
comment on column payment.invoices.agency is 'Resource name of the agency that settles it.';
comment on column payment.invoices.channel is 'How it came in: the portal''s numbers.';
comment on column payment.invoices.number is 'Invoice number, HD-{year}-{number without gaps}.';
comment on column payment.invoices.lines is 'What is due: pairs of a number of motcua.workflow.v1.FeeKind and an amount in dong.';
comment on column payment.invoices.bank_bin is 'Bank of the payee when it was issued, six digits.';
comment on column payment.invoices.account is 'Account of the payee when it was issued.';
comment on column payment.invoices.purpose is 'What a transfer must carry, MC and digits.';
comment on column payment.invoices.state is 'Numbers of motcua.payment.v1.InvoiceState.';
comment on column payment.invoices.issued_at is 'When it was issued, by payment''s clock.';
comment on column payment.invoices.expires_at is 'Until when it can be paid, by the bank''s clock.';
comment on column payment.invoices.paid_at is 'When it was paid, by the bank''s clock; null before.';
comment on column payment.invoices.receipt is 'Receipt number, BL-{year}-{number without gaps}; null before.';

create table payment.transfers (
    id uuid primary key,
    stream uuid not null,
    reference text not null unique,
    amount bigint not null check (amount > 0),
    invoice uuid references payment.invoices,
    set_aside smallint,
    paid_at timestamptz not null,
    received_at timestamptz not null,
    check (invoice is not null or set_aside is not null)
);
comment on table payment.transfers is 'What the bank told of. What a payer wrote is not kept: it may hold personal data.';
comment on column payment.transfers.id is 'Follows from the bank''s reference.';
comment on column payment.transfers.stream is 'The dossier of the invoice it names; the transfer''s own id if it names none.';
comment on column payment.transfers.reference is 'The bank''s id for it: with this it is found on the bank''s statement.';
comment on column payment.transfers.amount is 'In dong.';
comment on column payment.transfers.invoice is 'The invoice it names; null if it names none of ours.';
comment on column payment.transfers.set_aside is 'Why it did not pay the invoice: numbers of motcua.payment.v1.UnmatchedReason; null if it did.';
comment on column payment.transfers.paid_at is 'The instant of payment, by the bank''s clock.';
comment on column payment.transfers.received_at is 'When the bank told of it, by payment''s clock.';

create table payment.ledger_entries (
    id uuid primary key,
    stream uuid not null,
    cause smallint not null,
    cause_id uuid not null,
    entered_at timestamptz not null,
    unique (cause_id, cause)
);
comment on table payment.ledger_entries is 'Entries of the ledger, only ever appended. One cause makes one entry.';
comment on column payment.ledger_entries.stream is 'As of the invoice or transfer.';
comment on column payment.ledger_entries.cause is '1 invoice issued, 2 invoice reversed, 3 transfer matched, 4 transfer set aside.';
comment on column payment.ledger_entries.cause_id is 'The invoice or transfer.';
comment on column payment.ledger_entries.entered_at is 'When it was entered, by payment''s clock.';

create table payment.ledger_postings (
    entry uuid not null references payment.ledger_entries,
    place smallint not null check (place between 0 and 19),
    account text not null check (account in
        ('receivable', 'bank-clearing', 'service-fee-revenue', 'state-fee-revenue', 'suspense')),
    amount bigint not null
        check (amount <> 0 and amount between -1000000000000000 and 1000000000000000),
    primary key (entry, place)
);
comment on table payment.ledger_postings is 'Movements on accounts, at least two in an entry, which cancel.';
comment on column payment.ledger_postings.place is 'Place in the entry, from 0.';
comment on column payment.ledger_postings.account is 'Id of the account moved.';
comment on column payment.ledger_postings.amount is 'In dong: debit above zero, credit below.';

-- All postings of an entry are written by one statement, so the rule can be held when it ends.
create function payment.postings_cancel() returns trigger language plpgsql as $$
begin
    if exists (select from added group by entry having sum(amount) <> 0 or count(*) < 2) then
        raise exception 'the postings of a ledger entry do not cancel' using errcode = 'check_violation';
    end if;
    return null;
end $$;
create trigger postings_cancel after insert on payment.ledger_postings
    referencing new table as added for each statement execute function payment.postings_cancel();

create function payment.only_appended() returns trigger language plpgsql as $$
begin
    raise exception 'the ledger is only appended to: reverse an entry by another one' using errcode = 'restrict_violation';
end $$;
create trigger only_appended before update or delete or truncate on payment.ledger_entries
    for each statement execute function payment.only_appended();
create trigger only_appended before update or delete or truncate on payment.ledger_postings
    for each statement execute function payment.only_appended();
