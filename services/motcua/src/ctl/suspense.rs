//! `motcua ctl suspense`: money that waits for a person, shown and noted as paid back.

use std::str::FromStr;

use chassis::service::BoxError;
use clap::Subcommand;
use proto::motcua::payment::v1 as pb;
use proto::motcua::payment::v1::transfer_service_client::TransferServiceClient;
use serde::Serialize;
use tonic::transport::Channel;
use uuid::Uuid;

use super::mesh::{Service, Services, table, time};
use super::wish;

/// Transfers asked for at once.
const PAGE: i32 = 200;

/// Those that wait.
const WAITING: &str = "state = TRANSFER_STATE_IN_SUSPENSE";

/// What can be done about money in suspense.
#[derive(Subcommand)]
pub enum Suspense {
    /// List the transfers that wait, the oldest first
    List {
        /// Print a JSON array instead of a table
        #[arg(long)]
        json: bool,
    },
    /// Note that one was paid back at the bank; nothing is paid by this command
    Refund {
        /// Its UUID, alone or as transfers/{uuid}, as `list` shows it
        transfer: Transfer,
        /// The bank's id of the transfer back
        #[arg(long)]
        reference: String,
        /// Why, for those who ask later: one line, without personal data
        #[arg(long)]
        reason: String,
    },
}

/// A transfer as the command line names it.
#[derive(Clone)]
pub struct Transfer(Uuid);

impl FromStr for Transfer {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let id = text.strip_prefix("transfers/").unwrap_or(text);
        id.parse().map(Self).map_err(|_| "a transfer is named by its UUID".into())
    }
}

/// A transfer as it is printed.
#[derive(Serialize)]
struct Row {
    transfer: Uuid,
    reason: String,
    dong: i64,
    paid: String,
    received: String,
    reference: String,
    dossier: String,
    invoice: String,
}

/// Does what was asked, and returns what to print.
///
/// # Errors
/// Payment does not answer, or its refusal.
pub async fn run(services: &Services, asked: Suspense) -> Result<String, BoxError> {
    let payment = services.named("payment")?;
    match asked {
        Suspense::List { json } => {
            let rows = waiting(payment).await?;
            if json { Ok(serde_json::to_string_pretty(&rows)?) } else { Ok(as_table(&rows)) }
        }
        Suspense::Refund { transfer, reference, reason } => {
            let refund = pb::Refund { reference, reason, cashier: String::new() };
            refunded(payment, transfer, refund).await
        }
    }
}

async fn waiting(payment: &Service) -> Result<Vec<Row>, BoxError> {
    let (mut rows, mut page_token) = (Vec::new(), String::new());
    loop {
        let asked =
            pb::ListTransfersRequest { page_size: PAGE, page_token, filter: WAITING.into() };
        let listed = client(payment).list_transfers(payment.signed(asked)?).await;
        let listed = listed.map_err(|status| payment.refused(status))?.into_inner();
        for transfer in listed.transfers {
            rows.push(row(transfer)?);
        }
        page_token = listed.next_page_token;
        if page_token.is_empty() {
            return Ok(rows);
        }
    }
}

async fn refunded(
    payment: &Service,
    Transfer(id): Transfer,
    refund: pb::Refund,
) -> Result<String, BoxError> {
    let wished = pb::RefundTransferRequest {
        name: format!("transfers/{id}"),
        refund: Some(refund),
        request_id: wish(),
    };
    let refunded = client(payment).refund_transfer(payment.signed(wished)?).await;
    let refunded = refunded.map_err(|status| payment.refused(status))?.into_inner();
    let amount = refunded.amount.unwrap_or_default().units;
    Ok(format!("{amount} VND of {} were noted as paid back.", refunded.reference))
}

fn client(payment: &Service) -> TransferServiceClient<Channel> {
    TransferServiceClient::new(payment.channel.clone())
}

fn row(transfer: pb::Transfer) -> Result<Row, BoxError> {
    let reason = transfer.reason().as_str_name().trim_start_matches("UNMATCHED_REASON_");
    Ok(Row {
        reason: reason.to_lowercase(),
        transfer: transfer.name.trim_start_matches("transfers/").parse()?,
        dong: transfer.amount.unwrap_or_default().units,
        paid: time(transfer.pay_time),
        received: time(transfer.receive_time),
        reference: transfer.reference,
        dossier: transfer.dossier.unwrap_or_default().code,
        invoice: transfer.invoice,
    })
}

fn as_table(rows: &[Row]) -> String {
    let headings = ["TRANSFER", "REASON", "VND", "PAID", "BANK'S ID", "DOSSIER"];
    let cells: Vec<_> = rows.iter().map(Row::cells).collect();
    table(headings, &cells, "No money waits in suspense.")
}

impl Row {
    fn cells(&self) -> [String; 6] {
        let dossier = if self.dossier.is_empty() { "-" } else { &self.dossier };
        [
            self.transfer.to_string(),
            self.reason.clone(),
            self.dong.to_string(),
            self.paid.clone(),
            self.reference.clone(),
            dossier.into(),
        ]
    }
}
