//! The SQL of what is saved for supplements, and of what counted before.

use std::collections::BTreeMap;

use chassis::write::Changed;
use sqlx::PgConnection;
use uuid::Uuid;

use super::DossierStore;
use crate::dossier::{Dossier, Turn};

/// Steps that a supplement changed, as they were before: by supplement and step, sealed.
pub type Former = BTreeMap<(u8, u8), Vec<u8>>;

impl DossierStore {
    /// What was answered in a dossier before its supplements changed it.
    pub async fn former_steps(&self, dossier: Uuid) -> sqlx::Result<Former> {
        let rows = sqlx::query!(
            "select supplement, step, sealed from dossier.former_steps where dossier = $1",
            dossier
        )
        .fetch_all(&self.pool)
        .await?;
        let small = |number: i16| u8::try_from(number).unwrap_or_default();
        let former =
            rows.into_iter().map(|row| ((small(row.supplement), small(row.step)), row.sealed));
        Ok(former.collect())
    }
}

/// Writes what was saved for supplements; of those answered or closed, what follows from that.
pub(super) async fn save(db: &mut PgConnection, changed: &[Changed<Dossier>]) -> sqlx::Result<()> {
    let (mut dossiers, mut steps, mut sealed) = (Vec::new(), Vec::new(), Vec::new());
    let (mut answered, mut numbers, mut over) = (Vec::new(), Vec::new(), Vec::new());
    for dossier in changed.iter().map(|changed| &changed.after) {
        for (step, answers) in &dossier.pending_steps {
            dossiers.push(dossier.id);
            steps.push(i16::from(*step));
            sealed.push(answers.clone());
        }
        if let Some(turn) = dossier.turn {
            over.push(dossier.id);
            if let Turn::Answered(number) = turn {
                answered.push(dossier.id);
                numbers.push(i16::from(number));
            }
        }
    }
    if !dossiers.is_empty() {
        save_pending(db, &dossiers, &steps, &sealed).await?;
    }
    if over.is_empty() {
        return Ok(());
    }
    keep_former(db, &answered, &numbers).await?;
    take_pending(db, &answered).await?;
    sqlx::query!("delete from dossier.pending_steps where dossier = any ($1)", &over)
        .execute(db)
        .await?;
    Ok(())
}

async fn save_pending(
    db: &mut PgConnection,
    dossiers: &[Uuid],
    steps: &[i16],
    sealed: &[Vec<u8>],
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into dossier.pending_steps (dossier, step, sealed)
         select * from unnest($1::uuid[], $2::smallint[], $3::bytea[])
         on conflict (dossier, step) do update set sealed = excluded.sealed",
        dossiers,
        steps,
        sealed
    )
    .execute(db)
    .await?;
    Ok(())
}

async fn keep_former(
    db: &mut PgConnection,
    answered: &[Uuid],
    numbers: &[i16],
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into dossier.former_steps (dossier, supplement, step, sealed)
         select s.dossier, answered.number, s.step, s.sealed
         from unnest($1::uuid[], $2::smallint[]) as answered (dossier, number)
             join dossier.steps s using (dossier)
             join dossier.pending_steps p using (dossier, step)",
        answered,
        numbers
    )
    .execute(db)
    .await?;
    Ok(())
}

async fn take_pending(db: &mut PgConnection, answered: &[Uuid]) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into dossier.steps (dossier, step, sealed)
         select dossier, step, sealed from dossier.pending_steps where dossier = any ($1)
         on conflict (dossier, step) do update set sealed = excluded.sealed",
        answered
    )
    .execute(db)
    .await?;
    Ok(())
}
