//! Money that does not fit: too little of it, the same twice, and a bank that tells of one transfer twice.

use chassis::service::BoxError;
use proto::motcua::dossier::v1::EntryKind;
use proto::motcua::payment::v1 as payment;
use proto::motcua::payment::v1::{TransferState, UnmatchedReason};
use proto::motcua::r#type::v1::DossierStatus;
use sandbox::bank::{Behaviour, Payment};

use super::pay::dong;
use super::walk::{Walker, expect};

impl Walker<'_> {
    /// The citizen types the amount, one nought too few; is told what is missing, and pays that.
    pub(super) async fn pay_in_parts(&mut self, dossier: &str) -> Result<(), BoxError> {
        self.chapter("Payment, in parts");
        let invoice = self.find_invoice(dossier).await?;
        let total = invoice.total.as_ref().ok_or("the invoice has no total")?.units;
        let typed = scan(&invoice, Some(total / 10));
        self.transfer(&typed, "typed by hand, one nought too few").await?;
        let due = DossierStatus::FinancialObligationRequired;
        self.hear("TransferUnmatched", EntryKind::TransferSetAside, due).await?;
        self.told_by_telephone("TransferUnmatched", "is still to be paid").await?;
        let rest = self.see_outstanding(&invoice.name).await?;
        self.transfer(&scan(&rest, None), "the new code: what is outstanding, exactly").await?;
        self.see_receipt(&invoice.name).await
    }

    async fn see_outstanding(&mut self, name: &str) -> Result<payment::Invoice, BoxError> {
        self.begin("citizen", "payment", "GetInvoice");
        let invoice = self.invoice(name).await?;
        expect(invoice.outstanding != invoice.total, "nothing of it is paid")?;
        let outstanding = dong(invoice.outstanding.as_ref());
        let seen = format!("{outstanding} of {} outstanding", dong(invoice.total.as_ref()));
        self.saw_with(seen, vec![invoice.vietqr.clone()]);
        Ok(invoice)
    }

    /// Somebody at home pays the invoice once more, by a picture of its code. A cashier finds the money, pays it back and says so.
    pub(super) async fn pay_again(&mut self, paid: &payment::Invoice) -> Result<(), BoxError> {
        self.chapter("Paid twice");
        self.transfer(&scan(paid, None), "somebody at home pays by a picture of the code").await?;
        let status = DossierStatus::ResultReturned;
        self.hear("TransferUnmatched", EntryKind::TransferSetAside, status).await?;
        self.told_by_telephone("TransferUnmatched", "It will be paid back").await?;
        self.chapter("At the cashier's");
        self.cashier_signs_in().await?;
        let double = self.find_in_suspense(paid, UnmatchedReason::Double).await?;
        self.refund(&double).await?;
        self.check_books().await?;
        self.hear("TransferRefunded", EntryKind::TransferRefunded, status).await?;
        self.told_by_telephone("TransferRefunded", "was paid back").await
    }

    /// The bank calls once more about the transfer that paid: nothing comes of it.
    pub(super) async fn hear_the_bank_again(
        &mut self,
        paid: &payment::Invoice,
    ) -> Result<(), BoxError> {
        self.chapter("The bank calls again");
        self.cashier_signs_in().await?;
        let transfer = self.see_one_transfer(paid).await?;
        self.begin("bank", "payment", "callback");
        self.clients.call_again(&transfer.reference).await?;
        self.saw(format!("told of {} once more, and was thanked", transfer.reference));
        let same = self.see_one_transfer(paid).await?;
        expect(same == transfer, "the repeat changed the transfer")?;
        self.check_books().await
    }

    async fn see_one_transfer(
        &mut self,
        paid: &payment::Invoice,
    ) -> Result<payment::Transfer, BoxError> {
        let mut all = self.transfers(&format!(r#"invoice = "{}""#, paid.name)).await?;
        let transfer = all.pop().ok_or("no transfer came for the invoice")?;
        expect(all.is_empty(), "one transfer counts as several")?;
        expect(transfer.state() == TransferState::Matched, "it did not pay the invoice")?;
        self.saw(format!("one transfer, {}, pays the invoice", dong(transfer.amount.as_ref())));
        Ok(transfer)
    }
}

/// What a banking application makes of an invoice's code; with the amount that the payer typed instead of its own.
fn scan(invoice: &payment::Invoice, amount: Option<i64>) -> Payment {
    Payment { qr: invoice.vietqr.clone(), behaviour: Behaviour::Once, amount }
}
