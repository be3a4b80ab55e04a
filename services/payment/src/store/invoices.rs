//! Table `payment.invoices`.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use proto::motcua::payment::v1::InvoiceState;
use proto::motcua::r#type::v1::Channel;
use serde_json::Value;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::{InvoiceKey, damaged, small};
use crate::events;
use crate::folio::{Dossier, Fees, Folio, Invoice, Purpose, State};
use crate::ledger::FeeKind;
use crate::money::Dong;
use crate::settings::Payee;

struct Row {
    id: Uuid,
    dossier: Uuid,
    dossier_code: String,
    procedure: String,
    agency: String,
    channel: i16,
    number: String,
    lines: Value,
    bank_bin: String,
    account: String,
    purpose: String,
    state: i16,
    issued_at: jiff_sqlx::Timestamp,
    expires_at: jiff_sqlx::Timestamp,
    paid_at: Option<jiff_sqlx::Timestamp>,
    receipt: Option<String>,
    in_parts: i64,
}

pub(super) async fn one(pool: &PgPool, id: Uuid) -> sqlx::Result<Option<Invoice>> {
    let row = sqlx::query_as!(Row, "select * from payment.invoices where id = $1", id)
        .fetch_optional(pool)
        .await?;
    row.map(Row::invoice).transpose()
}

pub(super) async fn all(pool: &PgPool, ids: &[Uuid]) -> sqlx::Result<Vec<Invoice>> {
    let rows = sqlx::query_as!(Row, "select * from payment.invoices where id = any ($1)", ids)
        .fetch_all(pool)
        .await?;
    rows.into_iter().map(Row::invoice).collect()
}

pub(super) async fn page(
    pool: &PgPool,
    dossier: Uuid,
    agency: Option<&str>,
    after: Option<InvoiceKey>,
    limit: i64,
) -> sqlx::Result<Vec<Invoice>> {
    let (issued_at, id) = after.unwrap_or((Timestamp::UNIX_EPOCH, Uuid::nil()));
    let rows = sqlx::query_as!(
        Row,
        "select * from payment.invoices
         where dossier = $1 and (issued_at, id) > ($2, $3) and ($4::text is null or agency = $4)
         order by issued_at, id limit $5",
        dossier,
        issued_at.to_sqlx() as _,
        id,
        agency,
        limit
    )
    .fetch_all(pool)
    .await?;
    rows.into_iter().map(Row::invoice).collect()
}

pub(super) async fn of_dossiers(
    db: &mut PgConnection,
    dossiers: &[Uuid],
) -> sqlx::Result<Vec<Invoice>> {
    let rows = sqlx::query_as!(
        Row,
        "select * from payment.invoices where dossier = any ($1) order by issued_at, id",
        dossiers
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Row::invoice).collect()
}

pub(super) async fn save(db: &mut PgConnection, folios: &[&Folio]) -> sqlx::Result<()> {
    let rows: Vec<&Invoice> = folios.iter().flat_map(|folio| &folio.invoices).collect();
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "insert into payment.invoices
             (id, dossier, dossier_code, procedure, agency, channel, number, lines, bank_bin, account,
              purpose, state, issued_at, expires_at, paid_at, receipt, in_parts)
         select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[],
             $6::smallint[], $7::text[], $8::jsonb[], $9::text[], $10::text[], $11::text[],
             $12::smallint[], $13::timestamptz[], $14::timestamptz[], $15::timestamptz[], $16::text[],
             $17::bigint[])
         on conflict (id) do update
         set state = excluded.state, paid_at = excluded.paid_at, receipt = excluded.receipt,
             in_parts = excluded.in_parts
         where (invoices.state, invoices.in_parts) <> (excluded.state, excluded.in_parts)
             and invoices.dossier = excluded.dossier",
        &rows.iter().map(|row| row.id).collect::<Vec<_>>(),
        &rows.iter().map(|row| row.dossier.id).collect::<Vec<_>>(),
        &rows.iter().map(|row| row.dossier.code.clone()).collect::<Vec<_>>(),
        &rows.iter().map(|row| row.dossier.procedure.clone()).collect::<Vec<_>>(),
        &rows.iter().map(|row| row.dossier.agency.clone()).collect::<Vec<_>>(),
        &rows.iter().map(|row| small(row.dossier.channel.into())).collect::<Vec<_>>(),
        &rows.iter().map(|row| row.number.clone()).collect::<Vec<_>>(),
        &rows.iter().map(|row| lines(&row.fees)).collect::<Vec<_>>(),
        &rows.iter().map(|row| row.payee.bank_bin().to_owned()).collect::<Vec<_>>(),
        &rows.iter().map(|row| row.payee.account().to_owned()).collect::<Vec<_>>(),
        &rows.iter().map(|row| row.purpose.to_string()).collect::<Vec<_>>(),
        &rows.iter().map(|row| small(events::state(&row.state).into())).collect::<Vec<_>>(),
        &rows.iter().map(|row| row.issued_at.to_sqlx()).collect::<Vec<_>>() as _,
        &rows.iter().map(|row| row.expires_at.to_sqlx()).collect::<Vec<_>>() as _,
        &rows.iter().map(|row| row.paid_at().map(ToSqlx::to_sqlx)).collect::<Vec<_>>() as _,
        &rows.iter().map(|row| row.receipt().map(str::to_owned)).collect::<Vec<_>>() as _,
        &rows.iter().map(|row| row.in_parts().units()).collect::<Vec<_>>(),
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Pairs of kind and amount.
fn lines(fees: &Fees) -> Value {
    let pair = |(kind, amount): &(FeeKind, Dong)| {
        Value::from(vec![i64::from(i32::from(events::fee_kind(*kind))), amount.units()])
    };
    fees.lines().iter().map(pair).collect()
}

fn fees(lines: Value) -> Option<Fees> {
    let pairs: Vec<(i32, i64)> = serde_json::from_value(lines).ok()?;
    let line =
        |(kind, amount): (i32, i64)| Some((events::ledger_kind(kind)?, Dong::new(amount).ok()?));
    Fees::new(pairs.into_iter().map(line).collect::<Option<_>>()?)
}

impl Row {
    fn invoice(self) -> sqlx::Result<Invoice> {
        Ok(Invoice {
            id: self.id,
            state: self.state()?,
            dossier: Dossier {
                id: self.dossier,
                code: self.dossier_code,
                procedure: self.procedure,
                agency: self.agency,
                channel: Channel::try_from(i32::from(self.channel)).map_err(damaged)?,
            },
            number: self.number,
            fees: fees(self.lines).ok_or_else(|| damaged("lines"))?,
            payee: Payee::new(&self.bank_bin, &self.account).map_err(damaged)?,
            purpose: Purpose::parse(&self.purpose).ok_or_else(|| damaged("purpose"))?,
            issued_at: self.issued_at.to_jiff(),
            expires_at: self.expires_at.to_jiff(),
        })
    }

    fn state(&self) -> sqlx::Result<State> {
        match (InvoiceState::try_from(i32::from(self.state)), self.paid_at, &self.receipt) {
            (Ok(InvoiceState::Issued), None, None) => {
                Ok(State::Issued { in_parts: Dong::new(self.in_parts).map_err(damaged)? })
            }
            (Ok(InvoiceState::Paid), Some(at), Some(receipt)) => {
                Ok(State::Paid { at: at.to_jiff(), receipt: receipt.clone() })
            }
            (Ok(InvoiceState::Expired), None, None) => Ok(State::Expired),
            (Ok(InvoiceState::Cancelled), None, None) => Ok(State::Cancelled),
            _ => Err(damaged("state")),
        }
    }
}
