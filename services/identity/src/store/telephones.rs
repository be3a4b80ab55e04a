//! The SQL of telephones.

use std::collections::HashMap;
use std::convert::Infallible;

use chassis::write::{Asked, Changed, Outgoing, Store, Stream};
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::telephone::{SentCode, Telephone};

/// Telephones in the service's database.
#[derive(Clone, Copy, Debug)]
pub struct TelephoneStore;

impl Store for TelephoneStore {
    type Root = Telephone;

    async fn load(
        &self,
        db: &mut PgConnection,
        asked: &[Asked<Telephone>],
    ) -> sqlx::Result<HashMap<Stream, Telephone>> {
        let ids: Vec<Uuid> = asked.iter().map(|asked| asked.stream.0).collect();
        let rows = sqlx::query!(
            "select telephone, id, known_device, sent_at
             from identity.codes where telephone = any ($1)",
            &ids
        )
        .fetch_all(db)
        .await?;
        let mut telephones = HashMap::new();
        for row in rows {
            let unknown = || Telephone { id: row.telephone, codes: Vec::new() };
            let telephone: &mut Telephone =
                telephones.entry(Stream(row.telephone)).or_insert_with(unknown);
            telephone.codes.push(SentCode {
                id: row.id,
                known_device: row.known_device,
                at: row.sent_at.to_jiff(),
            });
        }
        Ok(telephones)
    }

    async fn save(
        &self,
        db: &mut PgConnection,
        changed: &[Changed<Telephone>],
    ) -> sqlx::Result<()> {
        forget(db, changed).await?;
        let rows: Vec<(Uuid, &SentCode)> = changed.iter().flat_map(new).collect();
        if rows.is_empty() {
            return Ok(());
        }
        sqlx::query!(
            "insert into identity.codes (telephone, id, known_device, sent_at)
             select * from unnest($1::uuid[], $2::uuid[], $3::boolean[], $4::timestamptz[])",
            &rows.iter().map(|(telephone, _)| *telephone).collect::<Vec<_>>(),
            &rows.iter().map(|(_, row)| row.id).collect::<Vec<_>>(),
            &rows.iter().map(|(_, row)| row.known_device).collect::<Vec<_>>(),
            &rows.iter().map(|(_, row)| row.at.to_sqlx()).collect::<Vec<_>>() as _,
        )
        .execute(db)
        .await?;
        Ok(())
    }

    fn message(fact: &Infallible) -> Outgoing {
        match *fact {}
    }
}

async fn forget(db: &mut PgConnection, changed: &[Changed<Telephone>]) -> sqlx::Result<()> {
    let forgotten: Vec<Uuid> = changed.iter().flat_map(forgotten).collect();
    if !forgotten.is_empty() {
        sqlx::query!("delete from identity.codes where id = any ($1)", &forgotten)
            .execute(db)
            .await?;
    }
    Ok(())
}

fn codes(telephone: Option<&Telephone>) -> &[SentCode] {
    telephone.map(|telephone| telephone.codes.as_slice()).unwrap_or_default()
}

fn new(changed: &Changed<Telephone>) -> Vec<(Uuid, &SentCode)> {
    let before = codes(changed.before.as_ref());
    let new = changed.after.codes.iter().filter(|code| !before.contains(code));
    new.map(|code| (changed.stream.0, code)).collect()
}

fn forgotten(changed: &Changed<Telephone>) -> Vec<Uuid> {
    let gone = codes(changed.before.as_ref()).iter();
    gone.filter(|code| !changed.after.codes.contains(code)).map(|code| code.id).collect()
}
