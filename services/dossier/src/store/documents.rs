//! The SQL of documents.

use chassis::write::Changed;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use proto::motcua::access::v1::Role;
use proto::motcua::r#type::v1::StopReason;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use super::{DossierStore, small};
use crate::document::{
    AcceptanceSlip, ApologySlip, Content, Document, RefusalSlip, Results, StopSlip, SupplementSlip,
    WithdrawalDenial,
};
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
    decided_at: Option<jiff_sqlx::Timestamp>,
    grounds: Option<String>,
    reasons: Option<Vec<String>>,
    stop_reason: Option<i16>,
    supplement: Option<i16>,
    new_due_at: Option<jiff_sqlx::Timestamp>,
    lies_with: Option<i16>,
}

impl TryFrom<Row> for Document {
    type Error = sqlx::Error;

    /// A row that no command of ours can have written is damage, told as such.
    fn try_from(row: Row) -> sqlx::Result<Self> {
        let damaged = || sqlx::Error::Protocol("dossier.documents is damaged".into());
        let content = match row.kind {
            1 => Content::AcceptanceSlip(AcceptanceSlip {
                accepted_at: row.accepted_at.ok_or_else(damaged)?.to_jiff(),
                received_on: row.received_on.map(jiff_sqlx::Date::to_jiff),
                due_at: row.due_at.ok_or_else(damaged)?.to_jiff(),
                fees: row.fees.unwrap_or_default(),
            }),
            2 => Content::Result(row.file.ok_or_else(damaged)?),
            3 => Content::RefusalSlip(RefusalSlip {
                refused_at: row.decided_at.ok_or_else(damaged)?.to_jiff(),
                reasons: row.reasons.unwrap_or_default(),
                grounds: row.grounds.ok_or_else(damaged)?,
            }),
            4 => Content::SupplementSlip(SupplementSlip {
                number: row
                    .supplement
                    .and_then(|number| number.try_into().ok())
                    .ok_or_else(damaged)?,
                requested_at: row.decided_at.ok_or_else(damaged)?.to_jiff(),
                expires_at: row.due_at.ok_or_else(damaged)?.to_jiff(),
                subjects: row.reasons.unwrap_or_default(),
                grounds: row.grounds.ok_or_else(damaged)?,
            }),
            5 => Content::StopSlip(StopSlip {
                stopped_at: row.decided_at.ok_or_else(damaged)?.to_jiff(),
                reason: row.stop_reason.and_then(stop_reason).ok_or_else(damaged)?,
            }),
            6 => Content::WithdrawalDenial(WithdrawalDenial {
                denied_at: row.decided_at.ok_or_else(damaged)?.to_jiff(),
                grounds: row.grounds.ok_or_else(damaged)?,
            }),
            7 => Content::ApologySlip(ApologySlip {
                told_at: row.decided_at.ok_or_else(damaged)?.to_jiff(),
                due_at: row.due_at.ok_or_else(damaged)?.to_jiff(),
                new_due_at: row.new_due_at.map(|at| at.to_jiff()),
                lies_with: row.lies_with.and_then(role).ok_or_else(damaged)?,
            }),
            _ => return Err(damaged()),
        };
        let added_at = row.added_at.to_jiff();
        Ok(Self { id: row.id, content, officer: row.officer, added_at })
    }
}

fn stop_reason(number: i16) -> Option<StopReason> {
    StopReason::try_from(i32::from(number)).ok()
}

fn role(number: i16) -> Option<Role> {
    Role::try_from(i32::from(number)).ok()
}

