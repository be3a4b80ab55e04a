//! Withdrawing: the citizen wants the dossier back; the officer denies it once, with why, and grants it when asked again.

use chassis::service::BoxError;
use proto::motcua::dossier::v1 as dossier;
use proto::motcua::dossier::v1::EntryKind;
use proto::motcua::r#type::v1::DossierStatus;
use proto::motcua::workflow::v1 as workflow;

use super::clients::as_caller;
use super::telling::instant;
use super::walk::{Walker, expect, status, wish};

/// Where the dossier stands while its fee is due.
const OWING: DossierStatus = DossierStatus::FinancialObligationRequired;

/// Why the officer denies it.
const WORDS: &str = "Biển số đã bấm; đề nghị xác nhận lại nếu vẫn muốn rút.";

impl Walker<'_> {
    /// With a number drawn and a fee due: asked for and denied, asked for again and granted; the number goes back.
    pub(super) async fn withdraw(&mut self, dossier: &str) -> Result<(), BoxError> {
        self.chapter("Withdrawal");
        self.request_withdrawal(dossier).await?;
        let task = self.find_task(dossier, "WithdrawalRequested").await?;
        self.claim(&task).await?;
        self.deny(dossier).await?;
        self.hear("WithdrawalDenied", EntryKind::WithdrawalDenied, OWING).await?;
        self.read_denial().await?;
        self.request_withdrawal(dossier).await?;
        let task = self.find_task(dossier, "WithdrawalRequested").await?;
        self.claim(&task).await?;
        self.grant(dossier).await?;
        self.hear("WithdrawalGranted", EntryKind::Withdrawn, DossierStatus::Withdrawn).await?;
        self.hear("InvoiceCancelled", EntryKind::InvoiceCancelled, DossierStatus::Withdrawn)
            .await?;
        self.see_number_returned(dossier).await?;
        self.told_by_telephone("WithdrawalGranted", "was withdrawn").await
    }

    async fn request_withdrawal(&mut self, dossier: &str) -> Result<(), BoxError> {
        self.begin("citizen", "dossier", "RequestWithdrawal");
        let asked = dossier::RequestWithdrawalRequest {
            name: dossier.into(),
            etag: String::new(),
            request_id: wish(),
        };
        let request = as_caller(asked, &self.citizen)?;
        let asked = self.clients.dossiers.request_withdrawal(request).await?.into_inner();
        self.saw(format!("asked for at {}", instant(asked.withdrawal_request_time)));
        Ok(())
    }

    async fn deny(&mut self, dossier: &str) -> Result<(), BoxError> {
        self.begin("officer", "workflow", "DenyWithdrawal");
        let asked = workflow::DenyWithdrawalRequest {
            name: dossier.replace("dossiers/", "cases/"),
            text: WORDS.into(),
            etag: String::new(),
            request_id: wish(),
        };
        let request = as_caller(asked, &self.officer)?;
        let case = self.clients.cases.deny_withdrawal(request).await?.into_inner();
        expect(case.close_time.is_none(), "the case has ended")?;
        self.saw("denied, with why; the case goes on");
        Ok(())
    }

    async fn read_denial(&mut self) -> Result<(), BoxError> {
        let read = self.read_next_slip(OWING).await?;
        let notice = read.withdrawal_denial.ok_or("the document is no notice of a denial")?;
        expect(notice.text == WORDS, "the notice lacks what the officer wrote")?;
        let lines = notice.text_en.lines().map(str::to_owned).collect();
        self.saw_with("the notice", lines);
        Ok(())
    }

    async fn grant(&mut self, dossier: &str) -> Result<(), BoxError> {
        self.begin("officer", "workflow", "GrantWithdrawal");
        let asked = workflow::GrantWithdrawalRequest {
            name: dossier.replace("dossiers/", "cases/"),
            etag: String::new(),
            request_id: wish(),
        };
        let request = as_caller(asked, &self.officer)?;
        let case = self.clients.cases.grant_withdrawal(request).await?.into_inner();
        expect(case.close_time.is_some(), "the case goes on")?;
        self.saw(format!("{}; the case is closed", status(case.status())));
        self.remember("Withdrawn", "by its owner, granted by the agency");
        Ok(())
    }

    async fn see_number_returned(&mut self, dossier: &str) -> Result<(), BoxError> {
        self.begin("citizen", "workflow", "GetDraw");
        let asked = workflow::GetDrawRequest { name: dossier.replace("dossiers/", "draws/") };
        let request = as_caller(asked, &self.citizen)?;
        let draw = self.clients.draws.get_draw(request).await?.into_inner();
        expect(draw.state() == workflow::NumberState::Returned, "the number is still held")?;
        self.saw(format!("{} went back to its pool", draw.number));
        Ok(())
    }
}
