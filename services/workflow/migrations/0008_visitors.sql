-- Who fetches a result at the counter shows who they are.

alter table workflow.cases add column returned_to smallint not null default 0;
comment on column workflow.cases.returned_to is 'Who fetched the result at the counter: 1 its owner, 2 a representative; 0 unless it was handed over there.';
