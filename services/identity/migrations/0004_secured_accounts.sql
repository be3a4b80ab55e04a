-- Whoever lost a telephone comes to a counter: sessions end at once, and the contact rests while access tokens live out.

alter table identity.accounts add column secured_at timestamptz;
comment on column identity.accounts.secured_at is 'When its sessions were ended last for the sake of safety; null if never.';
