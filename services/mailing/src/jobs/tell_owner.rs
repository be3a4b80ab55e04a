//! Telling the owner of a dossier: who that is, and where they can be reached, is asked only now, and forgotten when it is told.

use std::sync::Arc;

use chassis::jobs::{Job, Lease, Progress, Work};
use chassis::refusal::Failure;
use proto::motcua::identity::v1::Contact;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::message::{Channel, ConfirmSending, Notice};
use crate::outside::{Accounts, Agencies, Dossiers, Gateway, Mailbox, MailboxError};
use crate::template::{Language, Place, Templates};

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
    pub dossiers: Dossiers,
    /// Knows where people can be reached.
    pub accounts: Accounts,
    /// Knows what agencies are called.
    pub agencies: Agencies,
    /// Takes messages to telephones.
    pub gateway: Gateway,
    /// Takes messages to mailboxes, where there is such a server.
    pub mailbox: Option<Mailbox>,
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
        let owner = self.dossiers.owner(work.dossier).await?;
        let contact = self.accounts.contact(owner).await?;
        let language = if contact.locale == "en" { Language::En } else { Language::Vi };
        let text = self.text(&work.notice, language).await?;
        // Even a refusal may be a wrong secret or address that an operator mends.
        let channel = self.send(lease.id, &contact, language, &text).await;
        let channel = channel.map_err(Failure::Unavailable)?;
        let (dossier, id, attempt) = (work.dossier, lease.id, lease.attempt);
        Ok(Progress::Done(ConfirmSending { dossier, id, attempt, channel }))
    }
}

impl TellOwner {
    /// By one way alone, so that nobody hears a thing twice: to the mailbox of whoever has one; to the telephone of whoever has none, or
    /// one that takes no message; by none where there is no telephone either.
    async fn send(
        &self,
        id: Uuid,
        to: &Contact,
        language: Language,
        text: &str,
    ) -> Result<Option<Channel>, String> {
        if let Some(mailbox) = self.mailbox.as_ref().filter(|_| !to.email.is_empty()) {
            match mailbox.send(id, &to.email, language, text).await {
                Ok(()) => return Ok(Some(Channel::Email)),
                Err(away @ MailboxError::Away(_)) => return Err(away.to_string()),
                Err(refused) => tracing::warn!(%refused, "the telephone is told instead"),
            }
        }
        if to.phone_number.is_empty() {
            return Ok(None);
        }
        let sent = self.gateway.send(id, &to.phone_number, text).await;
        sent.map(|()| Some(Channel::Sms)).map_err(|error| error.to_string())
    }

    async fn text(&self, notice: &Notice, language: Language) -> Result<String, Failure> {
        let id = notice.template();
        let mut places = notice.places(language);
        if let Some(agency) = notice.agency() {
            places.push((Place::Agency, self.agencies.title(agency, language).await?));
        }
        let text = self.templates.text(id, language, &places);
        text.ok_or_else(|| Failure::Broken(format!("no template {id}")))
    }
}
