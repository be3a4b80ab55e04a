//! The SQL of tasks and worklists.

use std::collections::HashMap;

use chassis::write::Stream;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use proto::motcua::access::v1::Role;
use proto::motcua::workflow::v1::TaskState;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{cases, damaged, small};
use crate::case::{Case, Task};

/// Which tasks of a worklist are asked for; a part that is none asks nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TaskFilter {
    /// Of one dossier.
    pub dossier: Option<Uuid>,
    /// That ask for a role.
    pub role: Option<Role>,
    /// Open or claimed.
    pub state: Option<TaskState>,
    /// Of a step.
    pub step: Option<String>,
    /// Held by an officer.
    pub officer: Option<String>,
}

/// What a worklist is ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The longest open first.
    OpenTime,
    /// The earliest due first, those without a due time last.
    DueTime,
}

/// Where a page of a worklist ends: opened or due at, case, step.
pub type TaskKey = (Option<Timestamp>, Uuid, String);

/// A row of the worklist.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The case.
    pub case: Case,
    /// The task.
    pub task: Task,
}

impl Listed {
    /// Where it stands in a worklist.
    pub fn key(&self, order: Order) -> TaskKey {
        let at = match order {
            Order::OpenTime => Some(self.task.opened_at),
            Order::DueTime => self.case.due_at,
        };
        (at, self.case.id, self.task.step.clone())
    }
}

/// Open and claimed tasks of an agency behind `after`.
pub(super) async fn worklist(
    db: &mut PgConnection,
    agency: &str,
    filter: &TaskFilter,
    order: Order,
    after: Option<TaskKey>,
    limit: i64,
) -> sqlx::Result<Vec<Listed>> {
    let after = after.unwrap_or((Some(Timestamp::UNIX_EPOCH), Uuid::nil(), String::new()));
    let keys = match order {
        Order::OpenTime => by_open_time(db, agency, filter, after, limit).await?,
        Order::DueTime => by_due_time(db, agency, filter, after, limit).await?,
    };
    let ids: Vec<Uuid> = keys.iter().map(|key| key.case_id).collect();
    let cases = cases::load(db, &ids).await?;
    let listed = keys.into_iter().filter_map(|key| {
        let case = cases.get(&Stream(key.case_id))?.clone();
        let task = case.tasks.iter().find(|task| task.step == key.step)?.clone();
        Some(Listed { case, task })
    });
    Ok(listed.collect())
}

struct Key {
    case_id: Uuid,
    step: String,
}

async fn by_open_time(
    db: &mut PgConnection,
    agency: &str,
    filter: &TaskFilter,
    after: TaskKey,
    limit: i64,
) -> sqlx::Result<Vec<Key>> {
    sqlx::query_as!(
        Key,
        "select case_id, step from workflow.tasks
         where agency = $1 and state in (1, 2) and (opened_at, case_id, step) > ($2, $3, $4)
           and ($5::uuid is null or case_id = $5) and ($6::smallint is null or role = $6)
           and ($7::smallint is null or state = $7) and ($8::text is null or step = $8)
           and ($9::text is null or officer = $9 and state = 2)
         order by opened_at, case_id, step limit $10",
        agency,
        after.0.unwrap_or(Timestamp::UNIX_EPOCH).to_sqlx() as _,
        after.1,
        after.2,
        filter.dossier,
        filter.role.map(|role| small(role.into())),
        filter.state.map(|state| small(state.into())),
        filter.step,
        filter.officer,
        limit
    )
    .fetch_all(db)
    .await
}

async fn by_due_time(
    db: &mut PgConnection,
    agency: &str,
    filter: &TaskFilter,
    after: TaskKey,
    limit: i64,
) -> sqlx::Result<Vec<Key>> {
    sqlx::query_as!(
        Key,
        "select case_id, step from workflow.tasks
         where agency = $1 and state in (1, 2)
           and (coalesce(due_at, 'infinity'), case_id, step)
               > (coalesce($2::timestamptz, 'infinity'), $3, $4)
           and ($5::uuid is null or case_id = $5) and ($6::smallint is null or role = $6)
           and ($7::smallint is null or state = $7) and ($8::text is null or step = $8)
           and ($9::text is null or officer = $9 and state = 2)
         order by coalesce(due_at, 'infinity'), case_id, step limit $10",
        agency,
        after.0.map(ToSqlx::to_sqlx) as _,
        after.1,
        after.2,
        filter.dossier,
        filter.role.map(|role| small(role.into())),
        filter.state.map(|state| small(state.into())),
        filter.step,
        filter.officer,
        limit
    )
    .fetch_all(db)
    .await
}

