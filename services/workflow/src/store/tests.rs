//! What only the database can promise: a wish takes one task, and a worklist reads what it shows.

use std::sync::Arc;

use chassis::access::Role;
use chassis::clock::Clock;
use chassis::write::{Door, Once};
use proto::motcua::r#type::v1::{Channel, ReturnWay};
use proto::motcua::workflow::v1::TaskState;
use sqlx::postgres::PgPoolOptions;
use support::{TestDatabase, around};

use super::*;
use crate::case::{ClaimNextTask, Officer, OpenCase, Picked};
use crate::rules::Rules;
use crate::working_time::Limit;

const AGENCY: &str = "agencies/26860";

/// Tasks for a processor on a worklist that is long.
const MANY: i32 = 20_000;

fn clock() -> Clock {
    Clock::manual("2026-11-25T03:00:00Z".parse().expect("an instant"))
}

async fn database(clock: &Clock) -> TestDatabase {
    TestDatabase::new("workflow", &crate::MIGRATIONS, clock).await
}

/// One process of the service, as far as cases go.
fn process(database: &TestDatabase, clock: &Clock) -> (CaseStore, Door<CaseStore>) {
    let (db, rules) = (database.fresh_pool(), Rules::load().expect("rules"));
    let store = CaseStore::new(db.clone());
    (store.clone(), Door::open("workflow", db, store, Arc::new(rules), around(clock)))
}

fn wish() -> Once {
    let request_id = Uuid::now_v7();
    Once::Call { caller: "officer".into(), request_id, fingerprint: Default::default() }
}

async fn case(door: &Door<CaseStore>, clock: &Clock) -> Uuid {
    let id = Uuid::now_v7();
    let open = OpenCase {
        id,
        code: format!("code-{id}"),
        procedure: "procedures/1.004222/versions/1".into(),
        agency: AGENCY.into(),
        channel: Channel::Online,
        limit: Limit::WorkingDays(2),
        return_way: ReturnWay::Counter,
        submitted_at: clock.now(),
    };
    door.run(wish(), open).await.expect("opened");
    id
}

async fn take(door: &Door<CaseStore>, once: &Once, id: Uuid) -> Result<Picked, Failure> {
    let officer = Officer {
        name: format!("{AGENCY}/officers/1"),
        agency: AGENCY.into(),
        roles: vec![Role::Receiving],
    };
    let step = "receive".into();
    door.run(once.clone(), ClaimNextTask { id, step, officer, wish: once.derived_id() }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wish_that_goes_for_two_tasks_at_once_takes_one_in_two_processes_too() {
    let clock = clock();
    let database = database(&clock).await;
    let (one, other) = (process(&database, &clock), process(&database, &clock));
    for round in 0..20 {
        let cases = [case(&one.1, &clock).await, case(&one.1, &clock).await];
        let once = wish();
        let second = if round % 2 == 0 { &one.1 } else { &other.1 };
        let (first, second) =
            tokio::join!(take(&one.1, &once, cases[0]), take(second, &once, cases[1]));
        let (first, second) = (first.expect("a task"), second.expect("a task"));
        assert_eq!(first, second, "round {round}");
        let taken: i64 = sqlx::query_scalar("select count(*) from workflow.tasks where state = 2")
            .fetch_one(&database.pool())
            .await
            .expect("a count");
        assert_eq!(taken, round + 1, "one task for each wish");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wish_finds_its_task_after_a_restart_and_when_no_answer_is_kept_any_more() {
    let clock = clock();
    let database = database(&clock).await;
    let once = wish();
    let picked = {
        let (_, door) = process(&database, &clock);
        let id = case(&door, &clock).await;
        take(&door, &once, id).await.expect("taken")
    };
    let (store, door) = process(&database, &clock);
    let next = case(&door, &clock).await;
    assert_eq!(take(&door, &once, next).await.expect("a repeat"), picked);
    sqlx::query("delete from chassis.answer").execute(&database.pool()).await.expect("forgotten");
    let known = store.taken_by(once.derived_id()).await.expect("a query");
    assert_eq!(known, Some((picked.id, picked.step.clone())));
    assert_eq!(take(&door, &once, picked.id).await.expect("known by its row"), picked);
}

/// Many open tasks for a processor; behind them, newer, three for a signer and three in an officer's hands.
const LONG_WORKLIST: &str = "
    with made as (
        insert into workflow.cases
            (id, code, procedure, agency, channel, status, limit_unit, limit_count, submitted_at, revision)
        select gen_random_uuid(), 'code-' || n, 'p', 'agencies/26860', 1, 1, 1, 1,
            timestamptz '2026-01-01' + n * interval '1 minute', 1
        from generate_series(1, $1 + 6) n
        returning id, submitted_at
    ), placed as (select *, row_number() over (order by submitted_at) place from made)
    insert into workflow.tasks (case_id, step, agency, role, state, officer, opened_at)
    select id, 'step', 'agencies/26860',
        case when place between $1 + 1 and $1 + 3 then 3 else 2 end,
        case when place > $1 + 3 then 2 else 1 end,
        case when place > $1 + 3 then 'agencies/26860/officers/1' end, submitted_at
    from placed";

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_a_role_or_of_an_officer_reads_no_others_tasks_however_often_it_is_asked() {
    let clock = clock();
    let database = database(&clock).await;
    let one = PgPoolOptions::new().max_connections(1).connect_with(database.options()).await;
    let one = one.expect("a connection");
    sqlx::query(LONG_WORKLIST).bind(MANY).execute(&one).await.expect("many tasks");
    sqlx::query("analyze workflow.tasks").execute(&one).await.expect("analyzed");
    let store = CaseStore::new(one.clone());
    let of_role = TaskFilter {
        role: Some(Role::Signing),
        state: Some(TaskState::Open),
        ..TaskFilter::default()
    };
    let officer = Some("agencies/26860/officers/1".to_owned());
    let of_officer = TaskFilter { officer, ..TaskFilter::default() };
    for (filter, index) in [(of_role, "tasks_of_role"), (of_officer, "tasks_of_officer")] {
        let before = read(&one).await;
        // PostgreSQL may settle on one plan for all parameters from the sixth execution on.
        for _ in 0..8 {
            let page = store.worklist(AGENCY, &filter, Order::OpenTime, None, 10).await;
            assert_eq!(page.expect("a page").len(), 3);
        }
        let rows = read(&one).await - before;
        assert!(rows < 200, "{rows} rows were read for 24 shown; {index} has them");
    }
}

/// Rows of tasks read so far, by any index and without.
async fn read(db: &PgPool) -> i64 {
    sqlx::query("select pg_stat_force_next_flush()").execute(db).await.expect("flushed");
    sqlx::query_scalar(
        "select (select sum(idx_tup_read)::bigint from pg_stat_user_indexes
                 where schemaname = 'workflow' and relname = 'tasks')
            + (select seq_tup_read from pg_stat_user_tables
               where schemaname = 'workflow' and relname = 'tasks')",
    )
    .fetch_one(db)
    .await
    .expect("statistics")
}
