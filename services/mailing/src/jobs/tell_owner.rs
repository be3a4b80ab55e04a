//! Telling the owner of a dossier: who that is, and where they can be reached, is asked only now, and forgotten when it is told.

use std::sync::Arc;

use chassis::jobs::{Job, Lease, Progress, Work};
use chassis::peers::PeerChannel;
use chassis::refusal::Failure;
use proto::motcua::dossier::v1::GetDossierRequest;
use proto::motcua::dossier::v1::dossier_service_client::DossierServiceClient;
use proto::motcua::identity::v1::account_service_client::AccountServiceClient;
use proto::motcua::identity::v1::{Contact, ContactPurpose, ResolveContactsRequest};
use serde::{Deserialize, Serialize};
use tonic::Status;
use uuid::Uuid;

use crate::message::{ConfirmSending, Notice};
use crate::outside::Gateway;
use crate::template::{Language, Templates};

/// What has to be told about which dossier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Telling {
    /// The dossier.
    pub dossier: Uuid,
    /// What.
    pub notice: Notice,
}

impl Work for Telling {
    const KIND: &'static str = "tell_owner";
}

/// Tells owners.
pub struct TellOwner {
    /// Knows who owns a dossier.
    pub dossiers: DossierServiceClient<PeerChannel>,
    /// Knows where people can be reached.
    pub accounts: AccountServiceClient<PeerChannel>,
    /// Takes messages.
    pub gateway: Gateway,
    /// What they say.
    pub templates: Arc<Templates>,
}

impl Job for TellOwner {
    type Work = Telling;
    type Done = ConfirmSending;

    async fn step(
        &self,
        work: Telling,
        lease: &Lease,
    ) -> Result<Progress<ConfirmSending>, Failure> {
        let owner = self.owner(work.dossier).await?;
        let contact = self.contact(owner).await?;
        let language = if contact.locale == "en" { Language::En } else { Language::Vi };
        let text = self.text(&work.notice, language)?;
        let sent = self.gateway.send(lease.id, &contact.phone_number, &text).await;
        // Even a refusal may be a wrong secret or address that an operator mends.
        sent.map_err(|error| Failure::Unavailable(error.to_string()))?;
        let told = ConfirmSending { dossier: work.dossier, id: lease.id, attempt: lease.attempt };
        Ok(Progress::Done(told))
    }
}

impl TellOwner {
    async fn owner(&self, dossier: Uuid) -> Result<String, Failure> {
        let asked = GetDossierRequest { name: format!("dossiers/{dossier}") };
        let answer = self.dossiers.clone().get_dossier(asked).await;
        Ok(answer.map_err(|status| unanswered("dossier", &status))?.into_inner().owner)
    }

    async fn contact(&self, account: String) -> Result<Contact, Failure> {
        let asked = ResolveContactsRequest {
            accounts: vec![account],
            purpose: ContactPurpose::Notification.into(),
        };
        let answer = self.accounts.clone().resolve_contacts(asked).await;
        let answer = answer.map_err(|status| unanswered("identity", &status))?.into_inner();
        let contact = answer.contacts.into_iter().next();
        contact.ok_or_else(|| Failure::Broken("the owner of the dossier has no account".into()))
    }

    fn text(&self, notice: &Notice, language: Language) -> Result<String, Failure> {
        let id = notice.template();
        let text = self.templates.text(id, language, &notice.places(language));
        text.ok_or_else(|| Failure::Broken(format!("no template {id}")))
    }
}

/// Any question without an answer is put again: what another service lacks today it may have tomorrow. Its words are not kept.
fn unanswered(service: &str, status: &Status) -> Failure {
    Failure::Unavailable(format!("{service} answered {:?}", status.code()))
}
