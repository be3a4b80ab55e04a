//! Paying the fee: an invoice, a scanned code, the bank's word, a receipt.

use chassis::service::BoxError;
use proto::google::r#type::Money;
use proto::motcua::payment::v1 as payment;
use proto::motcua::payment::v1::InvoiceState;
use sandbox::bank::{Behaviour, Payment};

use super::clients::as_caller;
use super::walk::{Walker, a_moment, expect};

impl Walker<'_> {
    /// The citizen finds the invoice, scans its code with a banking application, and gets the receipt. The invoice as it was found.
    pub(super) async fn pay(&mut self, dossier: &str) -> Result<payment::Invoice, BoxError> {
        self.chapter("Payment");
        let invoice = self.find_invoice(dossier).await?;
        let scanned =
            Payment { qr: invoice.vietqr.clone(), behaviour: Behaviour::Twice, amount: None };
        let seen = "paid by the banking application; the bank tells of it twice";
        self.transfer(&scanned, seen).await?;
        self.see_receipt(&invoice.name).await?;
        Ok(invoice)
    }

    /// The event becomes an invoice: it is there a moment later.
    pub(super) async fn find_invoice(
        &mut self,
        dossier: &str,
    ) -> Result<payment::Invoice, BoxError> {
        self.begin("citizen", "payment", "InvoiceIssued");
        loop {
            let asked = payment::ListInvoicesRequest {
                filter: format!(r#"dossier = "{dossier}""#),
                ..payment::ListInvoicesRequest::default()
            };
            let request = as_caller(asked, &self.citizen)?;
            let listed = self.clients.invoices.list_invoices(request).await?.into_inner();
            if let Some(invoice) = listed.invoices.into_iter().next() {
                let total = dong(invoice.total.as_ref());
                let seen = format!("{}: {total}, to be paid by VietQR", invoice.number);
                self.saw_with(seen, vec![invoice.vietqr.clone()]);
                return Ok(invoice);
            }
            a_moment().await;
        }
    }

    /// A banking application transfers money.
    pub(super) async fn transfer(
        &mut self,
        scanned: &Payment,
        seen: impl Into<String>,
    ) -> Result<(), BoxError> {
        self.begin("citizen", "bank", "scan");
        self.clients.pay(scanned).await?;
        self.saw(seen);
        Ok(())
    }

    pub(super) async fn see_receipt(&mut self, name: &str) -> Result<(), BoxError> {
        self.begin("citizen", "payment", "InvoicePaid");
        loop {
            let invoice = self.invoice(name).await?;
            if invoice.state() == InvoiceState::Paid {
                expect(!invoice.receipt_number.is_empty(), "no receipt was given")?;
                self.saw(format!("receipt {}", invoice.receipt_number));
                let total = dong(invoice.total.as_ref());
                self.remember("Paid", format!("{total}, receipt {}", invoice.receipt_number));
                return Ok(());
            }
            a_moment().await;
        }
    }

    /// The invoice as the citizen sees it.
    pub(super) async fn invoice(&mut self, name: &str) -> Result<payment::Invoice, BoxError> {
        let asked = payment::GetInvoiceRequest { name: name.into() };
        let request = as_caller(asked, &self.citizen)?;
        Ok(self.clients.invoices.get_invoice(request).await?.into_inner())
    }
}

/// An amount in groups of three digits.
pub(super) fn dong(money: Option<&Money>) -> String {
    let digits = money.map(|money| money.units).unwrap_or_default().to_string();
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    format!("{} đồng", groups.join("."))
}
