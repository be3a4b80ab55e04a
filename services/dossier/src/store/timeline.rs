//! The SQL of timelines.

use chassis::database::failed;
use chassis::refusal::Failure;
use chassis::write::Changed;
use jiff_sqlx::ToSqlx;
use proto::motcua::dossier::v1::{ActorKind, EntryKind};
use proto::motcua::r#type::v1::DossierStatus;
use sqlx::PgConnection;
use uuid::Uuid;

use super::DossierStore;
use crate::dossier::Dossier;
use crate::timeline::{Entry, Happening};

/// What had been committed at some instant (`pg_snapshot`).
///
/// Not a number: a transaction that began earlier may commit later, and a reader who remembers "the last row" would pass over its rows.
#[derive(Clone, Debug)]
pub struct Snapshot(String);

/// Dossiers to whose timelines something was added, and until when that was looked for.
#[derive(Debug)]
pub struct Stirred {
    /// Each once.
    pub dossiers: Vec<Uuid>,
    /// What is committed after this is told next time.
    pub upto: Snapshot,
}

impl DossierStore {
    /// Entries of a timeline behind `after`, at most `limit`, in order. A dossier's are numbered under the lock of its head, so that none
    /// appears behind one that was read already.
    pub async fn timeline(
        &self,
        dossier: Uuid,
        after: i32,
        limit: i64,
    ) -> sqlx::Result<Vec<Entry>> {
        let rows = sqlx::query!(
            "select sequence, kind, happened_at, status, actor, reference, number
             from dossier.timeline where dossier = $1 and sequence > $2
             order by sequence limit $3",
            dossier,
            after,
            limit
        )
        .fetch_all(&self.pool)
        .await?;
        let entries = rows.into_iter().map(|row| {
            Ok(Entry {
                sequence: row.sequence,
                status: number::<DossierStatus>(row.status, "status")?,
                happening: Happening {
                    kind: number::<EntryKind>(row.kind, "kind")?,
                    at: row.happened_at.to_jiff(),
                    actor: number::<ActorKind>(row.actor, "actor")?,
                    reference: row.reference,
                    number: row.number,
                },
            })
        });
        entries.collect()
    }

    /// What is committed now.
    ///
    /// # Errors
    /// The database is away.
    pub async fn snapshot(&self) -> Result<Snapshot, Failure> {
        let snapshot = sqlx::query_scalar!(r#"select pg_current_snapshot()::text as "snapshot!""#);
        Ok(Snapshot(snapshot.fetch_one(&self.pool).await.map_err(failed)?))
    }

    /// Dossiers whose timelines grew since `since`, however the transactions overlapped that added to them.
    ///
    /// # Errors
    /// The database is away.
    pub async fn stirred(&self, since: &Snapshot) -> Result<Stirred, Failure> {
        let row = sqlx::query!(
            r#"select pg_current_snapshot()::text as "upto!",
                      array(select distinct dossier from dossier.timeline
                            where xid >= pg_snapshot_xmin($1::text::pg_snapshot)
                              and not pg_visible_in_snapshot(xid, $1::text::pg_snapshot))
                          as "dossiers!""#,
            since.0
        )
        .fetch_one(&self.pool)
        .await
        .map_err(failed)?;
        Ok(Stirred { dossiers: row.dossiers, upto: Snapshot(row.upto) })
    }
}

fn number<E: TryFrom<i32>>(number: i16, column: &str) -> sqlx::Result<E> {
    let damaged = |_| sqlx::Error::Protocol(format!("dossier.timeline.{column} is damaged"));
    E::try_from(i32::from(number)).map_err(damaged)
}

/// Adds the entries of the batch at hand.
pub(super) async fn save(db: &mut PgConnection, changed: &[Changed<Dossier>]) -> sqlx::Result<()> {
    let of = |dossier: &'_ Dossier| {
        let id = dossier.id;
        dossier.new_entries.clone().into_iter().map(move |entry| (id, entry))
    };
    let entries: Vec<_> = changed.iter().flat_map(|changed| of(&changed.after)).collect();
    if entries.is_empty() {
        return Ok(());
    }
    let small = |number: i32| i16::try_from(number).unwrap_or_default();
    let happenings = || entries.iter().map(|(_, entry)| &entry.happening);
    sqlx::query!(
        "insert into dossier.timeline
             (dossier, sequence, kind, happened_at, status, actor, reference, number)
         select * from unnest($1::uuid[], $2::integer[], $3::smallint[], $4::timestamptz[],
             $5::smallint[], $6::smallint[], $7::text[], $8::text[])",
        &entries.iter().map(|(dossier, _)| *dossier).collect::<Vec<_>>(),
        &entries.iter().map(|(_, entry)| entry.sequence).collect::<Vec<_>>(),
        &happenings().map(|it| small(it.kind.into())).collect::<Vec<_>>(),
        &happenings().map(|it| it.at.to_sqlx()).collect::<Vec<_>>() as _,
        &entries.iter().map(|(_, entry)| small(entry.status.into())).collect::<Vec<_>>(),
        &happenings().map(|it| small(it.actor.into())).collect::<Vec<_>>(),
        &happenings().map(|it| it.reference.clone()).collect::<Vec<_>>(),
        &happenings().map(|it| it.number.clone()).collect::<Vec<_>>(),
    )
    .execute(db)
    .await?;
    Ok(())
}
