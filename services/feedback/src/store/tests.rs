//! Rolling up, on a real PostgreSQL: whoever counts, and whatever becomes of them, each row is counted once.

use std::time::Duration;

use chassis::clock::Clock;
use futures::future::join_all;
use sqlx::Connection;
use support::{TestDatabase, eventually};

use super::*;
use crate::satisfaction::{Counts, Period};

const PATIENCE: Duration = Duration::from_secs(30);

const PLATES: &str = "procedures/1.012575";
const BIRTHS: &str = "procedures/1.001193";
const HERE: &str = "agencies/26860";
const THERE: &str = "agencies/27484";

/// More rows than one statement counts: 12,600, of two procedures, two agencies, two months and all levels.
const MANY: &str = "
    insert into feedback.tallies (month, procedure, agency, level)
    select 202610 + turn / 4 % 2, (array['procedures/1.012575', 'procedures/1.001193'])[1 + turn % 2],
           (array['agencies/26860', 'agencies/27484'])[1 + turn / 2 % 2], turn / 8 % 6
    from generate_series(0, 12599) as turn";

struct Books {
    database: TestDatabase,
}

impl Books {
    async fn open() -> Self {
        let clock = Clock::manual("2026-11-25T03:00:00Z".parse().unwrap());
        Self { database: TestDatabase::new("feedback", &crate::MIGRATIONS, &clock).await }
    }

    async fn run(&self, sql: &'static str) {
        sqlx::query(sql).execute(&self.database.pool()).await.unwrap();
    }

    /// The counters as a process of its own has them.
    fn counters(&self) -> Counters {
        Counters::new(self.database.fresh_pool())
    }

    async fn waiting(&self) -> i64 {
        let count = "select count(*) from feedback.tallies";
        sqlx::query_scalar(count).fetch_one(&self.database.pool()).await.unwrap()
    }

    /// The counters hold what [`MANY`] says, in every view.
    async fn assert_many(&self) {
        assert_eq!(self.waiting().await, 0);
        for (procedure, agency, period, rows) in [
            (PLATES, HERE, "2026-10", 1575),
            (BIRTHS, THERE, "2026-11", 1575),
            (PLATES, HERE, "2026-Q4", 3150),
            (PLATES, "", "2026", 6300),
            ("", THERE, "2026-11", 3150),
            ("", "", "2026-10", 6300),
            ("", "", "2026", 12_600),
            ("", "", "2026-Q3", 0),
            (PLATES, "agencies/00000", "2026", 0),
        ] {
            let counts = self.counts(procedure, agency, period).await;
            assert_eq!(counts.invited + counts.rated(), rows, "{procedure} {agency} {period}");
        }
    }

    async fn counts(&self, procedure: &str, agency: &str, period: &str) -> Counts {
        let period = Period::parse(period).unwrap();
        self.counters().counts(procedure, agency, &period).await.unwrap()
    }
}

async fn catch_up(counters: Counters) -> i64 {
    let mut sum = 0;
    loop {
        match counters.roll_up().await.unwrap() {
            0 => return sum,
            counted => sum += counted,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_level_is_counted_as_what_it_is() {
    let books = Books::open().await;
    books
        .run(
            "insert into feedback.tallies (month, procedure, agency, level)
             select 202611, 'procedures/1.012575', 'agencies/26860', level
             from unnest(array[0,0,0,0,0,0,0,0, 1, 2,2, 3, 5,5,5]) as level",
        )
        .await;
    assert_eq!(books.counters().roll_up().await.unwrap(), 15);
    assert_eq!(books.counters().roll_up().await.unwrap(), 0);
    let expected = Counts { invited: 8, by_level: [1, 2, 1, 0, 3] };
    for (procedure, agency) in [(PLATES, HERE), (PLATES, ""), ("", HERE), ("", "")] {
        assert_eq!(books.counts(procedure, agency, "2026-11").await, expected);
    }
    assert_eq!(books.counts(BIRTHS, "", "2026-11").await, Counts::default());
}

#[tokio::test(flavor = "multi_thread")]
async fn many_who_count_at_once_count_once() {
    let books = Books::open().await;
    books.run(MANY).await;
    let taken = join_all((0..4).map(|_| tokio::spawn(catch_up(books.counters())))).await;
    let taken: i64 = taken.into_iter().map(Result::unwrap).sum();
    assert_eq!(taken, 12_600);
    books.assert_many().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_count_that_is_killed_has_counted_nothing() {
    let books = Books::open().await;
    books.run(MANY).await;
    let first = books.counters().roll_up().await.unwrap();
    let waiting = books.waiting().await;
    assert_eq!(first + waiting, 12_600);

    // It stands in the midst of counting: its rows are taken, and a counter that it must add to is held.
    let pool = books.database.pool();
    let mut holder = pool.acquire().await.unwrap();
    let mut holding = holder.begin().await.unwrap();
    let hold =
        "select 1 from feedback.satisfaction where procedure = '' and agency = '' for update";
    sqlx::query(hold).execute(&mut *holding).await.unwrap();
    let counters = books.counters();
    let counting = tokio::spawn(async move { counters.roll_up().await });
    let kill = "select pg_terminate_backend(pid) from pg_stat_activity
                where datname = current_database() and wait_event_type = 'Lock'";
    eventually(PATIENCE, async || {
        let killed = sqlx::query(kill).execute(&pool).await.unwrap();
        killed.rows_affected() == 1
    })
    .await;
    assert!(counting.await.unwrap().is_err());
    holding.rollback().await.unwrap();
    assert_eq!(books.waiting().await, waiting);
    assert_eq!(catch_up(books.counters()).await, waiting);
    books.assert_many().await;
}
