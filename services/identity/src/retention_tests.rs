use jiff::Timestamp;
use sqlx::PgPool;
use support::TestDatabase;

use super::*;

const NOW: &str = "2026-11-25T03:00:00Z";

async fn count(pool: &PgPool, table: &str) -> i64 {
    let counted = format!("select count(*) from identity.{table}");
    sqlx::query_scalar(sqlx::AssertSqlSafe(counted)).fetch_one(pool).await.unwrap()
}

async fn run(pool: &PgPool, statement: &'static str) {
    sqlx::raw_sql(statement).execute(pool).await.unwrap();
}

#[tokio::test]
async fn what_is_old_is_let_go_in_batches_and_nothing_else() {
    let now: Timestamp = NOW.parse().unwrap();
    let clock = Clock::manual(now);
    let database = TestDatabase::new("identity", &crate::MIGRATIONS, &clock).await;
    let pool = database.pool();
    // 2,500 of a day and a bit ago, 3 of an hour ago; of the sessions, 4 should stay.
    run(
        &pool,
        "create function pg_temp.ago(age interval) returns timestamptz language sql as
             $$ select timestamptz '2026-11-25T03:00:00Z' - age $$;
         insert into identity.sign_ins
             (id, holder, phone_index, reaches, tries, used, started_at)
         select gen_random_uuid(), gen_random_uuid(), '', false, 0, false,
             pg_temp.ago(case when n > 3 then '25 hours' else '1 hour' end::interval)
         from generate_series(1, 2503) as n;
         insert into identity.codes
         select gen_random_uuid(), gen_random_uuid(), false, pg_temp.ago(age)
         from unnest('{23 hours, 25 hours}'::interval[]) as age;
         insert into identity.accounts
         select '00000000-0000-7000-8000-000000000001', '', '', 'vi', pg_temp.ago('1 year');
         insert into identity.phone_changes
         select gen_random_uuid(), id, '', 0, false, pg_temp.ago(age)
         from identity.accounts, unnest('{23 hours, 25 hours}'::interval[]) as age;
         insert into identity.sessions
         select gen_random_uuid(), id, null, 1, pg_temp.ago(refreshed), pg_temp.ago(ended)
         from identity.accounts, (values
             (interval '1 day', null), ('29 days', null), ('59 days', null), ('80 days', '59 days'),
             ('61 days', null), ('80 days', interval '61 days')) as session (refreshed, ended);",
    )
    .await;
    let_go_once(&HolderStore::new(pool.clone()), &clock).await.unwrap();
    let tables = ["sign_ins", "codes", "phone_changes", "sessions", "accounts"];
    for (table, left) in tables.into_iter().zip([3, 1, 1, 4, 1]) {
        assert_eq!(count(&pool, table).await, left, "{table}");
    }
}
