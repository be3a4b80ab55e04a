//! Whose a dossier is: feedback knows no people.

use chassis::peers::{PeerChannel, unanswered};
use chassis::refusal::{Failure, Refusal};
use proto::motcua::dossier::v1::GetDossierRequest;
use proto::motcua::dossier::v1::dossier_service_client::DossierServiceClient;
use tonic::Code;
use uuid::Uuid;

/// Asks dossier.
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
    ///
    /// # Errors
    /// A refusal, or dossier cannot be asked.
    pub async fn check(&self, dossier: Uuid, caller: &str) -> Result<(), Failure> {
        let asked = GetDossierRequest { name: format!("dossiers/{dossier}") };
        match self.dossiers.clone().get_dossier(asked).await {
            Ok(told) if told.get_ref().owner == caller => Ok(()),
            Ok(_) => Err(Refusal::denied().into()),
            Err(status) if status.code() == Code::PermissionDenied => Err(Refusal::denied().into()),
            Err(status) => Err(unanswered("dossier", &status)),
        }
    }
}
