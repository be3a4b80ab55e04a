//! Supplementing: the officer asks for everything at once, the citizen answers all of it and nothing else, and the clock stands meanwhile.

use chassis::replicas::Replicas;
use chassis::service::BoxError;
use proto::motcua::dossier::v1 as dossier;
use proto::motcua::dossier::v1::EntryKind;
use proto::motcua::dossier::v1::supplement_service_client::SupplementServiceClient;
use proto::motcua::r#type::v1::DossierStatus;
use proto::motcua::workflow::v1 as workflow;
use tonic::Code;

use super::clients::as_caller;
use super::papers;
use super::telling::instant;
use super::walk::{Walker, expect, violations, wish};

/// What an officer finds missing, and what the citizen answers to it.
pub(super) struct Ask {
    /// Step of the form, its id, the property in question and the new answer.
    field: (i32, &'static str, &'static str, &'static str),
    /// A property of the step that is not in question.
    other: &'static str,
    /// A paper in question.
    paper: Option<&'static str>,
    /// Why, in the officer's words.
    why: &'static str,
}

/// Asked for first.
pub(super) const FIRST: Ask = Ask {
    field: (2, "vehicle", "colour", "Trắng đen"),
    other: "brand",
    paper: Some("purchase_invoice"),
    why: "Màu xe ghi trong hồ sơ khác với hóa đơn; hóa đơn bị mờ.",
};

/// Asked for after the first was answered.
pub(super) const SECOND: Ask = Ask {
    field: (1, "applicant", "contact_phone", "0907654321"),
    other: "full_name",
    paper: None,
    why: "Số điện thoại liên hệ không gọi được.",
};

impl Ask {
    fn subjects(&self) -> Vec<String> {
        let (_, step, property, _) = self.field;
        let paper = self.paper.map(|paper| format!("papers.{paper}"));
        std::iter::once(format!("answers.{step}.{property}")).chain(paper).collect()
    }
}

impl Walker<'_> {
    /// The clock runs; the officer asks, the citizen answers, the officer sees what is new.
    pub(super) async fn supplement(
        &mut self,
        dossier: &str,
        number: u8,
        ask: &Ask,
    ) -> Result<(), BoxError> {
        self.chapter("A supplement");
        self.hear("ClockResumed", EntryKind::Resumed, DossierStatus::InProcessing).await?;
        let task = format!("{}/tasks/process", dossier.replace("dossiers/", "cases/"));
        self.claim(&task).await?;
        self.request_supplement(dossier, ask).await?;
        let asked = EntryKind::SupplementRequested;
        self.hear("SupplementRequested", asked, DossierStatus::SupplementRequired).await?;
        self.read_request(ask).await?;
        self.told_by_telephone("SupplementRequested", "is to be supplemented").await?;
        self.change_what_is_asked(dossier, ask).await?;
        let name = format!("{dossier}/supplements/{number}");
        self.answer_supplement(&name).await?;
        self.see_what_is_new(&name, ask).await
    }

    async fn request_supplement(&mut self, dossier: &str, ask: &Ask) -> Result<(), BoxError> {
        self.begin("officer", "workflow", "RequestSupplement");
        let item = |subject| workflow::MissingItem { subject, text: ask.why.into() };
        let asked = workflow::RequestSupplementRequest {
            name: dossier.replace("dossiers/", "cases/"),
            items: ask.subjects().into_iter().map(item).collect(),
            etag: String::new(),
            request_id: wish(),
        };
        let request = as_caller(asked, &self.officer)?;
        let case = self.clients.cases.request_supplement(request).await?.into_inner();
        let pause = case.pauses.last().ok_or("the clock does not stand")?;
        let until = instant(pause.expire_time);
        self.saw_with(format!("asked for, until {until}; the clock stands"), ask.subjects());
        Ok(())
    }

    async fn read_request(&mut self, ask: &Ask) -> Result<(), BoxError> {
        let read = self.read_next_slip(DossierStatus::SupplementRequired).await?;
        let slip = read.supplement_slip.ok_or("the document asks for no supplement")?;
        expect(slip.text_vi.contains(ask.why), "the slip lacks what the officer wrote")?;
        let lines = slip.text_en.lines().map(str::to_owned).collect();
        self.saw_with("the slip that asks for it", lines);
        Ok(())
    }

    /// What was not asked for stays as it was filed, field by field.
    async fn change_what_is_asked(&mut self, dossier: &str, ask: &Ask) -> Result<(), BoxError> {
        self.begin("citizen", "dossier", "SaveStep");
        let (number, step, property, new) = ask.field;
        let mut answers = self.answers()?[step].clone();
        answers[property] = new.into();
        let mut meddled = answers.clone();
        meddled[ask.other] = "Khác".into();
        let refused = self.save_step(dossier, number, &meddled).await;
        let refused = refused.err().ok_or("what was not asked for was changed")?;
        let status = refused.downcast::<tonic::Status>()?;
        expect(status.code() == Code::InvalidArgument, "it is refused for another reason")?;
        self.saw_with("what was not asked for is refused:", violations(&status));
        self.begin("citizen", "dossier", "SaveStep");
        self.save_step(dossier, number, &answers).await?;
        self.saw(format!("{step}.{property} anew"));
        if let Some(paper) = ask.paper {
            self.begin("citizen", "dossier", "WriteFile");
            papers::hand_in(&mut self.clients.files, &self.citizen, dossier, paper).await?;
            self.saw(format!("{paper} anew"));
        }
        Ok(())
    }

    async fn answer_supplement(&mut self, name: &str) -> Result<(), BoxError> {
        self.begin("citizen", "dossier", "SupplementDossier");
        let asked = dossier::SupplementDossierRequest {
            name: name.into(),
            etag: String::new(),
            request_id: wish(),
        };
        let request = as_caller(asked.clone(), &self.citizen)?;
        let answered = self.supplements().supplement_dossier(request).await?.into_inner();
        let request = as_caller(asked, &self.citizen)?;
        let again = self.supplements().supplement_dossier(request).await?.into_inner();
        expect(answered == again, "a repeat answered otherwise")?;
        expect(answered.state() == dossier::SupplementState::Answered, "it is not answered")?;
        self.saw(format!("answered at {}, sent twice", instant(answered.answer_time)));
        Ok(())
    }

    async fn see_what_is_new(&mut self, name: &str, ask: &Ask) -> Result<(), BoxError> {
        self.begin("officer", "dossier", "GetSupplement");
        let asked = dossier::GetSupplementRequest { name: name.into() };
        let request = as_caller(asked, &self.officer)?;
        let read = self.supplements().get_supplement(request).await?.into_inner();
        expect(read.items.len() == ask.subjects().len(), "something is not told")?;
        let lines = read.items.iter().map(changed).collect();
        self.saw_with("what is new, beside what was before:", lines);
        Ok(())
    }

    fn supplements(&self) -> SupplementServiceClient<Replicas> {
        self.clients.supplements.clone()
    }
}

fn changed(item: &dossier::SupplementItem) -> String {
    let said = |value: &Option<prost_types::Value>| match value.as_ref().map(|it| &it.kind) {
        Some(Some(prost_types::value::Kind::StringValue(text))) => text.clone(),
        _ => "—".into(),
    };
    if item.subject.starts_with("papers.") {
        let (before, after) = (item.files_before.len(), item.files_after.len());
        return format!("{}: {before} file(s) before, {after} now", item.title_en);
    }
    format!("{}: {} before, {} now", item.title_en, said(&item.before), said(&item.after))
}
