//! The SQL of documents.

use chassis::write::Changed;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

use super::DossierStore;
use crate::document::{AcceptanceSlip, Content, Document, Results};
use crate::dossier::Dossier;

struct Row {
    id: Uuid,
    kind: i16,
    file: Option<Uuid>,
    officer: String,
    added_at: jiff_sqlx::Timestamp,
    accepted_at: Option<jiff_sqlx::Timestamp>,
    received_on: Option<jiff_sqlx::Date>,
    due_at: Option<jiff_sqlx::Timestamp>,
    fees: Option<Vec<i64>>,
}

impl TryFrom<Row> for Document {
    type Error = sqlx::Error;

    /// A row that no command of ours can have written is damage, told as such.
    fn try_from(row: Row) -> sqlx::Result<Self> {
        let content = match (row.kind, row.accepted_at.zip(row.due_at), row.file) {
            (1, Some((accepted_at, due_at)), None) => Content::AcceptanceSlip(AcceptanceSlip {
                accepted_at: accepted_at.to_jiff(),
                received_on: row.received_on.map(jiff_sqlx::Date::to_jiff),
                due_at: due_at.to_jiff(),
                fees: row.fees.unwrap_or_default(),
            }),
            (2, None, Some(file)) => Content::Result(file),
            _ => return Err(sqlx::Error::Protocol("dossier.documents is damaged".into())),
        };
        let added_at = row.added_at.to_jiff();
        Ok(Self { id: row.id, content, officer: row.officer, added_at })
    }
}

impl DossierStore {
    /// One document.
    pub async fn document(&self, dossier: Uuid, id: Uuid) -> sqlx::Result<Option<Document>> {
        sqlx::query_as!(
            Row,
            r#"select id, kind, file, officer, added_at as "added_at: _",
                      accepted_at as "accepted_at: _", received_on as "received_on: _",
                      due_at as "due_at: _", fees
               from dossier.documents where dossier = $1 and id = $2"#,
            dossier,
            id
        )
        .fetch_optional(&self.pool)
        .await?
        .map(TryInto::try_into)
        .transpose()
    }

    /// A dossier's documents behind `after`, in order of id; slips alone where no results are shown.
    pub async fn documents(
        &self,
        dossier: Uuid,
        results: Results,
        after: Option<Uuid>,
        limit: i64,
    ) -> sqlx::Result<Vec<Document>> {
        sqlx::query_as!(
            Row,
            r#"select id, kind, file, officer, added_at as "added_at: _",
                      accepted_at as "accepted_at: _", received_on as "received_on: _",
                      due_at as "due_at: _", fees
               from dossier.documents
               where dossier = $1 and id > $2 and (kind = 1 or $3) order by id limit $4"#,
            dossier,
            after.unwrap_or(Uuid::nil()),
            results != Results::None,
            limit
        )
        .fetch_all(&self.pool)
        .await?
        .into_iter()
        .map(TryInto::try_into)
        .collect()
    }
}

/// Writes the documents that a batch added: results in one statement, slips in another.
pub(super) async fn save(db: &mut PgConnection, changed: &[Changed<Dossier>]) -> sqlx::Result<()> {
    let (mut results, mut slips) = (Vec::new(), Vec::new());
    for dossier in changed.iter().map(|changed| &changed.after) {
        for document in &dossier.new_documents {
            match &document.content {
                Content::Result(file) => results.push((dossier.id, document, *file)),
                Content::AcceptanceSlip(slip) => slips.push((dossier.id, document, slip)),
            }
        }
    }
    save_results(db, &results).await?;
    save_slips(db, &slips).await
}

async fn save_results(
    db: &mut PgConnection,
    results: &[(Uuid, &Document, Uuid)],
) -> sqlx::Result<()> {
    if results.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "insert into dossier.documents (dossier, id, kind, file, officer, added_at)
         select dossier, id, 2, file, officer, added_at
         from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::timestamptz[])
             as new (dossier, id, file, officer, added_at)",
        &results.iter().map(|(dossier, ..)| *dossier).collect::<Vec<_>>(),
        &results.iter().map(|(_, document, _)| document.id).collect::<Vec<_>>(),
        &results.iter().map(|(.., file)| *file).collect::<Vec<_>>(),
        &results.iter().map(|(_, document, _)| document.officer.clone()).collect::<Vec<_>>(),
        &results.iter().map(|(_, document, _)| document.added_at.to_sqlx()).collect::<Vec<_>>()
            as _,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Fees go as text and come out as arrays: an array of arrays would have to be rectangular.
async fn save_slips(
    db: &mut PgConnection,
    slips: &[(Uuid, &Document, &AcceptanceSlip)],
) -> sqlx::Result<()> {
    if slips.is_empty() {
        return Ok(());
    }
    let slip = || slips.iter().map(|(.., slip)| *slip);
    sqlx::query!(
        "insert into dossier.documents
             (dossier, id, kind, officer, added_at, accepted_at, received_on, due_at, fees)
         select dossier, id, 1, officer, added_at, accepted_at, received_on, due_at,
                fees::bigint[]
         from unnest($1::uuid[], $2::uuid[], $3::text[], $4::timestamptz[], $5::timestamptz[],
                     $6::date[], $7::timestamptz[], $8::text[])
             as new (dossier, id, officer, added_at, accepted_at, received_on, due_at, fees)",
        &slips.iter().map(|(dossier, ..)| *dossier).collect::<Vec<_>>(),
        &slips.iter().map(|(_, document, _)| document.id).collect::<Vec<_>>(),
        &slips.iter().map(|(_, document, _)| document.officer.clone()).collect::<Vec<_>>(),
        &slips.iter().map(|(_, document, _)| document.added_at.to_sqlx()).collect::<Vec<_>>() as _,
        &slip().map(|slip| slip.accepted_at.to_sqlx()).collect::<Vec<_>>() as _,
        &slip().map(|slip| slip.received_on.map(ToSqlx::to_sqlx)).collect::<Vec<_>>() as _,
        &slip().map(|slip| slip.due_at.to_sqlx()).collect::<Vec<_>>() as _,
        &slip().map(|slip| array(&slip.fees)).collect::<Vec<_>>(),
    )
    .execute(db)
    .await?;
    Ok(())
}

/// An array as PostgreSQL reads it.
fn array(sums: &[i64]) -> String {
    let sums: Vec<_> = sums.iter().map(ToString::to_string).collect();
    format!("{{{}}}", sums.join(","))
}
