//! The SQL of files.

use std::collections::BTreeMap;

use chassis::write::Changed;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

use super::DossierStore;
use crate::document::Results;
use crate::dossier::Dossier;
use crate::file::{Digest, File, Purpose, State};
use crate::outside::objects::Place;
use crate::paper::Held;

struct Row {
    dossier: Uuid,
    id: Uuid,
    paper: Option<String>,
    sealed_name: Vec<u8>,
    kind: i16,
    size_bytes: i64,
    declared_digest: Option<Vec<u8>>,
    created_by: String,
    created_at: jiff_sqlx::Timestamp,
    state: i16,
    state_since: jiff_sqlx::Timestamp,
    lapses_at: Option<jiff_sqlx::Timestamp>,
    digest: Option<Vec<u8>>,
    issued: bool,
    attempt: i32,
    supplement: Option<i16>,
    handed_in: bool,
    replaced_by: Option<i16>,
}

impl TryFrom<Row> for File {
    type Error = sqlx::Error;

    /// A row that no command of ours can have written is damage, told as such.
    fn try_from(row: Row) -> sqlx::Result<Self> {
        let damaged = |column| sqlx::Error::Protocol(format!("dossier.files.{column} is damaged"));
        let counts =
            |number: i16| u8::try_from(number).map_err(|_| damaged("supplement or replaced_by"));
        let digest = |bytes: Vec<u8>| Digest::try_from(bytes).map_err(|_| damaged("digest"));
        let at = row.state_since.to_jiff();
        let state = match (row.state, row.lapses_at, row.digest) {
            (1, Some(until), None) => State::Uploading { until: until.to_jiff() },
            (2, None, Some(whole)) => State::Complete { at, digest: digest(whole)? },
            (3, Some(_), _) => State::Deleted { at },
            _ => return Err(damaged("state")),
        };
        Ok(Self {
            id: row.id,
            purpose: row.paper.map_or(Purpose::Result, Purpose::Paper),
            sealed_name: row.sealed_name,
            kind: i32::from(row.kind).try_into().map_err(|()| damaged("kind"))?,
            size: row.size_bytes.try_into().map_err(|_| damaged("size_bytes"))?,
            declared: row.declared_digest.map(digest).transpose()?,
            created_by: row.created_by,
            created_at: row.created_at.to_jiff(),
            state,
            issued: row.issued,
            attempt: row.attempt,
            supplement: row.supplement.map(counts).transpose()?,
            handed_in: row.handed_in,
            replaced_by: row.replaced_by.map(counts).transpose()?,
        })
    }
}

impl DossierStore {
    /// One file.
    pub async fn file(&self, dossier: Uuid, id: Uuid) -> sqlx::Result<Option<File>> {
        sqlx::query_as!(
            Row,
            "select dossier, id, paper, sealed_name, kind, size_bytes, declared_digest, created_by,
                    created_at, state, state_since, lapses_at, digest, issued, attempt,
                    supplement, handed_in, replaced_by
             from dossier.files where dossier = $1 and id = $2",
            dossier,
            id
        )
        .fetch_optional(&self.pool)
        .await?
        .map(TryInto::try_into)
        .transpose()
    }

    /// A dossier's files behind `after` in order of id: complete or under way, and with `results` also results that are no documents; `own`
    /// ones also where the agency has them not yet.
    pub async fn files(
        &self,
        dossier: Uuid,
        (results, own): (Results, bool),
        now: Timestamp,
        after: Option<Uuid>,
        limit: i64,
    ) -> sqlx::Result<Vec<File>> {
        sqlx::query_as!(
            Row,
            "select dossier, id, paper, sealed_name, kind, size_bytes, declared_digest, created_by,
                    created_at, state, state_since, lapses_at, digest, issued, attempt,
                    supplement, handed_in, replaced_by
             from dossier.files
             where dossier = $1 and id > $2 and (lapses_at is null or lapses_at > $3)
               and (paper is not null or $4 or issued and $5) and (handed_in or $6)
             order by id limit $7",
            dossier,
            after.unwrap_or(Uuid::nil()),
            now.to_sqlx() as _,
            results == Results::All,
            results == Results::Issued,
            own,
            limit
        )
        .fetch_all(&self.pool)
        .await?
        .into_iter()
        .map(TryInto::try_into)
        .collect()
    }

