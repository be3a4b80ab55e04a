//! Identity: where people can be reached.

use chassis::peers::{PeerChannel, unanswered};
use chassis::refusal::Failure;
use proto::motcua::identity::v1::account_service_client::AccountServiceClient;
use proto::motcua::identity::v1::{Contact, ContactPurpose, ResolveContactsRequest};

/// The accounts of identity.
#[derive(Clone)]
pub struct Accounts(AccountServiceClient<PeerChannel>);

impl Accounts {
    /// Those that identity, behind this channel, knows.
    pub fn told_by(channel: PeerChannel) -> Self {
        Self(AccountServiceClient::new(channel))
    }

    /// Where a person can be told of their dossier.
    pub async fn contact(&self, account: String) -> Result<Contact, Failure> {
        let asked = ResolveContactsRequest {
            accounts: vec![account],
            purpose: ContactPurpose::Notification.into(),
        };
        let answer = self.0.clone().resolve_contacts(asked).await;
        let answer = answer.map_err(|status| unanswered("identity", &status))?.into_inner();
        let contact = answer.contacts.into_iter().next();
        contact.ok_or_else(|| Failure::Broken("the owner of the dossier has no account".into()))
    }
}
