//! `TransferService`: what came, and what waits in suspense for a person.

use chassis::access::{Caller, Role, caller};
use chassis::filter::{Terms, quoted};
use chassis::names;
use chassis::pages::{Page, PageSize};
use chassis::refusal::{Failure, Refusal, Violation};
use chassis::text;
use chassis::write::{Door, Once};
use proto::motcua::payment::v1 as pb;
use proto::motcua::payment::v1::transfer_service_server::TransferService;
use proto::motcua::payment::v1::{TransferState, UnmatchedReason};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{convert, failed};
use crate::folio::{Refund, RefundTransfer, Transfer, is_reference, no_such_transfer};
use crate::store::{FolioStore, Listed, TransferKey};

const SIZES: PageSize = PageSize { default: 50, most: 200 };

/// What transfers are filtered by.
const FILTER: &str = "state = TRANSFER_STATE_IN_SUSPENSE, with it reason = UNMATCHED_REASON_DOUBLE; \
                      or invoice = \"invoices/{uuid}\"";

/// Shows transfers, and notes that one was paid back.
pub struct Transfers {
    /// Reads them.
    pub store: FolioStore,
    /// Changes them.
    pub door: Door<FolioStore>,
}

#[tonic::async_trait]
impl TransferService for Transfers {
    async fn list_transfers(
        &self,
        request: Request<pb::ListTransfersRequest>,
    ) -> Result<Response<pb::ListTransfersResponse>, Status> {
        cashier(&request)?;
        let asked = request.get_ref();
        let listed = filter(&asked.filter)?;
        let list = format!("transfers {listed:?}");
        let page = Page::<TransferKey>::asked(asked.page_size, &asked.page_token, SIZES, &list)?;
        let found = self.store.transfers(listed, page.after, page.size).await.map_err(failed)?;
        let last = found.last().map(|transfer| (transfer.received_at, transfer.id));
        Ok(Response::new(pb::ListTransfersResponse {
            next_page_token: page.next(last, found.len()),
            transfers: self.told(&found).await?,
        }))
    }

    async fn refund_transfer(
        &self,
        request: Request<pb::RefundTransferRequest>,
    ) -> Result<Response<pb::Transfer>, Status> {
        let cashier = cashier(&request)?;
        let asked = request.get_ref();
        let once = Once::call(&cashier, &asked.request_id, asked)?;
        let id = names::id("transfers", &asked.name, "name")?;
        let refund = refund(asked.refund.as_ref(), cashier)?;
        let stream = self.transfer(id).await?.stream;
        self.door.run(once, RefundTransfer { stream, transfer: id, refund }).await?;
        let refunded = self.told(&[self.transfer(id).await?]).await?.pop();
        Ok(Response::new(refunded.ok_or_else(no_such_transfer).map_err(Failure::from)?))
    }
}

impl Transfers {
    async fn transfer(&self, id: Uuid) -> Result<Transfer, Failure> {
        let found = self.store.transfer(id).await.map_err(failed)?;
        Ok(found.ok_or_else(no_such_transfer)?)
    }

    /// Transfers as the contract tells of them.
    async fn told(&self, transfers: &[Transfer]) -> Result<Vec<pb::Transfer>, Failure> {
        let invoices = self.store.named_by(transfers).await.map_err(failed)?;
        let named = |transfer: &Transfer| invoices.get(&transfer.invoice?);
        Ok(transfers.iter().map(|it| convert::transfer(it, named(it))).collect())
    }
}

/// Who looks after the money: an officer with that role, or whoever holds the installation's own key.
fn cashier<T>(request: &Request<T>) -> Result<String, Refusal> {
    let caller = caller(request);
    match &caller {
        Caller::Known { name, .. } if caller.is_the_installation() || caller.has(Role::Cashier) => {
            Ok(name.clone())
        }
        _ => Err(Refusal::denied()),
    }
}

fn filter(text: &str) -> Result<Listed, Refusal> {
    let mut terms = Terms::read(text, FILTER)?;
    let waits = |state: &TransferState| *state == TransferState::InSuspense;
    let state = terms.take("state", |value| TransferState::from_str_name(value).filter(waits))?;
    let listed = match state {
        Some(_) => Listed::InSuspense(terms.take("reason", reason)?),
        None => {
            let invoice = terms.take("invoice", |value| {
                quoted(value).and_then(|name| names::id("invoices", name, "filter").ok())
            })?;
            Listed::OfInvoice(invoice.ok_or_else(neither)?)
        }
    };
    terms.end()?;
    Ok(listed)
}

fn reason(word: &str) -> Option<UnmatchedReason> {
    UnmatchedReason::from_str_name(word).filter(|it| *it != UnmatchedReason::Unspecified)
}

fn neither() -> Refusal {
    Refusal::field(
        "filter",
        "REQUIRED",
        format!("Hãy nêu: {FILTER}."),
        format!("Ask for: {FILTER}."),
    )
}

/// How and why a transfer was paid back, every fault of it at once.
fn refund(told: Option<&pb::Refund>, cashier: String) -> Result<Refund, Refusal> {
    let told = told.cloned().unwrap_or_default();
    let reference = reference(told.reference, "refund.reference");
    match (reference, text::reason(&told.reason, "refund.reason")) {
        (Ok(reference), Ok(reason)) => Ok(Refund { reference, reason, cashier }),
        (reference, reason) => {
            Err(Refusal::fields(reference.err().into_iter().chain(reason.err()).collect()))
        }
    }
}

fn reference(text: String, field: &str) -> Result<String, Violation> {
    if is_reference(&text) {
        return Ok(text);
    }
    Err(Violation::new(
        field,
        "REFERENCE_MALFORMED",
        "Hãy nêu mã giao dịch của ngân hàng: 1 đến 64 ký tự ASCII nhìn thấy được.",
        "Give the bank's id of the transfer: 1 to 64 visible ASCII characters.",
    ))
}
