//! Writing what changed of holders, many at once: only rows that are other than they were loaded.

use chassis::write::Changed;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::holder::{Account, Holder, Officer, Session, SignIn};

/// Writes those that were made or changed.
pub async fn accounts(db: &mut PgConnection, changed: &[Changed<Holder>]) -> sqlx::Result<()> {
    let rows: Vec<(Uuid, &Account)> = changed
        .iter()
        .filter(|changed| account(changed.before.as_ref()) != account(Some(&changed.after)))
        .filter_map(|changed| Some((changed.stream.0, changed.after.account.as_ref()?)))
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "insert into identity.accounts (id, sealed, phone_index, locale, created_at, secured_at)
         select * from unnest($1::uuid[], $2::bytea[], $3::bytea[], $4::text[], $5::timestamptz[],
             $6::timestamptz[])
         on conflict (id) do update
         set sealed = excluded.sealed, phone_index = excluded.phone_index, locale = excluded.locale,
             secured_at = excluded.secured_at",
        &rows.iter().map(|(id, _)| *id).collect::<Vec<_>>(),
        &rows.iter().map(|(_, row)| row.sealed.clone()).collect::<Vec<_>>(),
        &rows.iter().map(|(_, row)| row.phone_index.clone()).collect::<Vec<_>>(),
        &rows.iter().map(|(_, row)| row.locale.clone()).collect::<Vec<_>>(),
        &rows.iter().map(|(_, row)| row.created_at.to_sqlx()).collect::<Vec<_>>() as _,
        &rows.iter().map(|(_, row)| row.secured_at.map(ToSqlx::to_sqlx)).collect::<Vec<_>>() as _,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Writes those that changed and deletes those that were forgotten.
pub async fn sign_ins(db: &mut PgConnection, changed: &[Changed<Holder>]) -> sqlx::Result<()> {
    let forgotten: Vec<Uuid> = changed.iter().flat_map(forgotten).collect();
    if !forgotten.is_empty() {
        sqlx::query!("delete from identity.sign_ins where id = any ($1)", &forgotten)
            .execute(&mut *db)
            .await?;
    }
    let rows = differing(changed, |holder| &holder.sign_ins);
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "insert into identity.sign_ins
             (id, holder, phone_index, reaches, known_device, forgotten, tries, used, started_at)
         select * from unnest($1::uuid[], $2::uuid[], $3::bytea[], $4::boolean[], $5::boolean[],
             $6::boolean[], $7::smallint[], $8::boolean[], $9::timestamptz[])
         on conflict (id) do update
         set tries = excluded.tries, used = excluded.used, reaches = excluded.reaches,
             forgotten = excluded.forgotten",
        &rows.iter().map(|(_, row)| row.id).collect::<Vec<_>>(),
        &rows.iter().map(|(holder, _)| *holder).collect::<Vec<_>>(),
        &rows.iter().map(|(_, row)| row.phone_index.clone()).collect::<Vec<_>>(),
        &rows.iter().map(|(_, row)| row.reaches).collect::<Vec<_>>(),
        &rows.iter().map(|(_, row)| row.known_device).collect::<Vec<_>>(),
        &rows.iter().map(|(_, row)| row.forgotten).collect::<Vec<_>>(),
        &rows.iter().map(|(_, row)| row.tries).collect::<Vec<_>>(),
        &rows.iter().map(|(_, row)| row.used).collect::<Vec<_>>(),
        &rows.iter().map(|(_, row)| row.started_at.to_sqlx()).collect::<Vec<_>>() as _,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Writes those that changed; those that ended are kept.
pub async fn sessions(db: &mut PgConnection, changed: &[Changed<Holder>]) -> sqlx::Result<()> {
    let rows: Vec<(Uuid, &Session)> = differing(changed, |holder| &holder.sessions);
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "insert into identity.sessions
             (id, account, agency, generation, refreshed_at, ended_at)
         select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::integer[],
             $5::timestamptz[], $6::timestamptz[])
         on conflict (id) do update
         set generation = excluded.generation, refreshed_at = excluded.refreshed_at,
             ended_at = excluded.ended_at",
        &rows.iter().map(|(_, row)| row.id).collect::<Vec<_>>(),
        &rows.iter().map(|(account, _)| *account).collect::<Vec<_>>(),
        &rows.iter().map(|(_, row)| row.agency.clone()).collect::<Vec<_>>() as _,
        &rows.iter().map(|(_, row)| row.generation).collect::<Vec<_>>(),
        &rows.iter().map(|(_, row)| row.refreshed_at.to_sqlx()).collect::<Vec<_>>() as _,
        &rows.iter().map(|(_, row)| row.ended_at.map(ToSqlx::to_sqlx)).collect::<Vec<_>>() as _,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Writes those that changed.
pub async fn officers(db: &mut PgConnection, changed: &[Changed<Holder>]) -> sqlx::Result<()> {
    let rows: Vec<(Uuid, &Officer)> = differing(changed, |holder| &holder.officers);
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "insert into identity.officers (account, agency, roles, appointed_at)
         select * from unnest($1::uuid[], $2::text[], $3::integer[], $4::timestamptz[])
         on conflict (account, agency) do update set roles = excluded.roles",
        &rows.iter().map(|(account, _)| *account).collect::<Vec<_>>(),
        &rows.iter().map(|(_, row)| row.agency.clone()).collect::<Vec<_>>(),
        &rows.iter().map(|(_, row)| row.roles.bits()).collect::<Vec<_>>(),
        &rows.iter().map(|(_, row)| row.appointed_at.to_sqlx()).collect::<Vec<_>>() as _,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The rows of one kind that are new or other than before, each with its holder.
pub(super) fn differing<R: PartialEq>(
    changed: &[Changed<Holder>],
    rows: fn(&Holder) -> &Vec<R>,
) -> Vec<(Uuid, &R)> {
    let mut differing = Vec::new();
    for changed in changed {
        let before = changed.before.as_ref().map(rows);
        let is_new = |row: &&R| before.is_none_or(|before| !before.contains(*row));
        let new = rows(&changed.after).iter().filter(is_new);
        differing.extend(new.map(|row| (changed.stream.0, row)));
    }
    differing
}

fn account(holder: Option<&Holder>) -> Option<&Account> {
    holder.and_then(|holder| holder.account.as_ref())
}

fn forgotten(changed: &Changed<Holder>) -> Vec<Uuid> {
    let kept = |old: &&SignIn| changed.after.sign_ins.iter().any(|sign_in| sign_in.id == old.id);
    let before = changed.before.iter().flat_map(|before| &before.sign_ins);
    before.filter(|old| !kept(old)).map(|old| old.id).collect()
}