    /// The papers a dossier holds, those that were replaced left out.
    pub async fn papers(&self, dossier: Uuid) -> sqlx::Result<Held> {
        let rows = sqlx::query!(
            r#"select paper as "paper!", count(*)::integer as "files!"
               from dossier.files
               where dossier = $1 and state = 2 and paper is not null and handed_in
                 and replaced_by is null
               group by paper"#,
            dossier
        )
        .fetch_all(&self.pool)
        .await?;
        let held = |files: i32| u32::try_from(files).unwrap_or_default();
        Ok(rows.into_iter().map(|row| (row.paper, held(row.files))).collect())
    }

    /// Every file of a dossier.
    pub async fn every_file(&self, dossier: Uuid) -> sqlx::Result<BTreeMap<Uuid, File>> {
        let mut db = self.pool.acquire().await?;
        Ok(load(&mut db, &[dossier]).await?.remove(&dossier).unwrap_or_default())
    }

    /// Files that lapsed before an instant, behind `after` in order of dossier and id.
    pub async fn lapsed_files(
        &self,
        before: Timestamp,
        after: Option<Place>,
        limit: i64,
    ) -> sqlx::Result<Vec<Place>> {
        let nothing = Place { dossier: Uuid::nil(), file: Uuid::nil() };
        let Place { dossier, file } = after.unwrap_or(nothing);
        sqlx::query_as!(
            Place,
            "select dossier, id as file from dossier.files
             where lapses_at <= $1 and (dossier, id) > ($2, $3) order by dossier, id limit $4",
            before.to_sqlx() as _,
            dossier,
            file,
            limit
        )
        .fetch_all(&self.pool)
        .await
    }
}

/// The files of these dossiers.
pub(super) async fn load(
    db: &mut PgConnection,
    dossiers: &[Uuid],
) -> sqlx::Result<BTreeMap<Uuid, BTreeMap<Uuid, File>>> {
    let mut found: BTreeMap<Uuid, BTreeMap<Uuid, File>> = BTreeMap::new();
    if dossiers.is_empty() {
        return Ok(found);
    }
    let rows = sqlx::query_as!(
        Row,
        "select dossier, id, paper, sealed_name, kind, size_bytes, declared_digest, created_by,
                created_at, state, state_since, lapses_at, digest, issued, attempt,
                    supplement, handed_in, replaced_by
         from dossier.files where dossier = any ($1)",
        dossiers
    )
    .fetch_all(db)
    .await?;
    for row in rows {
        found.entry(row.dossier).or_default().insert(row.id, row.try_into()?);
    }
    Ok(found)
}

/// Writes the files that changed and removes those that are gone.
pub(super) async fn save(db: &mut PgConnection, changed: &[Changed<Dossier>]) -> sqlx::Result<()> {
    let none = BTreeMap::new();
    let (mut written, mut gone) = (Vec::new(), Vec::new());
    for Changed { before, after, .. } in changed {
        let before = before.as_ref().map_or(&none, |before| &before.files);
        let new = after.files.values().filter(|file| before.get(&file.id) != Some(file));
        written.extend(new.map(|file| (after.id, file)));
        let lost = before.keys().filter(|id| !after.files.contains_key(id));
        gone.extend(lost.map(|id| (after.id, *id)));
    }
    upsert(db, &written).await?;
    remove(db, &gone).await
}

