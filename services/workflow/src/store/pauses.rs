//! The SQL of pauses.

use std::collections::HashMap;

use jiff_sqlx::ToSqlx;
use proto::motcua::r#type::v1::DossierStatus;
use proto::motcua::workflow::v1 as pb;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{damaged, small};
use crate::case::{Asked, Case, Standstill};
use crate::events;
use crate::working_time::Pause;

/// The pauses of these cases, in order.
pub(super) async fn load(
    db: &mut PgConnection,
    ids: &[Uuid],
) -> sqlx::Result<HashMap<Uuid, Vec<Standstill>>> {
    let rows = sqlx::query!(
        "select case_id, step, reason, from_at, to_at, expires_at, status_before
         from workflow.pauses where case_id = any ($1) order by case_id, place",
        ids
    )
    .fetch_all(db)
    .await?;
    let mut pauses: HashMap<Uuid, Vec<Standstill>> = HashMap::new();
    for row in rows {
        let reason = pb::PauseReason::try_from(i32::from(row.reason)).map_err(damaged)?;
        let pause = Pause {
            from: row.from_at.to_jiff(),
            to: row.to_at.map(|at| at.to_jiff()),
            reason: events::pause_reason(reason).ok_or_else(|| damaged("reason"))?,
        };
        let asked = row.expires_at.zip(row.status_before).map(|(expires_at, status)| {
            let status_before = DossierStatus::try_from(i32::from(status)).map_err(damaged)?;
            Ok::<_, sqlx::Error>(Asked { expires_at: expires_at.to_jiff(), status_before })
        });
        let standstill = Standstill { step: row.step, pause, asked: asked.transpose()? };
        pauses.entry(row.case_id).or_default().push(standstill);
    }
    Ok(pauses)
}

/// Writes what is new of the pauses of these cases.
pub(super) async fn save(db: &mut PgConnection, cases: &[&Case]) -> sqlx::Result<()> {
    let rows: Vec<(Uuid, i32, &Standstill)> = cases
        .iter()
        .flat_map(|case| (1..).zip(&case.pauses).map(|(place, pause)| (case.id, place, pause)))
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    let asked = || rows.iter().map(|(.., row)| row.asked);
    let reason = |pause: &Pause| small(events::reason(pause.reason).into());
    sqlx::query!(
        "insert into workflow.pauses
             (case_id, place, step, reason, from_at, to_at, expires_at, status_before)
         select * from unnest($1::uuid[], $2::integer[], $3::text[], $4::smallint[],
             $5::timestamptz[], $6::timestamptz[], $7::timestamptz[], $8::smallint[])
         on conflict (case_id, place) do update set to_at = excluded.to_at
         where pauses.to_at is distinct from excluded.to_at",
        &rows.iter().map(|(id, ..)| *id).collect::<Vec<_>>(),
        &rows.iter().map(|(_, place, _)| *place).collect::<Vec<_>>(),
        &rows.iter().map(|(.., row)| row.step.clone()).collect::<Vec<_>>(),
        &rows.iter().map(|(.., row)| reason(&row.pause)).collect::<Vec<_>>(),
        &rows.iter().map(|(.., row)| row.pause.from.to_sqlx()).collect::<Vec<_>>() as _,
        &rows.iter().map(|(.., row)| row.pause.to.map(ToSqlx::to_sqlx)).collect::<Vec<_>>() as _,
        &asked().map(|asked| asked.map(|it| it.expires_at.to_sqlx())).collect::<Vec<_>>() as _,
        &asked().map(|asked| asked.map(|it| small(it.status_before.into()))).collect::<Vec<_>>()
            as _,
    )
    .execute(db)
    .await?;
    Ok(())
}
