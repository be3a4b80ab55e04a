//! Settling: what the agency's officers do with the dossier.

use chassis::service::BoxError;
use proto::motcua::dossier::v1::EntryKind;
use proto::motcua::r#type::v1::{DossierStatus, Visitor};
use proto::motcua::workflow::v1 as workflow;

use super::clients::as_caller;
use super::people::AGENCY;
use super::telling::instant;
use super::walk::{Walker, a_moment, expect, wish};

impl Walker<'_> {
    /// The officer takes the dossier from the worklist and accepts it; the citizen sees the promise.
    pub(super) async fn receive(&mut self, dossier: &str) -> Result<(), BoxError> {
        self.chapter("Acceptance");
        let task = self.find_task(dossier, "DossierSubmitted").await?;
        self.claim(&task).await?;
        let case = dossier.replace("dossiers/", "cases/");
        self.accept(&case).await?;
        self.explain(&case).await?;
        self.hear("DossierAccepted", EntryKind::Accepted, DossierStatus::Accepted).await?;
        self.read_slip().await
    }

    /// The dossier is processed and signed, its result added: from here it goes by post. The citizen reads the promise anew, for the clock
    /// runs again.
    pub(super) async fn settle(&mut self, dossier: &str) -> Result<(), BoxError> {
        self.chapter("The result");
        self.hear("ClockResumed", EntryKind::Resumed, DossierStatus::InProcessing).await?;
        let promised = self.look(dossier).await?.due_time;
        self.remember("Promised", instant(promised));
        self.explain(&dossier.replace("dossiers/", "cases/")).await?;
        self.work(dossier, "process", "done").await?;
        let result = self.add_result(dossier).await?;
        self.work(dossier, "sign", "signed").await?;
        self.hear("ResultIssued", EntryKind::ResultIssued, DossierStatus::ProcessingDone).await?;
        self.read_result(result).await
    }

    /// What follows from a fact of another service is on the worklist a moment later.
    pub(super) async fn find_task(
        &mut self,
        dossier: &str,
        fact: &'static str,
    ) -> Result<String, BoxError> {
        self.begin("officer", "workflow", fact);
        loop {
            let asked = workflow::ListTasksRequest {
                parent: "cases/-".into(),
                filter: format!(r#"dossier = "{dossier}""#),
                ..workflow::ListTasksRequest::default()
            };
            let request = as_caller(asked, &self.officer)?;
            let listed = self.clients.tasks.list_tasks(request).await?.into_inner();
            if let Some(task) = listed.tasks.into_iter().next() {
                let seen = format!("a task on the worklist of {AGENCY}: {}", task.step);
                self.saw(seen);
                return Ok(task.name);
            }
            a_moment().await;
        }
    }

    pub(super) async fn claim(&mut self, task: &str) -> Result<(), BoxError> {
        self.begin("officer", "workflow", "ClaimTask");
        let asked = workflow::ClaimTaskRequest { name: task.into(), request_id: wish() };
        let request = as_caller(asked, &self.officer)?;
        let claimed = self.clients.tasks.claim_task(request).await?.into_inner();
        expect(claimed.state() == workflow::TaskState::Claimed, "the task is not claimed")?;
        self.saw("the task is theirs");
        Ok(())
    }

    async fn accept(&mut self, case: &str) -> Result<(), BoxError> {
        self.begin("officer", "workflow", "AcceptDossier");
        let asked = workflow::AcceptDossierRequest {
            name: case.into(),
            etag: String::new(),
            request_id: wish(),
        };
        let request = as_caller(asked, &self.officer)?;
        let case = self.clients.cases.accept_dossier(request).await?.into_inner();
        let pause = case.pauses.last().ok_or("the clock does not stand for the draw")?;
        let seen = format!("accepted; the clock stands since {}", instant(pause.from_time));
        self.saw(seen);
        Ok(())
    }

    async fn explain(&mut self, case: &str) -> Result<(), BoxError> {
        self.begin("officer", "workflow", "ExplainDueTime");
        let asked = workflow::ExplainDueTimeRequest { name: case.into() };
        let request = as_caller(asked, &self.officer)?;
        let why = self.clients.cases.explain_due_time(request).await?.into_inner();
        expect(!why.lines_en.is_empty(), "the date is not explained")?;
        self.saw_with("why then:", why.lines_en);
        Ok(())
    }

    /// An officer takes the task of a step and closes it.
    pub(super) async fn work(
        &mut self,
        dossier: &str,
        step: &str,
        outcome: &str,
    ) -> Result<(), BoxError> {
        self.begin("officer", "workflow", "CompleteTask");
        let task = format!("{}/tasks/{step}", dossier.replace("dossiers/", "cases/"));
        let claim = workflow::ClaimTaskRequest { name: task.clone(), request_id: wish() };
        self.clients.tasks.claim_task(as_caller(claim, &self.officer)?).await?;
        let complete = workflow::CompleteTaskRequest {
            name: task,
            outcome: outcome.into(),
            visitor: Visitor::Owner.into(),
            request_id: wish(),
        };
        let request = as_caller(complete, &self.officer)?;
        let closed = self.clients.tasks.complete_task(request).await?.into_inner();
        expect(closed.state() == workflow::TaskState::Closed, "the task is not closed")?;
        self.saw(format!("{step}: {outcome}"));
        Ok(())
    }
}