async fn upsert(db: &mut PgConnection, files: &[(Uuid, &File)]) -> sqlx::Result<()> {
    if files.is_empty() {
        return Ok(());
    }
    let rows = || files.iter().map(|(_, file)| *file);
    let states = || rows().map(|file| state(&file.state));
    let lapses = rows().map(|file| file.lapses_at().map(ToSqlx::to_sqlx));
    sqlx::query!(
        "insert into dossier.files
             (dossier, id, paper, sealed_name, kind, size_bytes, declared_digest, created_by,
              created_at, state, state_since, lapses_at, digest, issued, attempt, supplement,
              handed_in, replaced_by)
         select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::bytea[], $5::smallint[],
             $6::bigint[], $7::bytea[], $8::text[], $9::timestamptz[], $10::smallint[],
             $11::timestamptz[], $12::timestamptz[], $13::bytea[], $14::boolean[],
             $15::integer[], $16::smallint[], $17::boolean[], $18::smallint[])
         on conflict (dossier, id) do update
         set state = excluded.state, state_since = excluded.state_since,
             lapses_at = excluded.lapses_at, digest = excluded.digest, issued = excluded.issued,
             attempt = excluded.attempt, handed_in = excluded.handed_in,
             replaced_by = excluded.replaced_by",
        &files.iter().map(|(dossier, _)| *dossier).collect::<Vec<_>>(),
        &rows().map(|file| file.id).collect::<Vec<_>>(),
        &rows().map(paper).collect::<Vec<_>>() as _,
        &rows().map(|file| file.sealed_name.clone()).collect::<Vec<_>>(),
        &rows().map(|file| file.kind as i16).collect::<Vec<_>>(),
        &rows().map(|file| i64::try_from(file.size).unwrap_or(i64::MAX)).collect::<Vec<_>>(),
        &rows().map(|file| file.declared.map(Vec::from)).collect::<Vec<_>>() as _,
        &rows().map(|file| file.created_by.clone()).collect::<Vec<_>>(),
        &rows().map(|file| file.created_at.to_sqlx()).collect::<Vec<_>>() as _,
        &states().map(|(number, ..)| number).collect::<Vec<_>>(),
        &rows()
            .zip(states())
            .map(|(file, (_, since, _))| since.unwrap_or(file.created_at).to_sqlx())
            .collect::<Vec<_>>() as _,
        &lapses.collect::<Vec<_>>() as _,
        &states().map(|(.., digest)| digest).collect::<Vec<_>>() as _,
        &rows().map(|file| file.issued).collect::<Vec<_>>(),
        &rows().map(|file| file.attempt).collect::<Vec<_>>(),
        &rows().map(|file| file.supplement.map(i16::from)).collect::<Vec<_>>() as _,
        &rows().map(|file| file.handed_in).collect::<Vec<_>>(),
        &rows().map(|file| file.replaced_by.map(i16::from)).collect::<Vec<_>>() as _,
    )
    .execute(db)
    .await?;
    Ok(())
}

fn paper(file: &File) -> Option<String> {
    match &file.purpose {
        Purpose::Paper(id) => Some(id.clone()),
        Purpose::Result => None,
    }
}

/// Its number, since when if not since its creation, and the digest.
fn state(state: &State) -> (i16, Option<Timestamp>, Option<Vec<u8>>) {
    match state {
        State::Uploading { .. } => (1, None, None),
        State::Complete { at, digest } => (2, Some(*at), Some(digest.to_vec())),
        State::Deleted { at } => (3, Some(*at), None),
    }
}

async fn remove(db: &mut PgConnection, files: &[(Uuid, Uuid)]) -> sqlx::Result<()> {
    if files.is_empty() {
        return Ok(());
    }
    let (dossiers, ids): (Vec<Uuid>, Vec<Uuid>) = files.iter().copied().unzip();
    sqlx::query!(
        "delete from dossier.files f using unnest($1::uuid[], $2::uuid[]) as gone (dossier, id)
         where f.dossier = gone.dossier and f.id = gone.id",
        &dossiers,
        &ids
    )
    .execute(db)
    .await?;
    Ok(())
}
