//! Dossier: who owns one, and where its result goes.

use chassis::peers::{PeerChannel, unanswered};
use chassis::refusal::{Failure, Refusal};
use proto::motcua::dossier::v1::dossier_service_client::DossierServiceClient;
use proto::motcua::dossier::v1::{DeliveryAddress, Dossier, GetDossierRequest};
use tonic::{Code, Status};
use uuid::Uuid;

/// The dossiers of dossier.
#[derive(Clone)]
pub struct Dossiers(DossierServiceClient<PeerChannel>);

impl Dossiers {
    /// Those that dossier, behind this channel, knows.
    pub fn told_by(channel: PeerChannel) -> Self {
        Self(DossierServiceClient::new(channel))
    }

    /// The account that owns a dossier.
    pub async fn owner(&self, dossier: Uuid) -> Result<String, Failure> {
        Ok(self.one(dossier).await.map_err(|status| unanswered("dossier", &status))?.owner)
    }

    /// Where the result of a dossier is sent.
    pub async fn delivery_address(&self, dossier: Uuid) -> Result<DeliveryAddress, Failure> {
        let found = self.one(dossier).await.map_err(|status| unanswered("dossier", &status))?;
        let nowhere = || Failure::Unavailable("dossier names no delivery address".into());
        found.delivery_address.ok_or_else(nowhere)
    }

    /// Refuses anyone but the dossier's owner.
    pub async fn check_owner(&self, dossier: Uuid, caller: &str) -> Result<(), Failure> {
        match self.one(dossier).await {
            Ok(found) if found.owner == caller => Ok(()),
            Ok(_) => Err(Refusal::denied().into()),
            Err(status) if status.code() == Code::PermissionDenied => Err(Refusal::denied().into()),
            Err(status) => Err(unanswered("dossier", &status)),
        }
    }

    async fn one(&self, dossier: Uuid) -> Result<Dossier, Status> {
        let asked = GetDossierRequest { name: format!("dossiers/{dossier}") };
        Ok(self.0.clone().get_dossier(asked).await?.into_inner())
    }
}
