//! The cashier: what waits in suspense, paid back by hand, and whether the books balance.

use chassis::service::BoxError;
use proto::motcua::payment::v1 as payment;
use proto::motcua::payment::v1::{TransferState, UnmatchedReason};
use uuid::Uuid;

use super::clients::as_caller;
use super::pay::dong;
use super::walk::{Walker, expect, wish};

/// Transfers asked for at once.
const PAGE: i32 = 200;

impl Walker<'_> {
    /// Every transfer that a filter finds.
    pub(super) async fn transfers(
        &mut self,
        filter: &str,
    ) -> Result<Vec<payment::Transfer>, BoxError> {
        self.begin("cashier", "payment", "ListTransfers");
        let (mut all, mut page_token) = (Vec::new(), String::new());
        loop {
            let asked = payment::ListTransfersRequest {
                page_size: PAGE,
                page_token,
                filter: filter.into(),
            };
            let request = as_caller(asked, &self.cashier)?;
            let listed = self.clients.transfers.list_transfers(request).await?.into_inner();
            all.extend(listed.transfers);
            page_token = listed.next_page_token;
            if page_token.is_empty() {
                return Ok(all);
            }
        }
    }

    /// The transfer for an invoice that waits for a reason, among all that do.
    pub(super) async fn find_in_suspense(
        &mut self,
        invoice: &payment::Invoice,
        reason: UnmatchedReason,
    ) -> Result<payment::Transfer, BoxError> {
        let state = TransferState::InSuspense.as_str_name();
        let filter = format!("state = {state} AND reason = {}", reason.as_str_name());
        let waiting = self.transfers(&filter).await?;
        let found = waiting.into_iter().find(|transfer| transfer.invoice == invoice.name);
        let found = found.ok_or("the money does not wait in suspense")?;
        let amount = dong(found.amount.as_ref());
        self.saw_with(
            format!("{amount} in suspense"),
            vec![format!("the bank's id {}", found.reference)],
        );
        Ok(found)
    }

    /// The cashier paid it back at the bank, and notes that.
    pub(super) async fn refund(&mut self, transfer: &payment::Transfer) -> Result<(), BoxError> {
        self.begin("cashier", "payment", "RefundTransfer");
        let refund = payment::Refund {
            reference: format!("FT{}", Uuid::now_v7().simple()),
            reason: "Nộp hai lần cho cùng một hóa đơn.".into(),
            cashier: String::new(),
        };
        let asked = payment::RefundTransferRequest {
            name: transfer.name.clone(),
            refund: Some(refund),
            request_id: wish(),
        };
        let request = as_caller(asked, &self.cashier)?;
        let refunded = self.clients.transfers.refund_transfer(request).await?.into_inner();
        expect(refunded.state() == TransferState::Refunded, "it still waits")?;
        let refund = refunded.refund.ok_or("nothing is noted of the refund")?;
        let amount = dong(refunded.amount.as_ref());
        self.saw_with(
            format!("{amount} paid back at the bank, and noted"),
            vec![format!("by {}: {}", refund.reference, refund.reason)],
        );
        self.remember("Paid back", format!("{amount}, by {}", refund.reference));
        Ok(())
    }

    /// Every account of the ledger, and that they add up to nothing.
    pub(super) async fn check_books(&mut self) -> Result<(), BoxError> {
        self.begin("cashier", "payment", "CheckLedger");
        let request = as_caller(payment::CheckLedgerRequest {}, &self.cashier)?;
        let books = self.clients.ledger.check_ledger(request).await?.into_inner();
        let difference = books.difference.unwrap_or_default().units;
        expect(difference == 0 && books.unbalanced_entries.is_empty(), "the books do not balance")?;
        let line = |it: &payment::AccountBalance| {
            let account = it.account.trim_start_matches("ledgerAccounts/");
            format!("{account}: {}", dong(it.balance.as_ref()))
        };
        self.saw_with("the books balance:", books.balances.iter().map(line).collect());
        Ok(())
    }
}
