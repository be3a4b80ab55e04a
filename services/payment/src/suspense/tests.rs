use support::{TestDatabase, asked_of};

use super::*;

const NOW: &str = "2026-11-25T03:00:00Z";

/// Short: two, the older one an hour old. Double: one. Late: one, which was settled.
const TRANSFERS: &str = "
    insert into payment.transfers
        (id, stream, reference, amount, invoice, set_aside, paid_at, received_at, settled_at)
    select gen_random_uuid(), gen_random_uuid(), reference, amount, invoice::uuid, set_aside, received::timestamptz,
        received::timestamptz, settled::timestamptz
    from (values
        ('FT1', 100000, null, 2, '2026-11-25T02:00:00Z', null),
        ('FT2', 50000, null, 2, '2026-11-25T02:30:00Z', null),
        ('FT3', 1400000, null, 5, '2026-11-25T02:59:00Z', null),
        ('FT4', 7, null, 4, '2026-11-20T02:00:00Z', '2026-11-21T02:00:00Z')
    ) as transfers (reference, amount, invoice, set_aside, received, settled)";

#[tokio::test]
async fn what_waits_is_measured_by_reason_until_it_is_settled() {
    let clock = Clock::manual(NOW.parse().expect("an instant"));
    let database = TestDatabase::new("payment", &crate::MIGRATIONS, &clock).await;
    let (pool, metrics) = (database.pool(), Metrics::new());
    let suspense = Suspense::new(FolioStore::new(pool.clone()), clock, &metrics).expect("measures");
    let shown = async |reason: &str, dong: u32, transfers: u32, oldest: u32| {
        suspense.measure().await.expect("measured");
        let text = metrics.render();
        for (what, number) in [("dong", dong), ("transfers", transfers), ("oldest_seconds", oldest)]
        {
            let line = format!(r#"motcua_payment_suspense_{what}{{reason="{reason}"}} {number}"#);
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    };
    for reason in reasons().map(label) {
        shown(&reason, 0, 0, 0).await;
    }
    sqlx::raw_sql(TRANSFERS).execute(&pool).await.expect("transfers");
    shown("short", 150_000, 2, 3600).await;
    shown("double", 1_400_000, 1, 60).await;
    shown("late", 0, 0, 0).await;
    sqlx::raw_sql("update payment.transfers set settled_at = now()")
        .execute(&pool)
        .await
        .expect("settled");
    shown("short", 0, 0, 0).await;
    let text = metrics.render();
    for name in asked_of("payment") {
        assert!(text.contains(&format!("# TYPE {name} ")), "{name} is not measured");
    }
}
