//! What operators see of dead letters, and how they give one up.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::types::Json;
use sqlx::{Postgres, Transaction};
use uuid::Uuid;

use super::{DeadLetters, Event};
use crate::database::failed;
use crate::refusal::{Failure, Kind, Refusal};
use crate::write::{Stream, request_id_reused};

/// A letter as it lies.
#[derive(Clone, Debug)]
pub(crate) struct Letter {
    /// Its number here.
    pub(crate) number: i64,
    /// The word for why it lies here.
    pub(crate) cause: String,
    /// The last error; empty for one that waits.
    pub(crate) detail: String,
    /// Times it failed by itself.
    pub(crate) failures: i32,
    /// When it came here.
    pub(crate) parked_at: Timestamp,
    /// The fact, without its body.
    pub(crate) event: Event,
}

/// Which letters are asked for: those of which everything that is set is true.
#[derive(Clone, Debug, Default)]
pub(crate) struct Which {
    /// This one.
    pub(crate) number: Option<i64>,
    /// Of this source.
    pub(crate) source: Option<String>,
    /// Of this stream.
    pub(crate) stream: Option<Uuid>,
    /// Lying here for this cause.
    pub(crate) cause: Option<String>,
    /// Not merely waiting.
    pub(crate) failed: bool,
}

/// A letter to give up.
#[derive(Clone, Debug)]
pub(crate) struct Discard {
    /// Its number.
    pub(crate) letter: i64,
    /// The wish, so that a repeat gives nothing up a second time.
    pub(crate) request: Uuid,
    /// Why.
    pub(crate) reason: String,
    /// Resource name of who wishes it.
    pub(crate) by: String,
}

impl DeadLetters {
    /// Letters behind the number `after`, in the order in which they came.
    ///
    /// # Errors
    /// The database is away.
    pub(crate) async fn list(
        &self,
        which: &Which,
        after: i64,
        most: i64,
    ) -> Result<Vec<Letter>, Failure> {
        let rows = sqlx::query!(
            r#"select id, cause, detail, failures, parked_at, event as "event: Json<Event>"
               from chassis.dead_letter
               where id > $1
                 and ($2::bigint is null or id = $2)
                 and ($3::text is null or source = $3)
                 and ($4::uuid is null or stream = $4)
                 and ($5::text is null or cause = $5)
                 and (cause <> 'waiting' or not $6)
               order by id limit $7"#,
            after,
            which.number,
            which.source.as_deref(),
            which.stream,
            which.cause.as_deref(),
            which.failed,
            most
        )
        .fetch_all(self.pool())
        .await
        .map_err(failed)?;
        let letters = rows.into_iter().map(|row| Letter {
            number: row.id,
            cause: row.cause,
            detail: row.detail,
            failures: row.failures,
            parked_at: row.parked_at.to_jiff(),
            event: row.event.0,
        });
        Ok(letters.collect())
    }

    /// How many letters of a stream lie here, of whatever source.
    ///
    /// # Errors
    /// The database is away.
    pub(crate) async fn left(&self, stream: Stream) -> Result<i64, Failure> {
        let count = sqlx::query_scalar!(
            r#"select count(*) as "count!" from chassis.dead_letter where stream = $1"#,
            stream.0
        );
        count.fetch_one(self.pool()).await.map_err(failed)
    }

    /// Of how many streams letters of a source lie here.
    ///
    /// # Errors
    /// The database is away.
    pub(crate) async fn parked_by(&self, source: &str) -> Result<i64, Failure> {
        let count = sqlx::query_scalar!(
            r#"select count(distinct stream) as "count!" from chassis.dead_letter where source = $1"#,
            source
        );
        count.fetch_one(self.pool()).await.map_err(failed)
    }

    /// Gives a letter up, or what is missing before it, in one commit: the head counts it as seen. Returns the stream, of which those
    /// behind it may be taken now. The lock of the head keeps decisions and letters of the stream away meanwhile.
    ///
    /// # Errors
    /// No such letter, one that waits for another, a wish that was another's; or the database is away.
    pub(crate) async fn discard(&self, wish: &Discard) -> Result<Stream, Failure> {
        let mut transaction = self.pool().begin().await.map_err(failed)?;
        let stream = stream_of(&mut transaction, wish).await.map_err(failed)?;
        let stream = stream.ok_or_else(missing)?;
        lock(&mut transaction, stream).await.map_err(failed)?;
        match discarded_before(&mut transaction, wish.request).await.map_err(failed)? {
            Some(letter) if letter == wish.letter => return Ok(stream),
            Some(_) => return Err(request_id_reused().into()),
            None => {}
        }
        let lying = lying(&mut transaction, wish.letter).await.map_err(failed)?;
        let lying = lying.ok_or_else(missing)?;
        if lying.waits {
            return Err(waits().into());
        }
        self.record(&mut transaction, wish, &lying).await.map_err(failed)?;
        pass(&mut transaction, wish.letter, &lying).await.map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(stream)
    }

