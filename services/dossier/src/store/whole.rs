//! Dossiers read whole, many at once.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chassis::database::failed;
use chassis::gather::Gathered;
use chassis::refusal::Failure;
use sqlx::PgPool;
use sqlx::types::Json;
use uuid::Uuid;

use super::{DossierStore, Row};
use crate::dossier::Dossier;
use crate::paper::Held;
use crate::timeline::Action;

/// A dossier with what lies beside it, as of one instant.
#[derive(Clone, Debug)]
pub struct Whole {
    /// The dossier.
    pub dossier: Dossier,
    /// Its steps by number, sealed.
    pub steps: BTreeMap<u8, Vec<u8>>,
    /// The papers it holds.
    pub held: Held,
    /// Papers of which a file is being uploaded.
    pub under_way: BTreeSet<String>,
}

impl DossierStore {
    /// One dossier with its steps and papers. Who asks at the same time shares the query.
    ///
    /// # Errors
    /// The database is away, or a row is damaged.
    pub async fn get(&self, id: Uuid) -> Result<Option<Whole>, Failure> {
        self.wholes.get(id).await
    }
}

/// The readings of one database, gathered.
pub(super) fn gathered(pool: PgPool) -> Gathered<Uuid, Whole> {
    Gathered::new(move |ids: Vec<Uuid>| {
        let pool = pool.clone();
        async move { load(&pool, &ids).await.map_err(failed) }
    })
}

async fn load(pool: &PgPool, ids: &[Uuid]) -> sqlx::Result<HashMap<Uuid, Whole>> {
    let rows = sqlx::query!(
        r#"select id, owner, procedure_code, procedure_version, agency, channel, status, code,
                  created_at, draft_days, expire_at, submitted_at, return_way, accepted_at, due_at,
                  actions as "actions: Json<Vec<Action>>", entries, revision,
                  array(select step from dossier.steps where dossier = id order by step)
                      as "steps!",
                  array(select sealed from dossier.steps where dossier = id order by step)
                      as "sealed!",
                  array(select paper from dossier.files
                        where dossier = dossiers.id and state = 2 and paper is not null)
                      as "papers!",
                  array(select paper from dossier.files
                        where dossier = dossiers.id and state = 1 and paper is not null)
                      as "under_way!"
           from dossier.dossiers where id = any ($1)"#,
        ids
    )
    .fetch_all(pool)
    .await?;
    rows.into_iter()
        .map(|row| {
            let numbers = row.steps.into_iter().map(|step| u8::try_from(step).unwrap_or_default());
            let steps = numbers.zip(row.sealed).collect();
            let mut held = Held::new();
            for paper in row.papers {
                *held.entry(paper).or_default() += 1;
            }
            let dossier = Row {
                id: row.id,
                owner: row.owner,
                procedure_code: row.procedure_code,
                procedure_version: row.procedure_version,
                agency: row.agency,
                channel: row.channel,
                status: row.status,
                code: row.code,
                created_at: row.created_at,
                draft_days: row.draft_days,
                expire_at: row.expire_at,
                submitted_at: row.submitted_at,
                return_way: row.return_way,
                accepted_at: row.accepted_at,
                due_at: row.due_at,
                actions: row.actions,
                entries: row.entries,
                revision: row.revision,
            };
            let under_way = row.under_way.into_iter().collect();
            Ok((row.id, Whole { dossier: dossier.try_into()?, steps, held, under_way }))
        })
        .collect()
}
