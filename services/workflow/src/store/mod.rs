//! The SQL of cases, their tasks, pauses and draws.

mod draws;
mod pauses;

use std::collections::HashMap;

use chassis::write::{Asked, Changed, Outgoing, Store, Stream};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use proto::motcua::access::v1::Role;
use proto::motcua::r#type::v1::{Channel, DossierStatus, LegalLimit};
use proto::motcua::workflow::v1::TaskState;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::case::{Beside, Case, Fact, Task};
use crate::events;

/// Cases in the service's database.
#[derive(Clone, Debug)]
pub struct CaseStore {
    pool: PgPool,
}

/// A row of the worklist.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The case, with no task but this.
    pub case: Case,
    /// The task.
    pub task: Task,
}

/// Where a page of the worklist ends: opened at, case, step.
pub type TaskKey = (Timestamp, Uuid, String);

impl CaseStore {
    /// Those in this database.
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// One case with its tasks.
    pub async fn get(&self, id: Uuid) -> sqlx::Result<Option<Case>> {
        let mut connection = self.pool.acquire().await?;
        Ok(load(&mut connection, &[id]).await?.remove(&Stream(id)))
    }

    /// Open and claimed tasks of an agency behind `after`, oldest first; of one dossier if one is named.
    pub async fn worklist(
        &self,
        agency: &str,
        dossier: Option<Uuid>,
        after: Option<TaskKey>,
        limit: i64,
    ) -> sqlx::Result<Vec<Listed>> {
        let (opened_at, case, step) =
            after.unwrap_or((Timestamp::UNIX_EPOCH, Uuid::nil(), String::new()));
        let keys = sqlx::query!(
            "select case_id, step from workflow.tasks
             where agency = $1 and state in (1, 2) and (opened_at, case_id, step) > ($2, $3, $4)
               and ($5::uuid is null or case_id = $5)
             order by opened_at, case_id, step limit $6",
            agency,
            opened_at.to_sqlx() as _,
            case,
            step,
            dossier,
            limit
        )
        .fetch_all(&self.pool)
        .await?;
        let ids: Vec<Uuid> = keys.iter().map(|key| key.case_id).collect();
        let mut connection = self.pool.acquire().await?;
        let cases = load(&mut connection, &ids).await?;
        let listed = keys.into_iter().filter_map(|key| {
            let case = cases.get(&Stream(key.case_id))?.clone();
            let task = case.tasks.iter().find(|task| task.step == key.step)?.clone();
            Some(Listed { case, task })
        });
        Ok(listed.collect())
    }
}

impl Store for CaseStore {
    type Root = Case;

    async fn load(
        &self,
        db: &mut PgConnection,
        asked: &[Asked<Case>],
    ) -> sqlx::Result<HashMap<Stream, Case>> {
        let ids: Vec<Uuid> = asked.iter().map(|asked| asked.stream.0).collect();
        let mut cases = load(db, &ids).await?;
        for (stream, beside) in draws::beside(db, asked).await? {
            if let Some(case) = cases.get_mut(&stream) {
                case.beside = beside;
            }
        }
        Ok(cases)
    }

    async fn save(&self, db: &mut PgConnection, changed: &[Changed<Case>]) -> sqlx::Result<()> {
        let cases: Vec<&Case> = changed.iter().map(|changed| &changed.after).collect();
        save_cases(db, &cases).await?;
        save_tasks(db, &cases).await?;
        pauses::save(db, &cases).await?;
        draws::save(db, changed).await
    }

    fn message(fact: &Fact) -> Outgoing {
        events::message(fact)
    }
}

async fn load(db: &mut PgConnection, ids: &[Uuid]) -> sqlx::Result<HashMap<Stream, Case>> {
    let rows = sqlx::query!(
        "select id, code, procedure, agency, channel, status, limit_unit, limit_count,
                submitted_at, accepted_at, due_at, closed_at, process, process_version, obligation,
                revision
         from workflow.cases where id = any ($1)",
        ids
    )
    .fetch_all(&mut *db)
    .await?;
    let mut tasks = load_tasks(db, ids).await?;
    let mut pauses = pauses::load(db, ids).await?;
    let mut draws = draws::load(db, ids).await?;
    rows.into_iter()
        .map(|row| {
            let limit = LegalLimit { unit: i32::from(row.limit_unit), count: row.limit_count };
            let case = Case {
                id: row.id,
                code: row.code,
                procedure: row.procedure,
                agency: row.agency,
                channel: Channel::try_from(i32::from(row.channel)).map_err(damaged)?,
                status: DossierStatus::try_from(i32::from(row.status)).map_err(damaged)?,
                limit: events::limit(limit).ok_or_else(|| damaged("limit_unit"))?,
                submitted_at: row.submitted_at.to_jiff(),
                accepted_at: row.accepted_at.map(|at| at.to_jiff()),
                due_at: row.due_at.map(|at| at.to_jiff()),
                closed_at: row.closed_at.map(|at| at.to_jiff()),
                process: row.process,
                process_version: u32::try_from(row.process_version).map_err(damaged)?,
                revision: row.revision,
                tasks: tasks.remove(&row.id).unwrap_or_default(),
                pauses: pauses.remove(&row.id).unwrap_or_default(),
                obligation: row.obligation,
                draw: draws.remove(&row.id),
                beside: Beside::default(),
            };
            Ok((Stream(case.id), case))
        })
        .collect()
}

