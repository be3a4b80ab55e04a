//! Paying the fee: an invoice, a scanned code, the bank's word, a receipt.

use std::time::Duration;

use chassis::service::BoxError;
use proto::motcua::payment::v1 as payment;
use proto::motcua::payment::v1::InvoiceState;
use sandbox::bank::{Behaviour, Payment};

use super::clients::as_caller;
use super::walk::{Walker, expect};

impl Walker<'_> {
    /// The citizen finds the invoice, scans its code with a banking application, and gets the receipt.
    pub(super) async fn pay(&mut self, dossier: &str) -> Result<(), BoxError> {
        let invoice = self.find_invoice(dossier).await?;
        self.scan(&invoice).await?;
        self.see_receipt(&invoice.name).await
    }

    /// The event becomes an invoice: it is there a moment later.
    async fn find_invoice(&mut self, dossier: &str) -> Result<payment::Invoice, BoxError> {
        let began = self.begin("InvoiceIssued");
        loop {
            let asked = payment::ListInvoicesRequest {
                filter: format!(r#"dossier = "{dossier}""#),
                ..payment::ListInvoicesRequest::default()
            };
            let request = as_caller(asked, &self.citizen)?;
            let listed = self.clients.invoices.list_invoices(request).await?.into_inner();
            if let Some(invoice) = listed.invoices.into_iter().next() {
                let total = invoice.total.as_ref().map(|total| total.units).unwrap_or_default();
                let seen = format!("{}: {total} VND, to be paid by VietQR", invoice.number);
                self.saw(began, "citizen", "payment", seen, vec![invoice.vietqr.clone()]);
                return Ok(invoice);
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn scan(&mut self, invoice: &payment::Invoice) -> Result<(), BoxError> {
        let began = self.begin("scan");
        let scanned =
            Payment { qr: invoice.vietqr.clone(), behaviour: Behaviour::Twice, amount: None };
        self.clients.pay(&scanned).await?;
        let seen = "paid by the banking application; the bank tells of it twice".into();
        self.saw(began, "citizen", "bank", seen, Vec::new());
        Ok(())
    }

    async fn see_receipt(&mut self, name: &str) -> Result<(), BoxError> {
        let began = self.begin("InvoicePaid");
        loop {
            let asked = payment::GetInvoiceRequest { name: name.into() };
            let request = as_caller(asked, &self.citizen)?;
            let invoice = self.clients.invoices.get_invoice(request).await?.into_inner();
            if invoice.state() == InvoiceState::Paid {
                expect(!invoice.receipt_number.is_empty(), "no receipt was given")?;
                let seen = format!("receipt {}", invoice.receipt_number);
                self.saw(began, "citizen", "payment", seen, Vec::new());
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}
