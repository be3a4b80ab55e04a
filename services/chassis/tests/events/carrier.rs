//! From the door of one service to the door of another, over the log alone.

use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use chassis::events::{Bell, Carrier, Log, LogCarrier, wake_across};
use chassis::write::Stream;
use futures::future::{BoxFuture, join_all};
use sqlx::{Connection, PgConnection};
use support::{TestDatabase, eventually};
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;

use crate::LIMIT;
use crate::overheard::Overheard;
use crate::toy::{self, Fact, Listener, Teller};

/// Two services, and a carrier between them that does not run yet.
pub struct Pair {
    pub teller: Teller,
    pub listener: Listener,
    pub carrier: LogCarrier,
}

/// A process of the listener; it dies when this is dropped.
pub type Running = AbortOnDropHandle<()>;

impl Pair {
    pub async fn new() -> Self {
        let (teller, listener) = (Teller::new("teller").await, Listener::new("listener").await);
        let carrier = LogCarrier::new([teller.log.clone()]);
        Self { teller, listener, carrier }
    }

    pub fn start(&self) -> Running {
        let carrying = self.carrier.carry(self.listener.sink("teller"), self.listener.pool());
        AbortOnDropHandle::new(tokio::spawn(carrying))
    }

    /// Returns when the listener has noted exactly these numbers of a stream.
    pub async fn until_noted(&self, stream: Stream, numbers: impl IntoIterator<Item = i64>) {
        let numbers: Vec<_> = numbers.into_iter().collect();
        eventually(LIMIT, async || {
            let noted = self.listener.noted(stream).await;
            if noted == numbers { Ok(()) } else { Err(noted) }
        })
        .await;
    }

    /// Returns when the listener has saved a cursor that nothing lies behind.
    async fn until_saved(&self) {
        eventually(LIMIT, async || {
            let saved = sqlx::query_scalar::<_, String>("select done from chassis.cursor");
            let done = saved.fetch_one(&self.listener.pool()).await.unwrap();
            let behind = "select count(*) from chassis.event
                          where not pg_visible_in_snapshot(xid, $1::pg_snapshot)";
            let behind = sqlx::query_scalar::<_, i64>(behind).bind(done);
            behind.fetch_one(&self.teller.database.pool()).await.unwrap() == 0
        })
        .await;
    }
}

#[tokio::test]
async fn every_fact_takes_effect_once_and_in_order() {
    let pair = Pair::new().await;
    let streams = [(); 5].map(|()| toy::stream());
    pair.teller.tell_numbers(streams[0], 1..=10).await;
    let _running = pair.start();
    join_all(streams[1..].iter().map(|stream| pair.teller.tell_numbers(*stream, 1..=40))).await;
    pair.teller.tell(streams[0], [Fact::Unheard, Fact::Number(11), Fact::Number(12)]).await;
    pair.until_noted(streams[0], 1..=12).await;
    for stream in &streams[1..] {
        pair.until_noted(*stream, 1..=40).await;
    }
    assert_eq!(pair.listener.handled("effective"), 173);
    assert_eq!(pair.listener.handled("repeat"), 0);
}

/// Lets a future go on so many times, each time as far as it comes, and drops it.
pub async fn steps_of(mut work: BoxFuture<'static, ()>, mut steps: u32) {
    poll_fn(|context| {
        if steps == 0 {
            return Poll::Ready(());
        }
        steps -= 1;
        work.as_mut().poll(context)
    })
    .await;
}

/// So many of the lives that take something die a step later than the one before: while it is counted, while the cursor is saved.
const LATER_DEATHS: usize = 12;