    async fn record(
        &self,
        db: &mut Transaction<'_, Postgres>,
        wish: &Discard,
        lying: &Lying,
    ) -> sqlx::Result<()> {
        sqlx::query!(
            "insert into chassis.discard
                 (request, letter, source, stream, upto, cause, detail, event, reason, discarded_by, discarded_at)
             select $1, id, source, stream, $3, cause, detail, event, $4, $5, $6
             from chassis.dead_letter where id = $2",
            wish.request,
            wish.letter,
            lying.upto(),
            wish.reason,
            wish.by,
            self.clock().now().to_sqlx() as _
        )
        .execute(&mut **db)
        .await?;
        Ok(())
    }
}

/// A letter before the head of its stream, which is locked.
struct Lying {
    sequence: i64,
    seen: i64,
    waits: bool,
}

impl Lying {
    fn follows_a_gap(&self) -> bool {
        self.sequence > self.seen + 1
    }

    /// The last number given up.
    fn upto(&self) -> i64 {
        if self.follows_a_gap() { self.sequence - 1 } else { self.sequence }
    }
}

/// The stream of a letter, also of one that this very wish gave up before.
async fn stream_of(
    db: &mut Transaction<'_, Postgres>,
    wish: &Discard,
) -> sqlx::Result<Option<Stream>> {
    let stream = sqlx::query_scalar!(
        r#"select stream as "stream!" from chassis.discard where request = $2
           union all
           select stream from chassis.dead_letter where id = $1
           limit 1"#,
        wish.letter,
        wish.request
    );
    Ok(stream.fetch_optional(&mut **db).await?.map(Stream))
}

async fn lock(db: &mut Transaction<'_, Postgres>, stream: Stream) -> sqlx::Result<()> {
    sqlx::query!("select 1 as one from chassis.head where stream = $1 for update", stream.0)
        .fetch_optional(&mut **db)
        .await?;
    Ok(())
}

/// The letter that a wish gave up already.
async fn discarded_before(
    db: &mut Transaction<'_, Postgres>,
    request: Uuid,
) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar!("select letter from chassis.discard where request = $1", request)
        .fetch_optional(&mut **db)
        .await
}

async fn lying(db: &mut Transaction<'_, Postgres>, letter: i64) -> sqlx::Result<Option<Lying>> {
    let row = sqlx::query!(
        r#"select letter.sequence, coalesce((head.seen ->> letter.source)::bigint, 0) as "seen!",
                  letter.cause = 'waiting' or exists (
                      select from chassis.dead_letter as earlier
                      where earlier.source = letter.source and earlier.stream = letter.stream
                        and earlier.sequence < letter.sequence
                  ) as "waits!"
           from chassis.dead_letter as letter join chassis.head as head using (stream)
           where letter.id = $1"#,
        letter
    )
    .fetch_optional(&mut **db)
    .await?;
    Ok(row.map(|row| Lying { sequence: row.sequence, seen: row.seen, waits: row.waits }))
}

/// Lets the head pass what is given up. A letter behind a gap stays, and waits for nothing but to be taken.
async fn pass(db: &mut Transaction<'_, Postgres>, letter: i64, lying: &Lying) -> sqlx::Result<()> {
    sqlx::query!(
        "update chassis.head as head
         set seen = jsonb_set(seen, array[letter.source], to_jsonb(greatest($2, $3::bigint)))
         from chassis.dead_letter as letter
         where letter.id = $1 and head.stream = letter.stream",
        letter,
        lying.upto(),
        lying.seen
    )
    .execute(&mut **db)
    .await?;
    if lying.follows_a_gap() {
        sqlx::query!(
            "update chassis.dead_letter set cause = 'waiting', detail = '' where id = $1",
            letter
        )
        .execute(&mut **db)
        .await?;
    } else {
        sqlx::query!("delete from chassis.dead_letter where id = $1", letter)
            .execute(&mut **db)
            .await?;
    }
    Ok(())
}

/// None of that name lies here.
pub(crate) fn missing() -> Refusal {
    Refusal::new(
        Kind::Missing,
        "NO_DEAD_LETTER",
        "Không có sự kiện treo nào mang tên này; hãy liệt kê lại.",
        "No dead letter of this name lies here; list them again.",
    )
}

fn waits() -> Refusal {
    Refusal::new(
        Kind::Precondition,
        "DEAD_LETTER_WAITS",
        "Sự kiện này chưa lỗi mà chỉ chờ sự kiện khác; hãy xử lý sự kiện đứng đầu trước.",
        "This letter has not failed but waits behind another; replay the stream, or discard that one first.",
    )
}
