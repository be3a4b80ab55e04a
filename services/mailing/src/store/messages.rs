//! Table `mailing.messages`.

use chassis::write::Changed;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

use super::damaged;
use crate::mail::Mail;
use crate::message::{Channel, Message, Sending};

struct Row {
    stream: Uuid,
    id: Uuid,
    template: String,
    cause: String,
    made_at: jiff_sqlx::Timestamp,
    sent_at: Option<jiff_sqlx::Timestamp>,
    attempt: Option<i32>,
    channel: Option<i16>,
}

/// The messages of streams, in order of their making.
pub(super) async fn of_streams(
    db: &mut PgConnection,
    streams: &[Uuid],
) -> sqlx::Result<Vec<(Uuid, Message)>> {
    let rows = sqlx::query_as!(
        Row,
        "select stream, id, template, cause, made_at, sent_at, attempt, channel
         from mailing.messages where stream = any ($1) order by made_at, id",
        streams
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(|row| Ok((row.stream, row.message()?))).collect()
}

pub(super) async fn save(db: &mut PgConnection, changed: &[Changed<Mail>]) -> sqlx::Result<()> {
    let rows: Vec<(Uuid, &Message)> = changed.iter().flat_map(to_write).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let sent: Vec<Option<Sending>> = rows.iter().map(|(_, row)| row.sent).collect();
    sqlx::query!(
        "insert into mailing.messages
             (stream, id, template, cause, made_at, sent_at, attempt, channel)
         select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::timestamptz[],
             $6::timestamptz[], $7::integer[], $8::smallint[])
         on conflict (id) do update
         set sent_at = excluded.sent_at, attempt = excluded.attempt, channel = excluded.channel",
        &rows.iter().map(|(stream, _)| *stream).collect::<Vec<_>>(),
        &rows.iter().map(|(_, row)| row.id).collect::<Vec<_>>(),
        &rows.iter().map(|(_, row)| row.template.clone()).collect::<Vec<_>>(),
        &rows.iter().map(|(_, row)| row.cause.clone()).collect::<Vec<_>>(),
        &rows.iter().map(|(_, row)| row.made_at.to_sqlx()).collect::<Vec<_>>() as _,
        &sent.iter().map(|sent| sent.map(|sent| sent.at.to_sqlx())).collect::<Vec<_>>() as _,
        &sent.iter().map(|sent| sent.map(|sent| sent.attempt)).collect::<Vec<_>>() as _,
        &sent.iter().map(|sent| sent.map(|sent| number(sent.channel))).collect::<Vec<_>>() as _,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The messages of a stream that are new or have changed.
fn to_write(changed: &Changed<Mail>) -> impl Iterator<Item = (Uuid, &Message)> {
    let before = |id| changed.before.as_ref().and_then(|mail| mail.message(id));
    let differs = move |message: &&Message| before(message.id) != Some(*message);
    changed.after.messages.iter().filter(differs).map(|message| (changed.stream.0, message))
}

impl Row {
    fn message(self) -> sqlx::Result<Message> {
        let sent = match (self.sent_at, self.attempt, self.channel) {
            (Some(at), Some(attempt), Some(number)) => {
                Some(Sending { at: at.to_jiff(), attempt, channel: channel(number)? })
            }
            _ => None,
        };
        Ok(Message {
            id: self.id,
            template: self.template,
            cause: self.cause,
            made_at: self.made_at.to_jiff(),
            sent,
        })
    }
}

const fn number(channel: Channel) -> i16 {
    match channel {
        Channel::Sms => 1,
        Channel::Email => 2,
    }
}

fn channel(number: i16) -> sqlx::Result<Channel> {
    match number {
        1 => Ok(Channel::Sms),
        2 => Ok(Channel::Email),
        _ => Err(damaged("messages.channel")),
    }
}
