//! `InvoiceService`: what is due on dossiers.

use chassis::access::{Caller, Person, caller};
use chassis::filter::{Terms, quoted};
use chassis::names;
use chassis::pages::{Page, PageSize};
use chassis::peers::{PeerChannel, unanswered};
use chassis::refusal::{Failure, Refusal};
use proto::motcua::dossier::v1::GetDossierRequest;
use proto::motcua::dossier::v1::dossier_service_client::DossierServiceClient;
use proto::motcua::payment::v1 as pb;
use proto::motcua::payment::v1::invoice_service_server::InvoiceService;
use tonic::{Code, Request, Response, Status};
use uuid::Uuid;

use super::{convert, failed};
use crate::folio::Invoice;
use crate::store::{FolioStore, InvoiceKey};

const SIZES: PageSize = PageSize { default: 20, most: 100 };

/// What the invoices listed are filtered by.
const FILTER: &str = "dossier = \"dossiers/{uuid}\"";

/// Shows invoices.
pub struct Invoices {
    /// Reads them.
    pub store: FolioStore,
    /// Tells whose dossier it is.
    pub owners: Owners,
}

#[tonic::async_trait]
impl InvoiceService for Invoices {
    async fn get_invoice(
        &self,
        request: Request<pb::GetInvoiceRequest>,
    ) -> Result<Response<pb::Invoice>, Status> {
        let id = names::id("invoices", &request.get_ref().name, "name")?;
        let found = self.store.invoice(id).await.map_err(failed)?;
        let invoice = found.ok_or_else(Refusal::denied)?;
        self.check_reader(&caller(&request), &invoice).await?;
        Ok(Response::new(convert::invoice(&invoice)?))
    }

    async fn list_invoices(
        &self,
        request: Request<pb::ListInvoicesRequest>,
    ) -> Result<Response<pb::ListInvoicesResponse>, Status> {
        let caller = caller(&request);
        let asked = request.get_ref();
        let dossier = filter(&asked.filter)?;
        let agency = caller.agency().ok();
        if is_citizen(&caller) {
            self.owners.check(dossier, caller.name()?).await?;
        }
        let list = format!("invoices of {dossier} {agency:?}");
        let page = Page::<InvoiceKey>::asked(asked.page_size, &asked.page_token, SIZES, &list)?;
        let found = self.store.invoices_of(dossier, agency, page.after, page.size).await;
        let found = found.map_err(failed)?;
        let last = found.last().map(|invoice| (invoice.issued_at, invoice.id));
        Ok(Response::new(pb::ListInvoicesResponse {
            next_page_token: page.next(last, found.len()),
            invoices: found.iter().map(convert::invoice).collect::<Result<_, _>>()?,
        }))
    }
}

impl Invoices {
    /// Its citizen, officers of its agency, and services may read an invoice.
    async fn check_reader(&self, caller: &Caller, invoice: &Invoice) -> Result<(), Failure> {
        match caller {
            Caller::Known { name, person: Person::Citizen { .. } } => {
                self.owners.check(invoice.dossier.id, name).await
            }
            Caller::Known { person: Person::Officer { agency, .. }, .. }
                if *agency == invoice.dossier.agency =>
            {
                Ok(())
            }
            Caller::Known { person: Person::Service, .. } => Ok(()),
            _ => Err(Refusal::denied().into()),
        }
    }
}

/// Asks dossier whose a dossier is: payment itself does not know people.
#[derive(Clone)]
pub struct Owners {
    dossiers: DossierServiceClient<PeerChannel>,
}

impl Owners {
    /// Those that dossier, behind this channel, knows.
    pub fn told_by(channel: PeerChannel) -> Self {
        Self { dossiers: DossierServiceClient::new(channel) }
    }

    /// Refuses anyone but the dossier's owner.
    async fn check(&self, dossier: Uuid, caller: &str) -> Result<(), Failure> {
        let asked = GetDossierRequest { name: format!("dossiers/{dossier}") };
        match self.dossiers.clone().get_dossier(asked).await {
            Ok(told) if told.get_ref().owner == caller => Ok(()),
            Ok(_) => Err(Refusal::denied().into()),
            Err(status) if status.code() == Code::PermissionDenied => Err(Refusal::denied().into()),
            Err(status) => Err(unanswered("dossier", &status)),
        }
    }
}

fn is_citizen(caller: &Caller) -> bool {
    matches!(caller, Caller::Known { person: Person::Citizen { .. }, .. })
}

/// The dossier that a filter names.
fn filter(text: &str) -> Result<Uuid, Refusal> {
    let mut terms = Terms::read(text, FILTER)?;
    let dossier = terms.take("dossier", |value| {
        quoted(value).and_then(|name| names::id("dossiers", name, "filter").ok())
    })?;
    terms.end()?;
    dossier.ok_or_else(no_dossier)
}

fn no_dossier() -> Refusal {
    Refusal::field(
        "filter",
        "REQUIRED",
        format!("Hãy nêu hồ sơ: {FILTER}."),
        format!("Name the dossier: {FILTER}."),
    )
}
