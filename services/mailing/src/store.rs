//! The SQL of messages.

use std::collections::HashMap;

use chassis::write::{Asked, Changed, Outgoing, Store, Stream};
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::events;
use crate::message::{Message, Sent};

/// Messages in the service's database.
#[derive(Clone, Debug)]
pub struct MessageStore;

impl Store for MessageStore {
    type Root = Message;

    async fn load(
        &self,
        db: &mut PgConnection,
        asked: &[Asked<Message>],
    ) -> sqlx::Result<HashMap<Stream, Message>> {
        let ids: Vec<Uuid> = asked.iter().map(|asked| asked.stream.0).collect();
        let rows = sqlx::query!(
            "select id, template, sent_at from mailing.messages where id = any ($1)",
            &ids
        )
        .fetch_all(db)
        .await?;
        let messages = rows.into_iter().map(|row| {
            let sent_at = row.sent_at.to_jiff();
            (Stream(row.id), Message { id: row.id, template: row.template, sent_at })
        });
        Ok(messages.collect())
    }

    async fn save(&self, db: &mut PgConnection, changed: &[Changed<Message>]) -> sqlx::Result<()> {
        let rows = || changed.iter().map(|changed| &changed.after);
        sqlx::query!(
            "insert into mailing.messages (id, template, sent_at)
             select * from unnest($1::uuid[], $2::text[], $3::timestamptz[])
             on conflict (id) do nothing",
            &rows().map(|row| row.id).collect::<Vec<_>>(),
            &rows().map(|row| row.template.clone()).collect::<Vec<_>>(),
            &rows().map(|row| row.sent_at.to_sqlx()).collect::<Vec<_>>() as _,
        )
        .execute(db)
        .await?;
        Ok(())
    }

    fn message(fact: &Sent) -> Outgoing {
        events::message(fact)
    }
}
