//! The SQL of dossiers.

mod documents;
mod files;
mod supplements;
mod timeline;
mod whole;

use std::collections::{BTreeMap, HashMap};

use chassis::gather::Gathered;
use chassis::write::{Asked, Changed, Outgoing, Store, Stream};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use proto::motcua::r#type::v1::{Channel, DossierStatus, ReturnWay};
use sqlx::types::Json;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::dossier::{Dossier, DossierCode, Fact, HandedIn};
use crate::events;
use crate::procedure::ProcedureCode;
use crate::supplement::Supplement;
use crate::timeline::Action;

pub use timeline::Snapshot;
pub use whole::Whole;

/// Dossiers in the service's database.
#[derive(Clone, Debug)]
pub struct DossierStore {
    pool: PgPool,
    wholes: Gathered<Uuid, Whole>,
}

/// Which of an owner's dossiers are sought; all, where nothing is said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sought {
    /// Those that stand here.
    pub status: Option<DossierStatus>,
    /// Drafts alone, or none of them.
    pub draft: Option<bool>,
    /// Those of this procedure, whichever version.
    pub procedure: Option<ProcedureCode>,
}

struct Row {
    id: Uuid,
    owner: String,
    procedure_code: String,
    procedure_version: i32,
    agency: String,
    channel: i16,
    status: i16,
    code: Option<String>,
    created_at: jiff_sqlx::Timestamp,
    draft_days: i16,
    expire_at: Option<jiff_sqlx::Timestamp>,
    submitted_at: Option<jiff_sqlx::Timestamp>,
    return_way: i16,
    accepted_at: Option<jiff_sqlx::Timestamp>,
    due_at: Option<jiff_sqlx::Timestamp>,
    late_since: Option<jiff_sqlx::Timestamp>,
    new_due_at: Option<jiff_sqlx::Timestamp>,
    actions: Json<Vec<Action>>,
    entries: i32,
    supplements: Json<Vec<Supplement>>,
    withdrawal_asked_at: Option<jiff_sqlx::Timestamp>,
    withdrawals: i16,
    handed_in: Option<Json<HandedIn>>,
    revision: i64,
}

impl TryFrom<Row> for Dossier {
    type Error = sqlx::Error;

    /// A row that no command of ours can have written is damage, told as such.
    fn try_from(row: Row) -> sqlx::Result<Self> {
        let damaged =
            |column| sqlx::Error::Protocol(format!("dossier.dossiers.{column} is damaged"));
        Ok(Self {
            id: row.id,
            owner: row.owner,
            procedure: row.procedure_code.parse().map_err(|_| damaged("procedure_code"))?,
            version: row.procedure_version.try_into().map_err(|_| damaged("procedure_version"))?,
            agency: row.agency,
            channel: Channel::try_from(i32::from(row.channel)).map_err(|_| damaged("channel"))?,
            handed_in: row.handed_in.map(|handed_in| handed_in.0),
            status: DossierStatus::try_from(i32::from(row.status))
                .map_err(|_| damaged("status"))?,
            code: row.code.map(DossierCode),
            created_at: row.created_at.to_jiff(),
            draft_days: row.draft_days.try_into().map_err(|_| damaged("draft_days"))?,
            expire_at: row.expire_at.map(|at| at.to_jiff()),
            lapsed: false,
            submitted_at: row.submitted_at.map(|at| at.to_jiff()),
            return_way: ReturnWay::try_from(i32::from(row.return_way))
                .map_err(|_| damaged("return_way"))?,
            accepted_at: row.accepted_at.map(|at| at.to_jiff()),
            due_at: row.due_at.map(|at| at.to_jiff()),
            late_since: row.late_since.map(|at| at.to_jiff()),
            new_due_at: row.new_due_at.map(|at| at.to_jiff()),
            actions: row.actions.0,
            supplements: row.supplements.0,
            withdrawal_asked_at: row.withdrawal_asked_at.map(|at| at.to_jiff()),
            withdrawals: row.withdrawals.try_into().map_err(|_| damaged("withdrawals"))?,
            entries: row.entries,
            revision: row.revision,
            new_entries: Vec::new(),
            saved_steps: BTreeMap::new(),
            pending_steps: BTreeMap::new(),
            turn: None,
            files: BTreeMap::new(),
            new_documents: Vec::new(),
        })
    }
}

