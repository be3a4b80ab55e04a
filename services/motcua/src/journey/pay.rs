//! Paying the fee: an invoice, a scanned code, the bank's word, a receipt.

use chassis::service::BoxError;
use proto::motcua::payment::v1 as payment;
use proto::motcua::payment::v1::InvoiceState;
use sandbox::bank::{Behaviour, Payment};

use super::clients::as_caller;
use super::walk::{Walker, a_moment, expect};

impl Walker<'_> {
    /// The citizen finds the invoice, scans its code with a banking application, and gets the receipt.
    pub(super) async fn pay(&mut self, dossier: &str) -> Result<(), BoxError> {
        self.chapter("Payment");
        let invoice = self.find_invoice(dossier).await?;
        self.scan(&invoice).await?;
        self.see_receipt(&invoice.name).await
    }

    /// The event becomes an invoice: it is there a moment later.
    async fn find_invoice(&mut self, dossier: &str) -> Result<payment::Invoice, BoxError> {
        self.begin("citizen", "payment", "InvoiceIssued");
        loop {
            let asked = payment::ListInvoicesRequest {
                filter: format!(r#"dossier = "{dossier}""#),
                ..payment::ListInvoicesRequest::default()
            };
            let request = as_caller(asked, &self.citizen)?;
            let listed = self.clients.invoices.list_invoices(request).await?.into_inner();
            if let Some(invoice) = listed.invoices.into_iter().next() {
                let seen = format!("{}: {}, to be paid by VietQR", invoice.number, total(&invoice));
                self.saw_with(seen, vec![invoice.vietqr.clone()]);
                return Ok(invoice);
            }
            a_moment().await;
        }
    }

    async fn scan(&mut self, invoice: &payment::Invoice) -> Result<(), BoxError> {
        self.begin("citizen", "bank", "scan");
        let scanned =
            Payment { qr: invoice.vietqr.clone(), behaviour: Behaviour::Twice, amount: None };
        self.clients.pay(&scanned).await?;
        let seen = "paid by the banking application; the bank tells of it twice";
        self.saw(seen);
        Ok(())
    }

    async fn see_receipt(&mut self, name: &str) -> Result<(), BoxError> {
        self.begin("citizen", "payment", "InvoicePaid");
        loop {
            let asked = payment::GetInvoiceRequest { name: name.into() };
            let request = as_caller(asked, &self.citizen)?;
            let invoice = self.clients.invoices.get_invoice(request).await?.into_inner();
            if invoice.state() == InvoiceState::Paid {
                expect(!invoice.receipt_number.is_empty(), "no receipt was given")?;
                let seen = format!("receipt {}", invoice.receipt_number);
                self.saw(seen);
                let paid = format!("{}, receipt {}", total(&invoice), invoice.receipt_number);
                self.remember("Paid", paid);
                return Ok(());
            }
            a_moment().await;
        }
    }
}

/// What an invoice comes to, in groups of three digits.
fn total(invoice: &payment::Invoice) -> String {
    let digits = invoice.total.as_ref().map(|total| total.units).unwrap_or_default().to_string();
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    format!("{} đồng", groups.join("."))
}
