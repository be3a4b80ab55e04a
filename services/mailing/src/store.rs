//! The SQL of messages.

use std::collections::HashMap;

use chassis::write::{Asked, Changed, Outgoing, Store, Stream};
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::events;
use crate::message::{Message, Messages, Sending, Sent};

/// Messages in the service's database.
#[derive(Clone, Debug)]
pub struct MessageStore;

impl Store for MessageStore {
    type Root = Messages;

    async fn load(
        &self,
        db: &mut PgConnection,
        asked: &[Asked<Messages>],
    ) -> sqlx::Result<HashMap<Stream, Messages>> {
        let streams: Vec<Uuid> = asked.iter().map(|asked| asked.stream.0).collect();
        let rows = sqlx::query!(
            "select stream, id, template, cause, made_at, sent_at, attempt
             from mailing.messages where stream = any ($1) order by made_at, id",
            &streams
        )
        .fetch_all(db)
        .await?;
        let mut found: HashMap<Stream, Messages> = HashMap::new();
        for row in rows {
            let sent = row.sent_at.zip(row.attempt);
            let sent = sent.map(|(at, attempt)| Sending { at: at.to_jiff(), attempt });
            let made_at = row.made_at.to_jiff();
            let message =
                Message { id: row.id, template: row.template, cause: row.cause, made_at, sent };
            found.entry(Stream(row.stream)).or_default().0.push(message);
        }
        Ok(found)
    }

    async fn save(&self, db: &mut PgConnection, changed: &[Changed<Messages>]) -> sqlx::Result<()> {
        let rows: Vec<(Uuid, &Message)> = changed.iter().flat_map(to_write).collect();
        sqlx::query!(
            "insert into mailing.messages (stream, id, template, cause, made_at, sent_at, attempt)
             select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::timestamptz[],
                 $6::timestamptz[], $7::integer[])
             on conflict (id) do update
             set sent_at = excluded.sent_at, attempt = excluded.attempt",
            &rows.iter().map(|(stream, _)| *stream).collect::<Vec<_>>(),
            &rows.iter().map(|(_, row)| row.id).collect::<Vec<_>>(),
            &rows.iter().map(|(_, row)| row.template.clone()).collect::<Vec<_>>(),
            &rows.iter().map(|(_, row)| row.cause.clone()).collect::<Vec<_>>(),
            &rows.iter().map(|(_, row)| row.made_at.to_sqlx()).collect::<Vec<_>>() as _,
            &rows.iter().map(|(_, row)| row.sent.map(|sent| sent.at.to_sqlx())).collect::<Vec<_>>()
                as _,
            &rows.iter().map(|(_, row)| row.sent.map(|sent| sent.attempt)).collect::<Vec<_>>() as _,
        )
        .execute(db)
        .await?;
        Ok(())
    }

    fn message(fact: &Sent) -> Outgoing {
        events::message(fact)
    }
}

/// The messages of a stream that are new or have changed.
fn to_write(changed: &Changed<Messages>) -> impl Iterator<Item = (Uuid, &Message)> {
    let before = |id| changed.before.as_ref().and_then(|messages| messages.get(id));
    let differs = move |message: &&Message| before(message.id) != Some(*message);
    changed.after.0.iter().filter(differs).map(|message| (changed.stream.0, message))
}