impl DossierStore {
    /// Those in this database.
    pub fn new(pool: PgPool) -> Self {
        Self { wholes: whole::gathered(pool.clone()), pool }
    }

    /// One dossier without its steps.
    pub async fn find(&self, id: Uuid) -> sqlx::Result<Option<Dossier>> {
        sqlx::query_as!(
            Row,
            r#"select id, owner, procedure_code, procedure_version, agency, channel, status, code,
                    created_at, draft_days, expire_at, submitted_at, return_way, accepted_at, due_at,
                    late_since, new_due_at, actions as "actions: _", entries,
                    supplements as "supplements: _", withdrawal_asked_at, withdrawals,
                    handed_in as "handed_in: _", revision
             from dossier.dossiers where id = $1"#,
            id
        )
        .fetch_optional(&self.pool)
        .await?
        .map(TryInto::try_into)
        .transpose()
    }

    /// How many drafts an owner has, counted no further than `most`, unless the dossier `id` exists: then none, for nothing is added.
    pub async fn drafts_besides(&self, owner: &str, id: Uuid, most: i64) -> sqlx::Result<i64> {
        sqlx::query_scalar!(
            r#"select count(*) as "count!" from (
                   select 1 from dossier.dossiers where owner = $1 and status = 0
                       and not exists (select 1 from dossier.dossiers where id = $2)
                   limit $3
               ) drafts"#,
            owner,
            id,
            most
        )
        .fetch_one(&self.pool)
        .await
    }

    /// The dossier of a code.
    pub async fn by_code(&self, code: &DossierCode) -> sqlx::Result<Option<Dossier>> {
        sqlx::query_as!(
            Row,
            r#"select id, owner, procedure_code, procedure_version, agency, channel, status, code,
                    created_at, draft_days, expire_at, submitted_at, return_way, accepted_at, due_at,
                    late_since, new_due_at, actions as "actions: _", entries,
                    supplements as "supplements: _", withdrawal_asked_at, withdrawals,
                    handed_in as "handed_in: _", revision
             from dossier.dossiers where code = $1"#,
            code.0
        )
        .fetch_optional(&self.pool)
        .await?
        .map(TryInto::try_into)
        .transpose()
    }

    /// An owner's dossiers that are sought, behind `after`, newest first.
    pub async fn of_owner(
        &self,
        owner: &str,
        sought: &Sought,
        after: Option<(Timestamp, Uuid)>,
        limit: i64,
    ) -> sqlx::Result<Vec<Dossier>> {
        let (before, id) = after.unwrap_or((Timestamp::MAX, Uuid::max()));
        sqlx::query_as!(
            Row,
            r#"select id, owner, procedure_code, procedure_version, agency, channel, status, code,
                    created_at, draft_days, expire_at, submitted_at, return_way, accepted_at, due_at,
                    late_since, new_due_at, actions as "actions: _", entries,
                    supplements as "supplements: _", withdrawal_asked_at, withdrawals,
                    handed_in as "handed_in: _", revision
             from dossier.dossiers where owner = $1 and (created_at, id) < ($2, $3)
                 and ($5::smallint is null or status = $5)
                 and ($6::boolean is null or (status = 0) = $6)
                 and ($7::text is null or procedure_code = $7)
             order by created_at desc, id desc limit $4"#,
            owner,
            before.to_sqlx() as _,
            id,
            limit,
            sought.status.map(|status| small(status.into())),
            sought.draft,
            sought.procedure.as_ref().map(ToString::to_string)
        )
        .fetch_all(&self.pool)
        .await?
        .into_iter()
        .map(TryInto::try_into)
        .collect()
    }
}

