//! `DocumentService`: what the state gives back.

use std::sync::Arc;

use chassis::access::{Caller, caller};
use chassis::clock::timestamp;
use chassis::names as uuids;
use chassis::pages::{Page, PageSize};
use chassis::refusal::{Failure, Refusal};
use chassis::write::{Door, Once};
use jiff::civil::Date;
use proto::google::r#type as google;
use proto::motcua::dossier::v1 as pb;
use proto::motcua::dossier::v1::document_service_server::DocumentService;
use serde_json::Value;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::dossiers::{readable, results_for};
use super::{failed, names};
use crate::document::{
    AcceptanceSlip, AddDocument, Content, Document, Language, Results, SlipWords, words,
};
use crate::dossier::Dossier;
use crate::events::{self, document_name};
use crate::outside::agencies::Agencies;
use crate::paper::Held;
use crate::procedure::{Catalogue, Procedure};
use crate::seal::Seal;
use crate::store::DossierStore;

const SIZES: PageSize = PageSize { default: 50, most: 100 };

/// Gives documents out, and takes results in.
pub struct Documents {
    /// The procedures there are.
    pub catalogue: Arc<Catalogue>,
    /// Tells what agencies are called.
    pub agencies: Agencies,
    /// Opens answers: who applied is not stored twice.
    pub seal: Seal,
    /// Reads documents.
    pub store: DossierStore,
    /// Adds them.
    pub door: Door<DossierStore>,
}

#[tonic::async_trait]
impl DocumentService for Documents {
    async fn get_document(
        &self,
        request: Request<pb::GetDocumentRequest>,
    ) -> Result<Response<pb::Document>, Status> {
        let caller = caller(&request);
        let (dossier, id) = names::child("documents", &request.get_ref().name, "name")?;
        let dossier = readable(&self.store, &caller, dossier).await?;
        let found = self.store.document(dossier.id, id).await.map_err(failed)?;
        let may_see = |document: &Document| {
            let is_slip = matches!(document.content, Content::AcceptanceSlip(_));
            is_slip || results_for(&caller, &dossier) != Results::None
        };
        let document = found.filter(may_see).ok_or_else(Refusal::denied)?;
        let held = self.store.papers(dossier.id).await.map_err(failed)?;
        let mut told = self.message(&dossier, &document, &held);
        if let (Content::AcceptanceSlip(slip), Some(message)) =
            (&document.content, &mut told.acceptance_slip)
        {
            self.put_in_words(&dossier, slip, message, &held).await?;
        }
        Ok(Response::new(told))
    }

    async fn list_documents(
        &self,
        request: Request<pb::ListDocumentsRequest>,
    ) -> Result<Response<pb::ListDocumentsResponse>, Status> {
        let caller = caller(&request);
        let asked = request.get_ref();
        let id = uuids::id("dossiers", &asked.parent, "parent")?;
        let list = format!("documents of {id}");
        let page = Page::<Uuid>::asked(asked.page_size, &asked.page_token, SIZES, &list)?;
        let dossier = readable(&self.store, &caller, id).await?;
        let results = results_for(&caller, &dossier);
        let found = self.store.documents(id, results, page.after, page.size).await;
        let found = found.map_err(failed)?;
        let held = self.store.papers(id).await.map_err(failed)?;
        let message = |document: &Document| self.message(&dossier, document, &held);
        Ok(Response::new(pb::ListDocumentsResponse {
            next_page_token: page.next(found.last().map(|last| last.id), found.len()),
            documents: found.iter().map(message).collect(),
        }))
    }

    async fn add_document(
        &self,
        request: Request<pb::AddDocumentRequest>,
    ) -> Result<Response<pb::Document>, Status> {
        let caller = caller(&request);
        let asked = request.get_ref();
        let once = Once::call(caller.name()?, &asked.request_id, asked)?;
        let id = uuids::id("dossiers", &asked.parent, "parent")?;
        let dossier = readable(&self.store, &caller, id).await?;
        let command = addition(&dossier, &caller, asked.document.as_ref())?;
        let added = self.door.run(once, command).await?;
        let found = self.store.document(id, added.id).await.map_err(failed)?;
        let document = found.ok_or_else(Refusal::denied)?;
        Ok(Response::new(self.message(&dossier, &document, &Held::new())))
    }
}

fn addition(
    dossier: &Dossier,
    caller: &Caller,
    document: Option<&pb::Document>,
) -> Result<AddDocument, Refusal> {
    let wished = document.cloned().unwrap_or_default();
    if wished.kind() != pb::DocumentKind::Result {
        return Err(only_results());
    }
    let (of, file) = names::child("files", &wished.file, "document.file")?;
    if of != dossier.id {
        return Err(uuids::malformed(
            "document.file",
            &format!("dossiers/{}/files/{{uuid}}", dossier.id),
        ));
    }
    let (officer, agency) = (caller.name()?.to_owned(), caller.agency()?.to_owned());
    Ok(AddDocument { dossier: dossier.id, officer, agency, file })
}