async fn load_tasks(db: &mut PgConnection, ids: &[Uuid]) -> sqlx::Result<HashMap<Uuid, Vec<Task>>> {
    let rows = sqlx::query!(
        "select case_id, step, role, state, officer, opened_at, outcome
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
        });
    }
    Ok(tasks)
}

async fn save_cases(db: &mut PgConnection, cases: &[&Case]) -> sqlx::Result<()> {
    let versions: Vec<i32> =
        cases.iter().map(|case| i32::try_from(case.process_version).unwrap_or(i32::MAX)).collect();
    let limits: Vec<_> = cases.iter().map(|case| events::unit_and_count(case.limit)).collect();
    sqlx::query!(
        "insert into workflow.cases
             (id, code, procedure, agency, channel, status, limit_unit, limit_count,
              submitted_at, accepted_at, due_at, closed_at, process, process_version, revision,
              obligation)
         select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::smallint[],
             $6::smallint[], $7::smallint[], $8::integer[], $9::timestamptz[],
             $10::timestamptz[], $11::timestamptz[], $12::timestamptz[], $13::text[],
             $14::integer[], $15::bigint[], $16::uuid[])
         on conflict (id) do update
         set status = excluded.status, accepted_at = excluded.accepted_at,
             due_at = excluded.due_at, closed_at = excluded.closed_at, revision = excluded.revision,
             obligation = excluded.obligation",
        &cases.iter().map(|case| case.id).collect::<Vec<_>>(),
        &cases.iter().map(|case| case.code.clone()).collect::<Vec<_>>(),
        &cases.iter().map(|case| case.procedure.clone()).collect::<Vec<_>>(),
        &cases.iter().map(|case| case.agency.clone()).collect::<Vec<_>>(),
        &cases.iter().map(|case| small(case.channel.into())).collect::<Vec<_>>(),
        &cases.iter().map(|case| small(case.status.into())).collect::<Vec<_>>(),
        &limits.iter().map(|(unit, _)| small((*unit).into())).collect::<Vec<_>>(),
        &limits
            .iter()
            .map(|(_, count)| i32::try_from(*count).unwrap_or(i32::MAX))
            .collect::<Vec<_>>(),
        &cases.iter().map(|case| case.submitted_at.to_sqlx()).collect::<Vec<_>>() as _,
        &cases.iter().map(|case| case.accepted_at.map(ToSqlx::to_sqlx)).collect::<Vec<_>>() as _,
        &cases.iter().map(|case| case.due_at.map(ToSqlx::to_sqlx)).collect::<Vec<_>>() as _,
        &cases.iter().map(|case| case.closed_at.map(ToSqlx::to_sqlx)).collect::<Vec<_>>() as _,
        &cases.iter().map(|case| case.process.clone()).collect::<Vec<_>>(),
        &versions,
        &cases.iter().map(|case| case.revision).collect::<Vec<_>>(),
        &cases.iter().map(|case| case.obligation).collect::<Vec<_>>() as _,
    )
    .execute(db)
    .await?;
    Ok(())
}

async fn save_tasks(db: &mut PgConnection, cases: &[&Case]) -> sqlx::Result<()> {
    let rows: Vec<(&Case, &Task)> =
        cases.iter().flat_map(|case| case.tasks.iter().map(|task| (*case, task))).collect();
    sqlx::query!(
        "insert into workflow.tasks (case_id, step, agency, role, state, officer, opened_at, outcome)
         select * from unnest($1::uuid[], $2::text[], $3::text[], $4::smallint[], $5::smallint[],
             $6::text[], $7::timestamptz[], $8::text[])
         on conflict (case_id, step) do update
         set state = excluded.state, officer = excluded.officer,
             opened_at = excluded.opened_at, outcome = excluded.outcome
         where (tasks.state, tasks.officer, tasks.opened_at)
             is distinct from (excluded.state, excluded.officer, excluded.opened_at)",
        &rows.iter().map(|(case, _)| case.id).collect::<Vec<_>>(),
        &rows.iter().map(|(_, task)| task.step.clone()).collect::<Vec<_>>(),
        &rows.iter().map(|(case, _)| case.agency.clone()).collect::<Vec<_>>(),
        &rows.iter().map(|(_, task)| small(task.role.into())).collect::<Vec<_>>(),
        &rows.iter().map(|(_, task)| small(task.state.into())).collect::<Vec<_>>(),
        &rows.iter().map(|(_, task)| task.officer.clone()).collect::<Vec<_>>() as _,
        &rows.iter().map(|(_, task)| task.opened_at.to_sqlx()).collect::<Vec<_>>() as _,
        &rows.iter().map(|(_, task)| task.outcome.clone()).collect::<Vec<_>>() as _,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The numbers of our enums are all below 100.
fn small(number: i32) -> i16 {
    i16::try_from(number).unwrap_or_default()
}

/// A row that no command of ours can have written.
pub fn damaged(why: impl std::fmt::Display) -> sqlx::Error {
    sqlx::Error::Protocol(format!("a row of workflow is damaged: {why}"))
}