/// The number of an enum or a few days, as it is kept.
fn small(number: i32) -> i16 {
    i16::try_from(number).unwrap_or_default()
}

impl Store for DossierStore {
    type Root = Dossier;

    async fn load(
        &self,
        db: &mut PgConnection,
        asked: &[Asked<Dossier>],
    ) -> sqlx::Result<HashMap<Stream, Dossier>> {
        let ids: Vec<Uuid> = asked.iter().map(|asked| asked.stream.0).collect();
        let rows = sqlx::query_as!(
            Row,
            r#"select id, owner, procedure_code, procedure_version, agency, channel, status, code,
                    created_at, draft_days, expire_at, submitted_at, return_way, accepted_at, due_at,
                    late_since, new_due_at, actions as "actions: _", entries,
                    supplements as "supplements: _", withdrawal_asked_at, withdrawals,
                    handed_in as "handed_in: _", revision
             from dossier.dossiers where id = any ($1)"#,
            &ids
        )
        .fetch_all(&mut *db)
        .await?;
        let mut dossiers: HashMap<Stream, Dossier> = rows
            .into_iter()
            .map(|row| Ok((Stream(row.id), row.try_into()?)))
            .collect::<sqlx::Result<_>>()?;
        for (dossier, files) in files::load(db, &wanting_files(asked)).await? {
            if let Some(dossier) = dossiers.get_mut(&Stream(dossier)) {
                dossier.files = files;
            }
        }
        Ok(dossiers)
    }

    async fn save(&self, db: &mut PgConnection, changed: &[Changed<Dossier>]) -> sqlx::Result<()> {
        save_dossiers(db, changed).await?;
        save_steps(db, changed).await?;
        supplements::save(db, changed).await?;
        files::save(db, changed).await?;
        documents::save(db, changed).await?;
        timeline::save(db, changed).await?;
        delete_lapsed(db, changed).await
    }

    fn message(fact: &Fact) -> Outgoing {
        events::message(fact)
    }
}

fn wanting_files(asked: &[Asked<Dossier>]) -> Vec<Uuid> {
    let wanting = asked.iter().filter(|asked| asked.wants.iter().any(|wants| wants.files));
    wanting.map(|asked| asked.stream.0).collect()
}

