-- A client whose key leaked is shut out.

alter table identity.clients add column disabled_at timestamptz;
comment on column identity.clients.disabled_at is 'Since when its assertions are refused; not set while it may call.';
