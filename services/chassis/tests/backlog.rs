//! What waits in a service's database is shown by its measures, and shown as nought when it waits no more.

use std::time::Duration;

use chassis::backlog::Backlog;
use chassis::clock::Clock;
use chassis::telemetry::Metrics;
use sqlx::migrate::Migrator;
use support::{TestDatabase, eventually};
use tokio_util::task::AbortOnDropHandle;

/// Two looks and more.
const PATIENCE: Duration = Duration::from_secs(40);

/// The toy has no tables of its own.
static MIGRATIONS: Migrator = Migrator::DEFAULT;

const LETTERS: &str = "
    insert into chassis.dead_letter (source, stream, sequence, cause, detail, parked_at, event, body)
    select 'teller', stream, sequence, 'waiting', '', now(), '{}', ''
    from (values (gen_random_uuid())) as one (stream), generate_series(1, 3) as sequence";

const JOBS: &str = "
    insert into chassis.job (id, kind, stream, body, scheduled_at, due_at, failed_at)
    select gen_random_uuid(), 'letter', gen_random_uuid(), '{}', now(), now(), case when n = 1 then now() end
    from generate_series(1, 3) as n";

/// By a clock that shows 2026-01-05T02:00:00Z: one to come, one just due, two overdue, one put aside.
const TIMERS: &str = "
    insert into chassis.timer (stream, kind, due_at, set_at, failed_at)
    select gen_random_uuid(), 'ring', due_at::timestamptz, now(), failed_at::timestamptz
    from (values ('2026-01-05T03:00:00Z', null), ('2026-01-05T01:59:55Z', null),
                 ('2026-01-05T01:00:00Z', null), ('2026-01-04T01:00:00Z', null),
                 ('2026-01-04T01:00:00Z', '2026-01-04T01:00:01Z')) as timers (due_at, failed_at)";

#[tokio::test]
async fn what_waits_is_shown_and_what_waits_no_more_is_nought() {
    let clock = Clock::manual("2026-01-05T02:00:00Z".parse().unwrap());
    let database = TestDatabase::new("toy", &MIGRATIONS, &clock).await;
    let (pool, metrics) = (database.pool(), Metrics::new());
    for rows in [LETTERS, JOBS, TIMERS] {
        sqlx::raw_sql(rows).execute(&pool).await.unwrap();
    }
    let backlog = Backlog {
        service: "toy",
        pool: pool.clone(),
        clock: clock.clone(),
        metrics: metrics.clone(),
    };
    let _running = AbortOnDropHandle::new(tokio::spawn(backlog.run()));
    let shown = async |counts: [u64; 6]| {
        let names = [
            r#"motcua_dead_letters{service="toy"}"#,
            r#"motcua_parked_streams{service="toy"}"#,
            r#"motcua_jobs{kind="letter",service="toy",state="waiting"}"#,
            r#"motcua_jobs{kind="letter",service="toy",state="failed"}"#,
            r#"motcua_timers{kind="ring",service="toy",state="overdue"}"#,
            r#"motcua_timers{kind="ring",service="toy",state="failed"}"#,
        ];
        let text = metrics.render();
        let lines = names.iter().zip(counts).map(|(name, count)| format!("{name} {count}"));
        lines.into_iter().all(|line| text.lines().any(|found| found == line))
    };
    eventually(PATIENCE, async || shown([3, 1, 2, 1, 2, 1]).await).await;
    sqlx::raw_sql("truncate chassis.dead_letter, chassis.job, chassis.timer")
        .execute(&pool)
        .await
        .unwrap();
    eventually(PATIENCE, async || shown([0; 6]).await).await;
}
