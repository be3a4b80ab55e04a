use support::{TestDatabase, asked_of};

use super::*;

/// Wednesday 25 November 2026, 10:00 at the offices.
const NOW: &str = "2026-11-25T03:00:00Z";

/// Cases of two agencies. Late: two days, an hour. Soon: within the day, and the next morning. Later: the next morning but a minute too
/// late, and in a month. Not promised, or not any more: one not accepted, one issued late, one ended.
const CASES: &str = "
    insert into workflow.cases
        (id, code, procedure, agency, channel, status, limit_unit, limit_count, submitted_at, revision,
         due_at, issued_at, closed_at)
    select gen_random_uuid(), 'code', 'p', agency, 1, 4, 1, 1, timestamptz '2026-11-01', 1,
        due::timestamptz, issued::timestamptz, closed::timestamptz
    from (values
        ('agencies/26860', '2026-11-23 10:00+07', null, null),
        ('agencies/27484', '2026-11-25 09:00+07', null, null),
        ('agencies/26860', '2026-11-25 17:00+07', null, null),
        ('agencies/26860', '2026-11-26 09:59+07', null, null),
        ('agencies/26860', '2026-11-26 10:01+07', null, null),
        ('agencies/27484', '2026-12-25 17:00+07', null, null),
        ('agencies/26860', null, null, null),
        ('agencies/26860', '2026-11-20 17:00+07', '2026-11-23 09:00+07', null),
        ('agencies/26860', '2026-11-20 17:00+07', null, '2026-11-19 09:00+07')
    ) as cases (agency, due, issued, closed)";

#[tokio::test]
async fn what_is_late_soon_or_later_is_counted_until_it_is_issued() {
    let clock = Clock::manual(NOW.parse().expect("an instant"));
    let database = TestDatabase::new("workflow", &crate::MIGRATIONS, &clock).await;
    let (pool, metrics) = (database.pool(), Metrics::new());
    let rules = Arc::new(Rules::load().expect("rules"));
    let store = CaseStore::new(pool.clone());
    let promises = Promises::new(store, rules, clock, &metrics).expect("measures");
    let shown = async |late: u32, soon: u32, later: u32, longest: u32| {
        promises.measure().await.expect("measured");
        let text = metrics.render();
        for line in [
            format!(r#"motcua_workflow_promised_results{{due="late"}} {late}"#),
            format!(r#"motcua_workflow_promised_results{{due="soon"}} {soon}"#),
            format!(r#"motcua_workflow_promised_results{{due="later"}} {later}"#),
            format!("motcua_workflow_longest_late_seconds {longest}"),
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    };
    shown(0, 0, 0, 0).await;
    sqlx::raw_sql(CASES).execute(&pool).await.expect("cases");
    shown(2, 2, 2, 2 * 24 * 3600).await;
    sqlx::raw_sql("update workflow.cases set issued_at = now()")
        .execute(&pool)
        .await
        .expect("issued");
    shown(0, 0, 0, 0).await;
    let text = metrics.render();
    for name in asked_of("workflow") {
        assert!(text.contains(&format!("# TYPE {name} ")), "{name} is not measured");
    }
}

#[test]
fn soon_is_within_a_working_day_and_near_the_end_of_the_calendar_everything() {
    let calendar = Rules::load().expect("rules").calendar;
    let at = |instant: &str| instant.parse().expect("an instant");
    for (now, until) in [
        ("2026-11-25T10:00:00+07:00", at("2026-11-26T10:00:00+07:00")),
        ("2026-11-28T09:00:00+07:00", at("2026-11-30T17:00:00+07:00")),
        ("2090-01-02T10:00:00+07:00", Timestamp::MAX),
    ] {
        assert_eq!(soon(&calendar, at(now)), until, "{now}");
    }
}
