//! The SQL of cases.

use std::collections::HashMap;

use chassis::write::Stream;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use proto::motcua::r#type::v1::{Channel, DossierStatus, LegalLimit, ReturnWay, Visitor};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{damaged, draws, pauses, small, tasks};
use crate::case::{Beside, Case, Late};
use crate::events;

/// Which cases of an agency are asked for; a part that is none asks nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CaseFilter {
    /// Where the dossier stands.
    pub status: Option<DossierStatus>,
    /// Submitted at or after the first and before the second.
    pub submitted: Option<(Timestamp, Timestamp)>,
    /// No result issued, and due before.
    pub due_before: Option<Timestamp>,
}

/// Where a page of cases ends: submitted at, case.
pub type CaseKey = (Timestamp, Uuid);

/// Cases of an agency behind `after`, the last submitted first.
pub(super) async fn list(
    db: &mut PgConnection,
    agency: &str,
    filter: &CaseFilter,
    after: Option<CaseKey>,
    limit: i64,
) -> sqlx::Result<Vec<Case>> {
    let (submitted_at, id) = after.unwrap_or((Timestamp::MAX, Uuid::max()));
    let ids = sqlx::query_scalar!(
        "select id from workflow.cases
         where agency = $1 and (submitted_at, id) < ($2, $3)
           and ($4::smallint is null or status = $4)
           and ($5::timestamptz is null or submitted_at >= $5)
           and ($6::timestamptz is null or submitted_at < $6)
           and ($7::timestamptz is null
                or issued_at is null and closed_at is null and due_at < $7)
         order by submitted_at desc, id desc limit $8",
        agency,
        submitted_at.to_sqlx() as _,
        id,
        filter.status.map(|status| small(status.into())),
        filter.submitted.map(|(from, _)| from.to_sqlx()) as _,
        filter.submitted.map(|(_, to)| to.to_sqlx()) as _,
        filter.due_before.map(ToSqlx::to_sqlx) as _,
        limit
    )
    .fetch_all(&mut *db)
    .await?;
    let mut found = load(db, &ids).await?;
    Ok(ids.iter().filter_map(|id| found.remove(&Stream(*id))).collect())
}

/// These cases, whole.
pub(super) async fn load(
    db: &mut PgConnection,
    ids: &[Uuid],
) -> sqlx::Result<HashMap<Stream, Case>> {
    let rows = sqlx::query!(
        "select id, code, procedure, agency, channel, status, limit_unit, limit_count,
                submitted_at, accepted_at, due_at, warned_at, late_since, escalated_at, new_date,
                return_way, issued_at, parcel, closed_at, process, process_version, obligation, grounds,
                returned_to, revision
         from workflow.cases where id = any ($1)",
        ids
    )
    .fetch_all(&mut *db)
    .await?;
    let mut tasks = tasks::load(db, ids).await?;
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
                warned_at: row.warned_at.map(|at| at.to_jiff()),
                late: late(row.late_since, row.escalated_at, row.new_date),
                return_way: ReturnWay::try_from(i32::from(row.return_way)).map_err(damaged)?,
                issued_at: row.issued_at.map(|at| at.to_jiff()),
                parcel: row.parcel,
                returned_to: Visitor::try_from(i32::from(row.returned_to)).map_err(damaged)?,
                closed_at: row.closed_at.map(|at| at.to_jiff()),
                process: row.process,
                process_version: u32::try_from(row.process_version).map_err(damaged)?,
                revision: row.revision,
                tasks: tasks.remove(&row.id).unwrap_or_default(),
                pauses: pauses.remove(&row.id).unwrap_or_default(),
                obligation: row.obligation,
                draw: draws.remove(&row.id),
                grounds: row.grounds,
                new_grounds: Vec::new(),
                beside: Beside::default(),
            };
            Ok((Stream(case.id), case))
        })
        .collect()
}

/// Writes these cases.
pub(super) async fn save(db: &mut PgConnection, cases: &[&Case]) -> sqlx::Result<()> {
    let versions: Vec<i32> =
        cases.iter().map(|case| i32::try_from(case.process_version).unwrap_or(i32::MAX)).collect();
    let limits: Vec<_> = cases.iter().map(|case| events::unit_and_count(case.limit)).collect();
    let of_late = |column: fn(&Late) -> Option<Timestamp>| {
        let one = |case: &&Case| case.late.as_ref().and_then(column).map(ToSqlx::to_sqlx);
        cases.iter().map(one).collect::<Vec<_>>()
    };
    sqlx::query!(
        "insert into workflow.cases
             (id, code, procedure, agency, channel, status, limit_unit, limit_count,
              submitted_at, accepted_at, due_at, closed_at, process, process_version, revision,
              obligation, return_way, issued_at, parcel, grounds, returned_to, warned_at, late_since,
              escalated_at, new_date)
         select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::smallint[],
             $6::smallint[], $7::smallint[], $8::integer[], $9::timestamptz[],
             $10::timestamptz[], $11::timestamptz[], $12::timestamptz[], $13::text[],
             $14::integer[], $15::bigint[], $16::uuid[], $17::smallint[], $18::timestamptz[],
             $19::text[], $20::integer[], $21::smallint[], $22::timestamptz[], $23::timestamptz[],
             $24::timestamptz[], $25::timestamptz[])
         on conflict (id) do update
         set status = excluded.status, accepted_at = excluded.accepted_at,
             due_at = excluded.due_at, closed_at = excluded.closed_at, revision = excluded.revision,
             obligation = excluded.obligation, return_way = excluded.return_way,
             issued_at = excluded.issued_at, parcel = excluded.parcel,
             grounds = excluded.grounds, returned_to = excluded.returned_to,
             warned_at = excluded.warned_at, late_since = excluded.late_since,
             escalated_at = excluded.escalated_at, new_date = excluded.new_date",
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
        &cases.iter().map(|case| small(case.return_way.into())).collect::<Vec<_>>(),
        &cases.iter().map(|case| case.issued_at.map(ToSqlx::to_sqlx)).collect::<Vec<_>>() as _,
        &cases.iter().map(|case| case.parcel.clone()).collect::<Vec<_>>() as _,
        &cases.iter().map(|case| case.grounds).collect::<Vec<_>>(),
        &cases.iter().map(|case| small(case.returned_to.into())).collect::<Vec<_>>(),
        &cases.iter().map(|case| case.warned_at.map(ToSqlx::to_sqlx)).collect::<Vec<_>>() as _,
        &of_late(|late| Some(late.since)) as _,
        &of_late(|late| Some(late.escalated_at)) as _,
        &of_late(|late| late.new_date) as _,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// That a date was not kept, from its columns.
fn late(
    since: Option<jiff_sqlx::Timestamp>,
    escalated_at: Option<jiff_sqlx::Timestamp>,
    new_date: Option<jiff_sqlx::Timestamp>,
) -> Option<Late> {
    Some(Late {
        since: since?.to_jiff(),
        escalated_at: escalated_at?.to_jiff(),
        new_date: new_date.map(|at| at.to_jiff()),
    })
}