async fn save_dossiers(db: &mut PgConnection, changed: &[Changed<Dossier>]) -> sqlx::Result<()> {
    let rows = || changed.iter().map(|changed| &changed.after);
    let versions: Vec<i32> =
        rows().map(|row| i32::try_from(row.version).unwrap_or(i32::MAX)).collect();
    sqlx::query!(
        "insert into dossier.dossiers
             (id, owner, procedure_code, procedure_version, agency, channel, status, code,
              created_at, submitted_at, revision, return_way, accepted_at, due_at, actions, entries,
              draft_days, expire_at, supplements, withdrawal_asked_at, withdrawals, handed_in, late_since, new_due_at)
         select * from unnest($1::uuid[], $2::text[], $3::text[], $4::integer[], $5::text[],
             $6::smallint[], $7::smallint[], $8::text[], $9::timestamptz[], $10::timestamptz[],
             $11::bigint[], $12::smallint[], $13::timestamptz[], $14::timestamptz[], $15::jsonb[],
             $16::integer[], $17::smallint[], $18::timestamptz[], $19::jsonb[],
             $20::timestamptz[], $21::smallint[], $22::jsonb[], $23::timestamptz[], $24::timestamptz[])
         on conflict (id) do update
         set owner = excluded.owner, channel = excluded.channel, status = excluded.status,
             code = excluded.code, handed_in = excluded.handed_in,
             submitted_at = excluded.submitted_at, revision = excluded.revision,
             return_way = excluded.return_way, accepted_at = excluded.accepted_at,
             due_at = excluded.due_at, actions = excluded.actions, entries = excluded.entries,
             expire_at = excluded.expire_at, supplements = excluded.supplements,
             withdrawal_asked_at = excluded.withdrawal_asked_at,
             withdrawals = excluded.withdrawals, late_since = excluded.late_since,
             new_due_at = excluded.new_due_at",
        &rows().map(|row| row.id).collect::<Vec<_>>(),
        &rows().map(|row| row.owner.clone()).collect::<Vec<_>>(),
        &rows().map(|row| row.procedure.to_string()).collect::<Vec<_>>(),
        &versions,
        &rows().map(|row| row.agency.clone()).collect::<Vec<_>>(),
        &rows().map(|row| small(row.channel.into())).collect::<Vec<_>>(),
        &rows().map(|row| small(row.status.into())).collect::<Vec<_>>(),
        &rows().map(|row| row.code.as_ref().map(|code| code.0.clone())).collect::<Vec<_>>() as _,
        &rows().map(|row| row.created_at.to_sqlx()).collect::<Vec<_>>() as _,
        &rows().map(|row| row.submitted_at.map(ToSqlx::to_sqlx)).collect::<Vec<_>>() as _,
        &rows().map(|row| row.revision).collect::<Vec<_>>(),
        &rows().map(|row| small(row.return_way.into())).collect::<Vec<_>>(),
        &rows().map(|row| row.accepted_at.map(ToSqlx::to_sqlx)).collect::<Vec<_>>() as _,
        &rows().map(|row| row.due_at.map(ToSqlx::to_sqlx)).collect::<Vec<_>>() as _,
        &rows().map(|row| Json(row.actions.clone())).collect::<Vec<_>>() as _,
        &rows().map(|row| row.entries).collect::<Vec<_>>(),
        &rows().map(|row| small(row.draft_days.into())).collect::<Vec<_>>(),
        &rows().map(|row| row.expire_at.map(ToSqlx::to_sqlx)).collect::<Vec<_>>() as _,
        &rows().map(|row| Json(row.supplements.clone())).collect::<Vec<_>>() as _,
        &rows().map(|row| row.withdrawal_asked_at.map(ToSqlx::to_sqlx)).collect::<Vec<_>>() as _,
        &rows().map(|row| i16::from(row.withdrawals)).collect::<Vec<_>>(),
        &rows().map(|row| row.handed_in.clone().map(Json)).collect::<Vec<_>>() as _,
        &rows().map(|row| row.late_since.map(ToSqlx::to_sqlx)).collect::<Vec<_>>() as _,
        &rows().map(|row| row.new_due_at.map(ToSqlx::to_sqlx)).collect::<Vec<_>>() as _,
    )
    .execute(db)
    .await?;
    Ok(())
}

async fn save_steps(db: &mut PgConnection, changed: &[Changed<Dossier>]) -> sqlx::Result<()> {
    let mut dossiers = Vec::new();
    let mut steps = Vec::new();
    let mut sealed = Vec::new();
    for dossier in changed.iter().map(|changed| &changed.after) {
        for (step, answers) in &dossier.saved_steps {
            dossiers.push(dossier.id);
            steps.push(i16::from(*step));
            sealed.push(answers.clone());
        }
    }
    if dossiers.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "insert into dossier.steps (dossier, step, sealed)
         select * from unnest($1::uuid[], $2::smallint[], $3::bytea[])
         on conflict (dossier, step) do update set sealed = excluded.sealed",
        &dossiers,
        &steps,
        &sealed
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Deletes the drafts that lapsed, and by the foreign key all that belongs to them.
async fn delete_lapsed(db: &mut PgConnection, changed: &[Changed<Dossier>]) -> sqlx::Result<()> {
    let lapsed = changed.iter().filter(|changed| changed.after.lapsed);
    let lapsed: Vec<_> = lapsed.map(|changed| changed.stream.0).collect();
    if lapsed.is_empty() {
        return Ok(());
    }
    sqlx::query!("delete from dossier.dossiers where id = any ($1)", &lapsed).execute(db).await?;
    Ok(())
}
