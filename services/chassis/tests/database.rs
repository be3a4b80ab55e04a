//! What a service is told about its database: whose fault a failure is, and nothing it need not know.

use chassis::clock::Clock;
use chassis::database::{failed, lacking};
use chassis::refusal::Failure;
use sqlx::PgPool;
use sqlx::migrate::Migrator;
use support::TestDatabase;

static NONE: Migrator = Migrator::DEFAULT;

async fn database() -> TestDatabase {
    TestDatabase::new("chassis", &NONE, &Clock::system()).await
}

async fn asked(pool: &PgPool, query: &'static str) -> Failure {
    failed(sqlx::query(query).execute(pool).await.expect_err("it fails"))
}

#[tokio::test]
async fn a_statement_that_takes_too_long_is_our_fault() {
    let pool = database().await.pool_with([("statement_timeout", "1ms")]);
    let failure = asked(&pool, "select pg_sleep(60)").await;
    assert!(matches!(failure, Failure::Broken(_)), "{failure}");
}

#[tokio::test]
async fn a_server_that_sends_us_away_is_away() {
    let pool = database().await.pool();
    let failure = asked(&pool, "select pg_terminate_backend(pg_backend_pid())").await;
    assert!(matches!(failure, Failure::Unavailable(_)), "{failure}");
    pool.close().await;
    let failure = asked(&pool, "select 1").await;
    assert!(matches!(failure, Failure::Unavailable(_)), "{failure}");
}

#[tokio::test]
async fn a_database_tells_what_it_lacks_and_minds_no_more_than_that() {
    let database = database().await;
    let pool = database.pool();
    let lacks = async || lacking(&pool, "chassis", &NONE).await.expect("an answer");
    assert_eq!(lacks().await, 0);
    let run = async |statement: &'static str| {
        sqlx::query(statement).execute(&pool).await.expect(statement);
    };
    run("insert into chassis.migration (version, description, success, checksum, execution_time)
         values (999999, 'of a later release', true, '', 0)")
    .await;
    assert_eq!(lacks().await, 0, "newer is fine");
    run("delete from chassis.migration where version = 1").await;
    assert_eq!(lacks().await, 1);
    run("drop schema chassis cascade").await;
    assert!(lacks().await > 1, "an empty database lacks all of them");
}

#[tokio::test]
async fn what_stands_in_a_row_is_not_told() {
    let failure = asked(&database().await.pool(), "select 'Nguyễn Thị Hoa'::uuid").await;
    assert!(matches!(&failure, Failure::Broken(why) if !why.contains("Hoa")), "{failure}");
}

#[tokio::test]
async fn what_the_server_remarks_is_not_told() {
    let pool = database().await.pool();
    let level: String =
        sqlx::query_scalar("show client_min_messages").fetch_one(&pool).await.expect("a level");
    assert_eq!(level, "warning");
}