impl DossierStore {
    /// One document.
    pub async fn document(&self, dossier: Uuid, id: Uuid) -> sqlx::Result<Option<Document>> {
        sqlx::query_as!(
            Row,
            r#"select id, kind, file, officer, added_at as "added_at: _",
                      accepted_at as "accepted_at: _", received_on as "received_on: _",
                      due_at as "due_at: _", fees, decided_at as "decided_at: _", grounds, reasons,
                      stop_reason, supplement, new_due_at as "new_due_at: _", lies_with
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
                      due_at as "due_at: _", fees, decided_at as "decided_at: _", grounds, reasons,
                      stop_reason, supplement, new_due_at as "new_due_at: _", lies_with
               from dossier.documents
               where dossier = $1 and id > $2 and (kind <> 2 or $3) order by id limit $4"#,
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

/// What a document says, in the columns of its row.
#[derive(Default)]
struct Columns {
    kind: i16,
    file: Option<Uuid>,
    accepted_at: Option<Timestamp>,
    received_on: Option<Date>,
    due_at: Option<Timestamp>,
    fees: Option<Vec<i64>>,
    decided_at: Option<Timestamp>,
    grounds: Option<String>,
    reasons: Option<Vec<String>>,
    stop_reason: Option<i16>,
    supplement: Option<i16>,
    new_due_at: Option<Timestamp>,
    lies_with: Option<i16>,
}

impl From<&Content> for Columns {
    fn from(content: &Content) -> Self {
        match content.clone() {
            Content::AcceptanceSlip(AcceptanceSlip { accepted_at, received_on, due_at, fees }) => {
                Self {
                    kind: 1,
                    accepted_at: Some(accepted_at),
                    received_on,
                    due_at: Some(due_at),
                    fees: Some(fees),
                    ..Self::default()
                }
            }
            Content::Result(file) => Self { kind: 2, file: Some(file), ..Self::default() },
            Content::RefusalSlip(RefusalSlip { refused_at, reasons, grounds }) => Self {
                kind: 3,
                decided_at: Some(refused_at),
                grounds: Some(grounds),
                reasons: Some(reasons),
                ..Self::default()
            },
            Content::SupplementSlip(slip) => Self {
                kind: 4,
                decided_at: Some(slip.requested_at),
                due_at: Some(slip.expires_at),
                grounds: Some(slip.grounds),
                reasons: Some(slip.subjects),
                supplement: Some(i16::from(slip.number)),
                ..Self::default()
            },
            Content::StopSlip(StopSlip { stopped_at, reason }) => Self {
                kind: 5,
                decided_at: Some(stopped_at),
                stop_reason: Some(small(reason.into())),
                ..Self::default()
            },
            Content::ApologySlip(slip) => Self {
                kind: 7,
                decided_at: Some(slip.told_at),
                due_at: Some(slip.due_at),
                new_due_at: slip.new_due_at,
                lies_with: Some(small(slip.lies_with.into())),
                ..Self::default()
            },
            Content::WithdrawalDenial(WithdrawalDenial { denied_at, grounds }) => Self {
                kind: 6,
                decided_at: Some(denied_at),
                grounds: Some(grounds),
                ..Self::default()
            },
        }
    }
}

/// Writes the documents that a batch added. Lists go as JSON and come out as arrays: an array of arrays would have to be rectangular.
pub(super) async fn save(db: &mut PgConnection, changed: &[Changed<Dossier>]) -> sqlx::Result<()> {
    let added = changed.iter().map(|changed| &changed.after).flat_map(|dossier| {
        dossier.new_documents.iter().map(move |document| (dossier.id, document))
    });
    let documents: Vec<(Uuid, &Document)> = added.collect();
    if documents.is_empty() {
        return Ok(());
    }
    let rows = || documents.iter().map(|(_, document)| *document);
    let told: Vec<Columns> = rows().map(|document| (&document.content).into()).collect();
    let at = |column: fn(&Columns) -> Option<Timestamp>| {
        told.iter().map(|it| column(it).map(ToSqlx::to_sqlx)).collect::<Vec<_>>()
    };
    sqlx::query!(
        "insert into dossier.documents
             (dossier, id, kind, file, officer, added_at, accepted_at, received_on, due_at, fees,
              decided_at, grounds, reasons, stop_reason, supplement, new_due_at, lies_with)
         select dossier, id, kind, file, officer, added_at, accepted_at, received_on, due_at,
                case when fees is not null
                     then array(select jsonb_array_elements_text(fees)::bigint) end,
                decided_at, grounds,
                case when reasons is not null
                     then array(select jsonb_array_elements_text(reasons)) end,
                stop_reason, supplement, new_due_at, lies_with
         from unnest($1::uuid[], $2::uuid[], $3::smallint[], $4::uuid[], $5::text[],
                     $6::timestamptz[], $7::timestamptz[], $8::date[], $9::timestamptz[],
                     $10::jsonb[], $11::timestamptz[], $12::text[], $13::jsonb[], $14::smallint[],
                     $15::smallint[], $16::timestamptz[], $17::smallint[])
             as new (dossier, id, kind, file, officer, added_at, accepted_at, received_on, due_at,
                     fees, decided_at, grounds, reasons, stop_reason, supplement, new_due_at,
                     lies_with)",
        &documents.iter().map(|(dossier, _)| *dossier).collect::<Vec<_>>(),
        &rows().map(|document| document.id).collect::<Vec<_>>(),
        &told.iter().map(|it| it.kind).collect::<Vec<_>>(),
        &told.iter().map(|it| it.file).collect::<Vec<_>>() as _,
        &rows().map(|document| document.officer.clone()).collect::<Vec<_>>(),
        &rows().map(|document| document.added_at.to_sqlx()).collect::<Vec<_>>() as _,
        &at(|it| it.accepted_at) as _,
        &told.iter().map(|it| it.received_on.map(ToSqlx::to_sqlx)).collect::<Vec<_>>() as _,
        &at(|it| it.due_at) as _,
        &told.iter().map(|it| it.fees.clone().map(Json)).collect::<Vec<_>>() as _,
        &at(|it| it.decided_at) as _,
        &told.iter().map(|it| it.grounds.clone()).collect::<Vec<_>>() as _,
        &told.iter().map(|it| it.reasons.clone().map(Json)).collect::<Vec<_>>() as _,
        &told.iter().map(|it| it.stop_reason).collect::<Vec<_>>() as _,
        &told.iter().map(|it| it.supplement).collect::<Vec<_>>() as _,
        &at(|it| it.new_due_at) as _,
        &told.iter().map(|it| it.lies_with).collect::<Vec<_>>() as _,
    )
    .execute(db)
    .await?;
    Ok(())
}
