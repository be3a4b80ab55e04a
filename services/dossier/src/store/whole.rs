//! Dossiers read whole, many at once.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chassis::database::failed;
use chassis::gather::Gathered;
use chassis::refusal::Failure;
use sqlx::PgPool;
use sqlx::types::Json;
use uuid::Uuid;

use super::{DossierStore, Row};
use crate::dossier::{Dossier, HandedIn};
use crate::paper::Held;
use crate::supplement::Supplement;
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
    /// What its owner saved for the open supplement: steps by number, sealed.
    pub pending: BTreeMap<u8, Vec<u8>>,
    /// The papers handed in for its last supplement so far.
    pub handing_in: Held,
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
                  late_since, new_due_at, actions as "actions: Json<Vec<Action>>", entries,
                  supplements as "supplements: Json<Vec<Supplement>>",
                  withdrawal_asked_at, withdrawals, handed_in as "handed_in: Json<HandedIn>", revision,
                  array(select step from dossier.steps where dossier = id order by step)
                      as "steps!",
                  array(select sealed from dossier.steps where dossier = id order by step)
                      as "sealed!",
                  array(select paper from dossier.files
                        where dossier = dossiers.id and state = 2 and paper is not null
                          and handed_in and replaced_by is null) as "papers!",
                  array(select paper from dossier.files
                        where dossier = dossiers.id and state = 1 and paper is not null)
                      as "under_way!",
                  array(select step from dossier.pending_steps where dossier = id order by step)
                      as "pending!",
                  array(select sealed from dossier.pending_steps where dossier = id order by step)
                      as "pending_sealed!",
                  array(select paper from dossier.files
                        where dossier = dossiers.id and state = 2 and paper is not null
                          and not handed_in) as "handing_in!"
           from dossier.dossiers where id = any ($1)"#,
        ids
    )
    .fetch_all(pool)
    .await?;
    rows.into_iter()
        .map(|row| {
            let (steps, pending) =
                (by_number(row.steps, row.sealed), by_number(row.pending, row.pending_sealed));
            let (held, handing_in) = (counted(row.papers), counted(row.handing_in));
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
                late_since: row.late_since,
                new_due_at: row.new_due_at,
                actions: row.actions,
                entries: row.entries,
                supplements: row.supplements,
                withdrawal_asked_at: row.withdrawal_asked_at,
                withdrawals: row.withdrawals,
                handed_in: row.handed_in,
                revision: row.revision,
            };
            let under_way = row.under_way.into_iter().collect();
            let dossier = dossier.try_into()?;
            Ok((row.id, Whole { dossier, steps, held, under_way, pending, handing_in }))
        })
        .collect()
}

fn by_number(steps: Vec<i16>, sealed: Vec<Vec<u8>>) -> BTreeMap<u8, Vec<u8>> {
    steps.into_iter().map(|step| u8::try_from(step).unwrap_or_default()).zip(sealed).collect()
}

fn counted(papers: Vec<String>) -> Held {
    let mut held = Held::new();
    for paper in papers {
        *held.entry(paper).or_default() += 1;
    }
    held
}
