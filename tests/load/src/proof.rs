//! The proof that what was fast was also right: counted in the databases, not in the load generator.

use chassis::service::BoxError;

use crate::ground::Ground;

/// Says what was found.
///
/// # Errors
/// Something is missing, twice or out of order.
pub async fn of(ground: &Ground<'_>, submitted: usize) -> Result<String, BoxError> {
    let submitted = i64::try_from(submitted)?;
    let (codes, gaps) = codes(ground).await?;
    same("dossier codes", codes, submitted)?;
    same("gaps in dossier codes", gaps, 0)?;
    same("facts DossierSubmitted", facts(ground).await?, submitted)?;
    same("cases", count(&ground.cases, "select count(*) from workflow.cases").await?, submitted)?;
    for pool in [&ground.dossiers, &ground.cases] {
        let letters = count(pool, "select count(*) from chassis.dead_letter").await?;
        same("dead letters", letters, 0)?;
    }
    Ok(format!(
        "checked     {submitted} submissions: as many codes, without a gap, as many facts and as many cases; no dead letter"
    ))
}

/// How many codes there are, and how many numbers are missing or twice: each agency and day counts from 1.
async fn codes(ground: &Ground<'_>) -> Result<(i64, i64), BoxError> {
    Ok(sqlx::query_as(
        "select coalesce(sum(codes), 0)::bigint, coalesce(sum(gaps), 0)::bigint
         from (select count(*) as codes, greatest(max(serial), count(*)) - count(distinct serial) as gaps
               from (select left(code, -7) as series, right(code, 7)::bigint as serial
                     from dossier.dossiers where code is not null) as numbered
               group by series) as series",
    )
    .fetch_one(&ground.dossiers)
    .await?)
}

async fn facts(ground: &Ground<'_>) -> Result<i64, BoxError> {
    let facts = "select count(distinct stream) from chassis.event
                 where type = 'motcua.dossier.v1.DossierSubmitted' and sequence = 1";
    count(&ground.dossiers, facts).await
}

async fn count(pool: &sqlx::PgPool, statement: &'static str) -> Result<i64, BoxError> {
    Ok(sqlx::query_scalar(statement).fetch_one(pool).await?)
}

fn same(what: &str, found: i64, expected: i64) -> Result<(), BoxError> {
    if found == expected {
        return Ok(());
    }
    Err(format!("{what}: {found}, expected {expected}").into())
}
