//! The SQL of grounds.

use jiff_sqlx::ToSqlx;
use proto::motcua::workflow::v1::GroundsKind;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{damaged, small};
use crate::case::Case;
use crate::grounds::{Grounds, Stated};

/// Grounds of a case by their number.
pub(super) async fn one(
    db: &mut PgConnection,
    case: Uuid,
    number: i32,
) -> sqlx::Result<Option<Grounds>> {
    let row = sqlx::query!(
        "select kind, subjects, sealed, officer, stated_at
         from workflow.grounds where case_id = $1 and number = $2",
        case,
        number
    )
    .fetch_optional(db)
    .await?;
    row.map(|row| {
        let kind = GroundsKind::try_from(i32::from(row.kind)).map_err(damaged)?;
        let stated = Stated { kind, subjects: row.subjects, sealed: row.sealed };
        Ok(Grounds { number, stated, officer: row.officer, at: row.stated_at.to_jiff() })
    })
    .transpose()
}

/// Writes the grounds that a batch stated. Subjects go as JSON and come out as arrays: an array of arrays would have to be rectangular.
pub(super) async fn save(db: &mut PgConnection, cases: &[&Case]) -> sqlx::Result<()> {
    let rows: Vec<(Uuid, &Grounds)> = cases
        .iter()
        .flat_map(|&case| case.new_grounds.iter().map(move |grounds| (case.id, grounds)))
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "insert into workflow.grounds
             (case_id, number, kind, subjects, sealed, officer, stated_at)
         select case_id, number, kind, array(select jsonb_array_elements_text(subjects)), sealed,
                officer, stated_at
         from unnest($1::uuid[], $2::integer[], $3::smallint[], $4::jsonb[], $5::bytea[],
                     $6::text[], $7::timestamptz[])
             as new (case_id, number, kind, subjects, sealed, officer, stated_at)",
        &rows.iter().map(|(id, _)| *id).collect::<Vec<_>>(),
        &rows.iter().map(|(_, grounds)| grounds.number).collect::<Vec<_>>(),
        &rows.iter().map(|(_, grounds)| small(grounds.stated.kind.into())).collect::<Vec<_>>(),
        &rows.iter().map(|(_, grounds)| grounds.stated.subjects.clone().into()).collect::<Vec<_>>(),
        &rows.iter().map(|(_, grounds)| grounds.stated.sealed.clone()).collect::<Vec<_>>(),
        &rows.iter().map(|(_, grounds)| grounds.officer.clone()).collect::<Vec<_>>(),
        &rows.iter().map(|(_, grounds)| grounds.at.to_sqlx()).collect::<Vec<_>>() as _,
    )
    .execute(db)
    .await?;
    Ok(())
}
