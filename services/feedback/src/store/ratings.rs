//! Table `feedback.ratings`.

use chassis::write::Changed;
use jiff_sqlx::ToSqlx;
use proto::motcua::feedback::v1::SatisfactionLevel;
use proto::motcua::r#type::v1::Channel;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use super::small;
use crate::rating::{Dossier, Given, Rating};

struct Row {
    dossier: Uuid,
    code: String,
    procedure: String,
    agency: String,
    channel: i16,
    closed_at: jiff_sqlx::Timestamp,
    invited_at: jiff_sqlx::Timestamp,
    expires_at: jiff_sqlx::Timestamp,
    level: Option<i16>,
    comment: Option<Vec<u8>>,
    given_at: Option<jiff_sqlx::Timestamp>,
}

pub(super) async fn of_dossiers(
    db: impl PgExecutor<'_>,
    dossiers: &[Uuid],
) -> sqlx::Result<Vec<Rating>> {
    let rows = sqlx::query_as!(
        Row,
        "select dossier, code, procedure, agency, channel, closed_at, invited_at, expires_at, level,
                comment, given_at
         from feedback.ratings where dossier = any ($1)",
        dossiers
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Row::rating).collect()
}

pub(super) async fn save(db: &mut PgConnection, changed: &[Changed<Rating>]) -> sqlx::Result<()> {
    let rows: Vec<&Rating> = changed.iter().map(|changed| &changed.after).collect();
    let given = || rows.iter().map(|row| row.given.as_ref());
    sqlx::query!(
        "insert into feedback.ratings
             (dossier, code, procedure, agency, channel, closed_at, invited_at, expires_at, level,
              comment, given_at)
         select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::smallint[],
             $6::timestamptz[], $7::timestamptz[], $8::timestamptz[], $9::smallint[], $10::bytea[],
             $11::timestamptz[])
         on conflict (dossier) do update
         set level = excluded.level, comment = excluded.comment, given_at = excluded.given_at",
        &rows.iter().map(|row| row.dossier.id).collect::<Vec<_>>(),
        &rows.iter().map(|row| row.dossier.code.clone()).collect::<Vec<_>>(),
        &rows.iter().map(|row| row.dossier.procedure.clone()).collect::<Vec<_>>(),
        &rows.iter().map(|row| row.dossier.agency.clone()).collect::<Vec<_>>(),
        &rows.iter().map(|row| small(row.dossier.channel.into())).collect::<Vec<_>>(),
        &rows.iter().map(|row| row.closed_at.to_sqlx()).collect::<Vec<_>>() as _,
        &rows.iter().map(|row| row.invited_at.to_sqlx()).collect::<Vec<_>>() as _,
        &rows.iter().map(|row| row.expires_at.to_sqlx()).collect::<Vec<_>>() as _,
        &given().map(|it| it.map(|given| small(given.level.into()))).collect::<Vec<_>>() as _,
        &given().map(|it| it.map(|given| given.comment.clone())).collect::<Vec<_>>() as _,
        &given().map(|it| it.map(|given| given.at.to_sqlx())).collect::<Vec<_>>() as _,
    )
    .execute(db)
    .await?;
    Ok(())
}

impl Row {
    fn rating(self) -> sqlx::Result<Rating> {
        let given = match (self.level, self.comment, self.given_at) {
            (None, None, None) => None,
            (Some(level), Some(comment), Some(at)) => {
                let level = SatisfactionLevel::try_from(i32::from(level)).map_err(damaged)?;
                Some(Given { level, comment, at: at.to_jiff() })
            }
            _ => return Err(damaged("level, comment and given_at disagree")),
        };
        Ok(Rating {
            dossier: Dossier {
                id: self.dossier,
                code: self.code,
                procedure: self.procedure,
                agency: self.agency,
                channel: Channel::try_from(i32::from(self.channel)).map_err(damaged)?,
            },
            closed_at: self.closed_at.to_jiff(),
            invited_at: self.invited_at.to_jiff(),
            expires_at: self.expires_at.to_jiff(),
            given,
        })
    }
}

/// A row that no command of ours can have written.
fn damaged(why: impl std::fmt::Display) -> sqlx::Error {
    sqlx::Error::Protocol(format!("a row of feedback.ratings is damaged: {why}"))
}
