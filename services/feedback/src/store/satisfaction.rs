//! Tables `feedback.tallies` and `feedback.satisfaction`: what was said is appended to the one, counted into the other, and read there.

use chassis::database::failed;
use chassis::refusal::Failure;
use chassis::write::Changed;
use sqlx::{PgConnection, PgPool};

use super::small;
use crate::rating::Rating;
use crate::satisfaction::{Counts, Period};

/// Rows counted by one statement, at most: it stays far below the time a statement may take.
const PORTION: i64 = 5000;

/// The level of an invitation.
const INVITATION: i16 = 0;

/// What each change says that was not said before.
pub(super) async fn append(db: &mut PgConnection, changed: &[Changed<Rating>]) -> sqlx::Result<()> {
    let rows: Vec<(&Rating, i16)> = changed.iter().flat_map(said).collect();
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "insert into feedback.tallies (month, procedure, agency, level)
         select * from unnest($1::integer[], $2::text[], $3::text[], $4::smallint[])",
        &rows.iter().map(|(row, _)| row.month().number()).collect::<Vec<_>>(),
        &rows.iter().map(|(row, _)| row.dossier.procedure_alone().to_owned()).collect::<Vec<_>>(),
        &rows.iter().map(|(row, _)| row.dossier.agency.clone()).collect::<Vec<_>>(),
        &rows.iter().map(|(_, level)| *level).collect::<Vec<_>>(),
    )
    .execute(db)
    .await?;
    Ok(())
}

fn said(changed: &Changed<Rating>) -> impl Iterator<Item = (&Rating, i16)> {
    let Changed { before, after, .. } = changed;
    let invited = before.is_none().then_some(INVITATION);
    let unsaid = before.as_ref().is_none_or(|before| before.given.is_none());
    let given = after.given.as_ref().filter(|_| unsaid).map(|given| small(given.level.into()));
    invited.into_iter().chain(given).map(move |level| (after, level))
}

/// The counters in the service's database.
#[derive(Clone, Debug)]
pub struct Counters {
    pool: PgPool,
}

impl Counters {
    /// Those in this database.
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// Counts a portion of what was said, and returns how many rows that were.
    ///
    /// One statement takes the rows from their table and adds them to the counters: all of it is committed or nothing. Whoever counts at
    /// the same time takes other rows, and locks counters in the same order.
    ///
    /// # Errors
    /// The database is away; what was counted is counted.
    pub async fn roll_up(&self) -> Result<i64, Failure> {
        sqlx::query_scalar!(
            r#"with due as (
                 select id from feedback.tallies order by id limit $1 for update skip locked
             ), taken as (
                 delete from feedback.tallies as tally using due where tally.id = due.id
                 returning tally.month, tally.procedure, tally.agency, tally.level
             ), counted as (
                 insert into feedback.satisfaction as counter
                     (procedure, agency, month, invited, level_1, level_2, level_3, level_4, level_5)
                 select coalesce(procedure, ''), coalesce(agency, ''), month,
                        count(*) filter (where level = 0), count(*) filter (where level = 1),
                        count(*) filter (where level = 2), count(*) filter (where level = 3),
                        count(*) filter (where level = 4), count(*) filter (where level = 5)
                 from taken group by month, cube (procedure, agency)
                 order by 1, 2, 3
                 on conflict (procedure, agency, month) do update
                 set invited = counter.invited + excluded.invited,
                     level_1 = counter.level_1 + excluded.level_1,
                     level_2 = counter.level_2 + excluded.level_2,
                     level_3 = counter.level_3 + excluded.level_3,
                     level_4 = counter.level_4 + excluded.level_4,
                     level_5 = counter.level_5 + excluded.level_5
             )
             select count(*) as "taken!" from taken"#,
            PORTION
        )
        .fetch_one(&self.pool)
        .await
        .map_err(failed)
    }

    /// The counts of a period: one row for each of its months, at most 12. An empty name stands for every procedure or agency.
    pub async fn counts(
        &self,
        procedure: &str,
        agency: &str,
        period: &Period,
    ) -> sqlx::Result<Counts> {
        let (first, last) = period.months();
        let rows = sqlx::query!(
            "select invited, level_1, level_2, level_3, level_4, level_5 from feedback.satisfaction
             where procedure = $1 and agency = $2 and month between $3 and $4",
            procedure,
            agency,
            first,
            last
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.iter().fold(Counts::default(), |sum, row| {
            let levels = [row.level_1, row.level_2, row.level_3, row.level_4, row.level_5];
            let mut by_level = sum.by_level;
            by_level.iter_mut().zip(levels).for_each(|(sum, level)| *sum += level);
            Counts { invited: sum.invited + row.invited, by_level }
        }))
    }
}
