//! `DocumentService`: what the state gives back.

use chassis::access::{Caller, caller};
use chassis::clock::timestamp;
use chassis::names as uuids;
use chassis::pages::{Page, PageSize};
use chassis::refusal::Refusal;
use chassis::write::{Door, Once};
use proto::motcua::dossier::v1 as pb;
use proto::motcua::dossier::v1::document_service_server::DocumentService;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::dossiers::{readable, results_for};
use super::slips::{self, SlipPaper, Slips};
use super::{failed, names};
use crate::document::{AddDocument, Content, Document, Results};
use crate::dossier::Dossier;
use crate::events::{self, document_name};
use crate::store::DossierStore;

const SIZES: PageSize = PageSize { default: 50, most: 100 };

/// Gives documents out, and takes results in.
pub struct Documents {
    /// Draws up slips.
    pub slips: Slips,
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
            document.content.is_slip() || results_for(&caller, &dossier) != Results::None
        };
        let document = found.filter(may_see).ok_or_else(Refusal::denied)?;
        let papers = self.slips.papers(&dossier).await?;
        let mut told = message(&dossier, &document, &papers);
        self.slips.put_in_words(&dossier, &document.content, &papers, &mut told).await?;
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
        let papers = self.slips.papers(&dossier).await?;
        let message = |document: &Document| message(&dossier, document, &papers);
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
        Ok(Response::new(message(&dossier, &document, &[])))
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

/// The document without the words of a slip.
fn message(dossier: &Dossier, document: &Document, papers: &[SlipPaper<'_>]) -> pb::Document {
    let told = pb::Document {
        name: document_name(dossier.id, document.id),
        kind: events::kind(&document.content).into(),
        add_time: Some(timestamp(document.added_at)),
        officer: document.officer.clone(),
        ..pb::Document::default()
    };
    match &document.content {
        Content::Result(file) => {
            pb::Document { file: format!("dossiers/{}/files/{file}", dossier.id), ..told }
        }
        Content::AcceptanceSlip(slip) => {
            pb::Document { acceptance_slip: Some(slips::acceptance(dossier, slip, papers)), ..told }
        }
        Content::RefusalSlip(slip) => {
            pb::Document { refusal_slip: Some(slips::refusal(dossier, slip)), ..told }
        }
        Content::SupplementSlip(slip) => {
            pb::Document { supplement_slip: Some(slips::supplement(dossier, slip)), ..told }
        }
        Content::WithdrawalDenial(slip) => {
            pb::Document { withdrawal_denial: Some(slips::denial(dossier, slip)), ..told }
        }
        Content::ApologySlip(slip) => {
            pb::Document { apology_slip: Some(slips::apology(dossier, *slip)), ..told }
        }
        Content::StopSlip(slip) => {
            pb::Document { stop_slip: Some(slips::stop(dossier, *slip)), ..told }
        }
    }
}

fn only_results() -> Refusal {
    Refusal::field(
        "document.kind",
        "NOT_IN_LIST",
        "Chỉ có thể thêm văn bản loại kết quả; phiếu do hệ thống lập.",
        "Only results can be added; slips are drawn up by the system.",
    )
}