/// The oldest open tasks of an agency that ask for one of these roles: case and step. Each role is read from its own end of the index.
pub(super) async fn open(
    db: &mut PgConnection,
    agency: &str,
    roles: &[Role],
    limit: i64,
) -> sqlx::Result<Vec<(Uuid, String)>> {
    let roles: Vec<i16> = roles.iter().map(|role| small((*role).into())).collect();
    let keys = sqlx::query_as!(
        Key,
        "select oldest.case_id, oldest.step
         from unnest($2::smallint[]) as asked (role), lateral (
             select case_id, step, opened_at from workflow.tasks t
             where t.agency = $1 and t.role = asked.role and t.state = 1
             order by opened_at, case_id, step limit $3) as oldest
         order by oldest.opened_at, oldest.case_id, oldest.step limit $3",
        agency,
        &roles,
        limit
    )
    .fetch_all(db)
    .await?;
    Ok(keys.into_iter().map(|key| (key.case_id, key.step)).collect())
}

/// The task that a wish for any took: case and step.
pub(super) async fn taken_by(
    db: &mut PgConnection,
    wish: Uuid,
) -> sqlx::Result<Option<(Uuid, String)>> {
    let key =
        sqlx::query_as!(Key, "select case_id, step from workflow.tasks where wish = $1", wish)
            .fetch_optional(db)
            .await?;
    Ok(key.map(|key| (key.case_id, key.step)))
}

/// The tasks of these cases, in order of opening.
pub(super) async fn load(
    db: &mut PgConnection,
    ids: &[Uuid],
) -> sqlx::Result<HashMap<Uuid, Vec<Task>>> {
    let rows = sqlx::query!(
        "select case_id, step, role, state, officer, opened_at, outcome, wish
         from workflow.tasks where case_id = any ($1) order by opened_at, step",
        ids
    )
    .fetch_all(db)
    .await?;
    let mut tasks: HashMap<Uuid, Vec<Task>> = HashMap::new();
    for row in rows {
        tasks.entry(row.case_id).or_default().push(Task {
            step: row.step,
            role: Role::try_from(i32::from(row.role)).map_err(damaged)?,
            state: TaskState::try_from(i32::from(row.state)).map_err(damaged)?,
            officer: row.officer,
            opened_at: row.opened_at.to_jiff(),
            outcome: row.outcome,
            wish: row.wish,
        });
    }
    Ok(tasks)
}

/// Writes what changed of the tasks of these cases.
pub(super) async fn save(db: &mut PgConnection, cases: &[&Case]) -> sqlx::Result<()> {
    let rows: Vec<(&Case, &Task)> =
        cases.iter().flat_map(|case| case.tasks.iter().map(|task| (*case, task))).collect();
    sqlx::query!(
        "insert into workflow.tasks
             (case_id, step, agency, role, state, officer, opened_at, outcome, due_at,
              wish)
         select * from unnest($1::uuid[], $2::text[], $3::text[], $4::smallint[], $5::smallint[],
             $6::text[], $7::timestamptz[], $8::text[], $9::timestamptz[],
             $10::uuid[])
         on conflict (case_id, step) do update
         set state = excluded.state, officer = excluded.officer,
             opened_at = excluded.opened_at, outcome = excluded.outcome, due_at = excluded.due_at,
             wish = excluded.wish
         where (tasks.state, tasks.officer, tasks.opened_at)
                 is distinct from (excluded.state, excluded.officer, excluded.opened_at)
             or excluded.state in (1, 2) and tasks.due_at is distinct from excluded.due_at",
        &rows.iter().map(|(case, _)| case.id).collect::<Vec<_>>(),
        &rows.iter().map(|(_, task)| task.step.clone()).collect::<Vec<_>>(),
        &rows.iter().map(|(case, _)| case.agency.clone()).collect::<Vec<_>>(),
        &rows.iter().map(|(_, task)| small(task.role.into())).collect::<Vec<_>>(),
        &rows.iter().map(|(_, task)| small(task.state.into())).collect::<Vec<_>>(),
        &rows.iter().map(|(_, task)| task.officer.clone()).collect::<Vec<_>>() as _,
        &rows.iter().map(|(_, task)| task.opened_at.to_sqlx()).collect::<Vec<_>>() as _,
        &rows.iter().map(|(_, task)| task.outcome.clone()).collect::<Vec<_>>() as _,
        &rows.iter().map(|(case, _)| case.due_at.map(ToSqlx::to_sqlx)).collect::<Vec<_>>() as _,
        &rows.iter().map(|(_, task)| task.wish).collect::<Vec<_>>() as _,
    )
    .execute(db)
    .await?;
    Ok(())
}
