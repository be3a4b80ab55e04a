//! The SQL of changes of telephone.

use chassis::write::Changed;
use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::holder::{Holder, PhoneChange};

/// Those of the accounts, each with its account.
pub async fn load(
    db: &mut PgConnection,
    accounts: &[Uuid],
) -> sqlx::Result<Vec<(Uuid, PhoneChange)>> {
    let rows = sqlx::query!(
        "select id, account, phone_index, tries, used, started_at
         from identity.phone_changes where account = any ($1) order by started_at, id",
        accounts
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let change = PhoneChange {
                id: row.id,
                phone_index: row.phone_index,
                tries: row.tries,
                used: row.used,
                started_at: row.started_at.to_jiff(),
            };
            (row.account, change)
        })
        .collect())
}

/// One of an account's, if it was not forgotten.
pub async fn find(pool: &PgPool, account: Uuid, id: Uuid) -> sqlx::Result<Option<PhoneChange>> {
    let changes = load(&mut *pool.acquire().await?, &[account]).await?;
    Ok(changes.into_iter().map(|(_, change)| change).find(|change| change.id == id))
}

/// Writes those that changed and deletes those that were forgotten.
pub async fn save(db: &mut PgConnection, changed: &[Changed<Holder>]) -> sqlx::Result<()> {
    let forgotten: Vec<Uuid> = changed.iter().flat_map(forgotten).collect();
    if !forgotten.is_empty() {
        sqlx::query!("delete from identity.phone_changes where id = any ($1)", &forgotten)
            .execute(&mut *db)
            .await?;
    }
    let rows = super::save::differing(changed, |holder| &holder.phone_changes);
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "insert into identity.phone_changes (id, account, phone_index, tries, used, started_at)
         select * from unnest($1::uuid[], $2::uuid[], $3::bytea[], $4::smallint[], $5::boolean[],
             $6::timestamptz[])
         on conflict (id) do update set tries = excluded.tries, used = excluded.used",
        &rows.iter().map(|(_, row)| row.id).collect::<Vec<_>>(),
        &rows.iter().map(|(account, _)| *account).collect::<Vec<_>>(),
        &rows.iter().map(|(_, row)| row.phone_index.clone()).collect::<Vec<_>>(),
        &rows.iter().map(|(_, row)| row.tries).collect::<Vec<_>>(),
        &rows.iter().map(|(_, row)| row.used).collect::<Vec<_>>(),
        &rows.iter().map(|(_, row)| row.started_at.to_sqlx()).collect::<Vec<_>>() as _,
    )
    .execute(db)
    .await?;
    Ok(())
}

fn forgotten(changed: &Changed<Holder>) -> Vec<Uuid> {
    let kept = |old: &&PhoneChange| changed.after.phone_changes.iter().any(|it| it.id == old.id);
    let before = changed.before.iter().flat_map(|before| &before.phone_changes);
    before.filter(|old| !kept(old)).map(|old| old.id).collect()
}