#[tokio::test]
async fn wherever_a_listener_dies_its_next_life_notes_nothing_twice() {
    let (pair, streams) = (Pair::new().await, [toy::stream(), toy::stream()]);
    let (mut last, mut later_deaths) = (0, 0);
    for steps in 1.. {
        last += 1;
        for stream in streams {
            pair.teller.tell_numbers(stream, [last]).await;
        }
        steps_of(pair.carrier.carry(pair.listener.sink("teller"), pair.listener.pool()), steps)
            .await;
        later_deaths += usize::from(!pair.listener.noted(streams[0]).await.is_empty());
        if later_deaths == LATER_DEATHS {
            break;
        }
    }
    last = dies_between_effect_and_cursor(&pair, streams, last).await;
    let before = pair.listener.handled("repeat");
    let _running = pair.start();
    eventually(LIMIT, async || pair.listener.handled("repeat") > before).await;
    for stream in streams {
        pair.until_noted(stream, 1..=last).await;
    }
}

/// A life that notes one number more after the connections by which it saves its cursor are gone. Gives the last number told.
async fn dies_between_effect_and_cursor(pair: &Pair, streams: [Stream; 2], last: i64) -> i64 {
    let [first, second] = streams;
    let connections = pair.listener.database.fresh_pool();
    let carrying = pair.carrier.carry(pair.listener.sink("teller"), connections.clone());
    let _running = Running::new(tokio::spawn(carrying));
    // Without connections it could not read its cursor again: it has to be past that, and past saving what it has noted.
    pair.teller.tell_numbers(first, [last + 1]).await;
    pair.until_noted(first, 1..=last + 1).await;
    pair.until_saved().await;
    connections.close().await;
    pair.teller.tell_numbers(first, [last + 2]).await;
    pair.until_noted(first, 1..=last + 2).await;
    pair.teller.tell_numbers(second, [last + 1, last + 2]).await;
    last + 2
}

#[tokio::test]
async fn facts_carried_again_from_the_beginning_change_nothing() {
    let pair = Pair::new().await;
    let streams = [toy::stream(), toy::stream()];
    for stream in streams {
        pair.teller.tell(stream, (1..=20).map(Fact::Number)).await;
    }
    let running = pair.start();
    for stream in streams {
        pair.until_noted(stream, 1..=20).await;
    }
    drop(running);
    sqlx::query("delete from chassis.cursor").execute(&pair.listener.pool()).await.unwrap();
    let _running = pair.start();
    eventually(LIMIT, async || pair.listener.handled("repeat") >= 40).await;
    for stream in streams {
        assert!(pair.listener.noted(stream).await.into_iter().eq(1..=20));
    }
}

/// Ends all sessions of a database, as a server that goes away does.
async fn cut_off(database: &TestDatabase) {
    let mut admin = PgConnection::connect_with(&database.options()).await.unwrap();
    sqlx::query(
        "select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid()",
    )
    .execute(&mut admin)
    .await
    .unwrap();
    admin.close().await.unwrap();
}

#[tokio::test]
async fn a_database_that_goes_away_is_waited_for() {
    let pair = Pair::new().await;
    let streams = [toy::stream(), toy::stream()];
    let _running = pair.start();
    for number in 1..=12 {
        for stream in streams {
            pair.teller.tell_numbers(stream, [number]).await;
        }
        cut_off(&pair.listener.database).await;
        cut_off(&pair.teller.database).await;
    }
    for stream in streams {
        pair.until_noted(stream, 1..=12).await;
        assert_eq!(pair.listener.letters(stream).await, []);
    }
}

#[tokio::test]
async fn a_cursor_of_another_database_or_timeline_is_refused() {
    let overheard = Overheard::from_now_on();
    let (pair, stream) = (Pair::new().await, toy::stream());
    pair.teller.tell_numbers(stream, [1]).await;
    let running = pair.start();
    let pool = pair.listener.pool();
    eventually(LIMIT, async || {
        let saved = sqlx::query("select from chassis.cursor").fetch_optional(&pool).await;
        saved.unwrap()
    })
    .await;
    drop(running);
    pair.teller.tell_numbers(stream, [2]).await;

    let changes = ["timeline = timeline + 1", "timeline = timeline - 1, system = system + 1"];
    for (already, change) in changes.iter().enumerate() {
        let statement = format!("update chassis.cursor set {change}");
        sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&pool).await.unwrap();
        let _running = pair.start();
        let refused = 2 * (already + 1);
        eventually(LIMIT, async || overheard.times("restored or failed over") >= refused).await;
        assert_eq!(pair.listener.noted(stream).await, [1]);
    }

    sqlx::query("update chassis.cursor set system = system - 1").execute(&pool).await.unwrap();
    let _running = pair.start();
    pair.until_noted(stream, [1, 2]).await;
}