impl Documents {
    fn procedure(&self, dossier: &Dossier) -> Option<&Procedure> {
        self.catalogue.get(&dossier.procedure, dossier.version)
    }

    /// The document without the words of a slip.
    fn message(&self, dossier: &Dossier, document: &Document, held: &Held) -> pb::Document {
        let (file, slip) = match &document.content {
            Content::Result(file) => (format!("dossiers/{}/files/{file}", dossier.id), None),
            Content::AcceptanceSlip(slip) => (String::new(), Some(self.slip(dossier, slip, held))),
        };
        pb::Document {
            name: document_name(dossier.id, document.id),
            kind: events::kind(&document.content).into(),
            file,
            acceptance_slip: slip,
            add_time: Some(timestamp(document.added_at)),
            officer: document.officer.clone(),
        }
    }

    fn slip(&self, dossier: &Dossier, slip: &AcceptanceSlip, held: &Held) -> pb::AcceptanceSlip {
        let papers = self.procedure(dossier).map_or(&[][..], |procedure| &procedure.papers);
        let paper = |paper: &crate::form::PaperRequirement| {
            Some(pb::SlipPaper {
                paper: paper.id.clone(),
                name_vi: paper.name.vi.clone(),
                name_en: paper.name.en.clone(),
                files: i32::try_from(*held.get(&paper.id)?).unwrap_or(i32::MAX),
            })
        };
        pb::AcceptanceSlip {
            code: dossier.code.as_ref().map(ToString::to_string).unwrap_or_default(),
            procedure: events::procedure(dossier),
            agency: dossier.agency.clone(),
            papers: papers.iter().filter_map(paper).collect(),
            submit_time: dossier.submitted_at.map(timestamp),
            accept_time: Some(timestamp(slip.accepted_at)),
            receipt_day: slip.received_on.map(day),
            due_time: Some(timestamp(slip.due_at)),
            fees: slip.fees.iter().map(|sum| vnd(*sum)).collect(),
            ..pb::AcceptanceSlip::default()
        }
    }

    async fn put_in_words(
        &self,
        dossier: &Dossier,
        slip: &AcceptanceSlip,
        message: &mut pb::AcceptanceSlip,
        held: &Held,
    ) -> Result<(), Failure> {
        let procedure = self.procedure(dossier).ok_or_else(|| {
            Failure::Broken(format!("the catalogue lacks {} of a dossier", dossier.procedure))
        })?;
        let applicant = self.applicant(dossier, procedure).await?;
        let agency = self.agencies.title(&dossier.agency).await;
        let papers = procedure.papers.iter();
        let said = SlipWords {
            code: &message.code,
            agency: &agency,
            applicant: &applicant,
            procedure: &procedure.name,
            papers: papers.filter_map(|paper| Some((&paper.name, *held.get(&paper.id)?))).collect(),
            submitted_at: dossier.submitted_at,
            slip,
        };
        let texts = (words(&said, Language::Vi), words(&said, Language::En));
        (message.text_vi, message.text_en) = texts;
        message.applicant = applicant;
        Ok(())
    }

    /// The applicant's name as filed; empty where the form names none.
    async fn applicant(&self, dossier: &Dossier, procedure: &Procedure) -> Result<String, Failure> {
        let Some((step, property)) = procedure.form.as_ref().and_then(|form| form.applicant())
        else {
            return Ok(String::new());
        };
        let found = self.store.get(dossier.id).await?;
        let sealed = found.and_then(|mut found| found.steps.remove(&step));
        let Some(sealed) = sealed else { return Ok(String::new()) };
        let answers = self.seal.open(dossier.id, step, &sealed);
        let answers = answers.map_err(|error| Failure::Broken(error.to_string()))?;
        Ok(answers.get(property).and_then(Value::as_str).unwrap_or_default().to_owned())
    }
}

fn day(day: Date) -> google::Date {
    google::Date { year: day.year().into(), month: day.month().into(), day: day.day().into() }
}

fn vnd(units: i64) -> google::Money {
    google::Money { currency_code: "VND".into(), units, nanos: 0 }
}

fn only_results() -> Refusal {
    Refusal::field(
        "document.kind",
        "NOT_IN_LIST",
        "Chỉ có thể thêm văn bản loại kết quả; phiếu do hệ thống lập.",
        "Only results can be added; slips are drawn up by the system.",
    )
}
