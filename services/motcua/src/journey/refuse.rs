//! Refusing: the officer states reasons, the citizen is told and reads them.

use chassis::service::BoxError;
use proto::motcua::dossier::v1::EntryKind;
use proto::motcua::r#type::v1::DossierStatus;
use proto::motcua::workflow::v1 as workflow;

use super::clients::as_caller;
use super::walk::{Walker, expect, status, wish};

/// What the officer adds to a reason.
const WORDS: &str = "Hóa đơn thiếu trang 2; đề nghị nộp bản đầy đủ.";

impl Walker<'_> {
    /// The officer takes the dossier from the worklist and refuses it; the citizen hears of it on the telephone and reads why.
    pub(super) async fn refuse(&mut self, dossier: &str) -> Result<(), BoxError> {
        self.chapter("Refusal");
        let task = self.find_task(dossier, "DossierSubmitted").await?;
        self.claim(&task).await?;
        self.see_reasons().await?;
        self.refuse_with_reasons(dossier).await?;
        self.hear("DossierRefused", EntryKind::Refused, DossierStatus::NotAccepted).await?;
        self.read_refusal().await?;
        self.told_by_telephone("DossierRefused", "was not accepted").await
    }

    async fn see_reasons(&mut self) -> Result<(), BoxError> {
        self.begin("officer", "workflow", "GetRefusalReasons");
        let asked = workflow::GetRefusalReasonsRequest {};
        let known = self.clients.grounds.get_refusal_reasons(asked).await?.into_inner();
        let lines = known.reasons.into_iter().map(|reason| reason.title_en).collect();
        self.saw_with("a dossier can be refused for:", lines);
        Ok(())
    }

    async fn refuse_with_reasons(&mut self, dossier: &str) -> Result<(), BoxError> {
        self.begin("officer", "workflow", "RefuseDossier");
        let reason = |code: &str, text: &str| workflow::StatedReason {
            code: code.into(),
            text: text.into(),
        };
        let asked = workflow::RefuseDossierRequest {
            name: dossier.replace("dossiers/", "cases/"),
            reasons: vec![reason("papers_lacking", WORDS), reason("not_competent", "")],
            etag: String::new(),
            request_id: wish(),
        };
        let request = as_caller(asked, &self.officer)?;
        let case = self.clients.cases.refuse_dossier(request).await?.into_inner();
        expect(case.close_time.is_some(), "the case goes on")?;
        self.saw(format!("{}; the case is closed", status(case.status())));
        Ok(())
    }

    async fn read_refusal(&mut self) -> Result<(), BoxError> {
        let read = self.read_next_slip(DossierStatus::NotAccepted).await?;
        let slip = read.refusal_slip.ok_or("the document is no slip of refusal")?;
        expect(slip.text_vi.contains(WORDS), "the slip lacks what the officer wrote")?;
        let lines = slip.text_en.lines().map(str::to_owned).collect();
        self.saw_with("the slip of refusal", lines);
        self.remember("Refused", "with reasons, which its owner has in writing");
        Ok(())
    }
}