/// Whether the listener's measures have this line.
fn shows(pair: &Pair, line: &str) -> bool {
    pair.listener.metrics.render().lines().any(|found| found == line)
}

#[tokio::test]
async fn a_reader_ahead_of_its_log_stops_and_shows_it_until_an_operator_decides() {
    let (pair, stream) = (Pair::new().await, toy::stream());
    let pool = pair.listener.pool();
    pair.teller.tell_numbers(stream, [1]).await;
    let running = pair.start();
    // As after a restore of the teller to an earlier moment: the listener knows transactions that its database does not.
    let ahead = "update chassis.cursor set done = '9000000000:9000000000:'";
    eventually(LIMIT, async || {
        sqlx::query(ahead).execute(&pool).await.unwrap().rows_affected() == 1
    })
    .await;
    drop(running);
    sqlx::query(ahead).execute(&pool).await.unwrap();
    pair.teller.tell_numbers(stream, [2]).await;
    let _running = pair.start();
    let stopped = r#"motcua_reader_stopped{service="listener",source="teller"} 1"#;
    eventually(LIMIT, async || shows(&pair, stopped)).await;
    assert_eq!(pair.listener.noted(stream).await, [1]);

    sqlx::query("delete from chassis.cursor").execute(&pool).await.unwrap();
    pair.until_noted(stream, [1, 2]).await;
    assert!(shows(&pair, r#"motcua_reader_stopped{service="listener",source="teller"} 0"#));
}

#[tokio::test]
async fn it_is_shown_how_far_a_reader_is_behind() {
    let (pair, stream) = (Pair::new().await, toy::stream());
    pair.teller.tell_numbers(stream, 1..=3).await;
    let pool = pair.listener.pool();
    let mut holding = pool.begin().await.unwrap();
    sqlx::query("lock table toy.entry").execute(&mut *holding).await.unwrap();
    let _running = pair.start();
    let behind = r#"motcua_reader_lag_events{service="listener",source="teller"} 3"#;
    eventually(LIMIT, async || shows(&pair, behind)).await;
    holding.rollback().await.unwrap();
    pair.until_noted(stream, 1..=3).await;
}

/// So many facts, each told when the one before was noted: a reader that only looks by itself is late by up to 250 ms for each.
const ONE_BY_ONE: i64 = 40;

#[tokio::test]
async fn a_commit_wakes_the_readers_of_other_processes() {
    let (pair, stream) = (Pair::new().await, toy::stream());
    let other = Log::new("teller", pair.teller.database.fresh_pool(), Bell::new());
    let waking = [pair.teller.log.clone(), other.clone()];
    let _waking = waking.map(|log| Running::new(tokio::spawn(wake_across(log))));
    let carrying =
        LogCarrier::new([other]).carry(pair.listener.sink("teller"), pair.listener.pool());
    let _running = Running::new(tokio::spawn(carrying));
    pair.teller.tell_numbers(stream, [0]).await;
    pair.until_noted(stream, [0]).await;
    let listening = "select count(*) from pg_stat_activity
                     where datname = current_database() and query like 'LISTEN%'";
    eventually(LIMIT, async || {
        let heard = sqlx::query_scalar::<_, i64>(listening);
        heard.fetch_one(&pair.teller.database.pool()).await.unwrap() == 2
    })
    .await;
    let began = Instant::now();
    for number in 1..=ONE_BY_ONE {
        pair.teller.tell_numbers(stream, [number]).await;
        pair.until_noted(stream, 0..=number).await;
    }
    let each = began.elapsed() / u32::try_from(ONE_BY_ONE).unwrap();
    assert!(each < Duration::from_millis(125), "{each:?} for each");
}
