//! Reading holders whole, many at once.

use std::collections::HashMap;

use chassis::write::Stream;
use sqlx::PgConnection;
use uuid::Uuid;

use super::phone_changes;
use crate::holder::{Account, Holder, Officer, Roles, Session, SignIn};

/// The holders of whom anything is known.
pub async fn holders(db: &mut PgConnection, ids: &[Uuid]) -> sqlx::Result<HashMap<Stream, Holder>> {
    let mut holders = HashMap::new();
    for (id, account) in accounts(db, ids).await? {
        of(&mut holders, id).account = Some(account);
    }
    sign_ins(db, ids, &mut holders).await?;
    for (id, change) in phone_changes::load(db, ids).await? {
        of(&mut holders, id).phone_changes.push(change);
    }
    sessions(db, ids, &mut holders).await?;
    officers(db, ids, &mut holders).await?;
    Ok(holders)
}

/// The accounts that exist.
pub async fn accounts(db: &mut PgConnection, ids: &[Uuid]) -> sqlx::Result<Vec<(Uuid, Account)>> {
    let rows = sqlx::query!(
        "select id, sealed, phone_index, locale, created_at, secured_at
         from identity.accounts where id = any ($1)",
        ids
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let account = Account {
                sealed: row.sealed,
                phone_index: row.phone_index,
                locale: row.locale,
                created_at: row.created_at.to_jiff(),
                secured_at: row.secured_at.map(|at| at.to_jiff()),
            };
            (row.id, account)
        })
        .collect())
}

async fn sign_ins(
    db: &mut PgConnection,
    ids: &[Uuid],
    holders: &mut HashMap<Stream, Holder>,
) -> sqlx::Result<()> {
    let rows = sqlx::query!(
        "select id, holder, phone_index, reaches, known_device, forgotten, tries, used, started_at
         from identity.sign_ins where holder = any ($1) order by started_at, id",
        ids
    )
    .fetch_all(db)
    .await?;
    for row in rows {
        of(holders, row.holder).sign_ins.push(SignIn {
            id: row.id,
            phone_index: row.phone_index,
            reaches: row.reaches,
            known_device: row.known_device,
            forgotten: row.forgotten,
            tries: row.tries,
            used: row.used,
            started_at: row.started_at.to_jiff(),
        });
    }
    Ok(())
}

async fn sessions(
    db: &mut PgConnection,
    ids: &[Uuid],
    holders: &mut HashMap<Stream, Holder>,
) -> sqlx::Result<()> {
    let rows = sqlx::query!(
        "select id, account, agency, generation, refreshed_at
         from identity.sessions where account = any ($1) and ended_at is null",
        ids
    )
    .fetch_all(db)
    .await?;
    for row in rows {
        of(holders, row.account).sessions.push(Session {
            id: row.id,
            agency: row.agency,
            generation: row.generation,
            refreshed_at: row.refreshed_at.to_jiff(),
            ended_at: None,
        });
    }
    Ok(())
}

async fn officers(
    db: &mut PgConnection,
    ids: &[Uuid],
    holders: &mut HashMap<Stream, Holder>,
) -> sqlx::Result<()> {
    let rows = sqlx::query!(
        "select account, agency, roles, appointed_at
         from identity.officers where account = any ($1)",
        ids
    )
    .fetch_all(db)
    .await?;
    for row in rows {
        of(holders, row.account).officers.push(Officer {
            account: row.account,
            agency: row.agency,
            roles: Roles::of_bits(row.roles),
            appointed_at: row.appointed_at.to_jiff(),
        });
    }
    Ok(())
}

fn of(holders: &mut HashMap<Stream, Holder>, id: Uuid) -> &mut Holder {
    holders.entry(Stream(id)).or_insert_with(|| Holder { id, ..Holder::default() })
}
