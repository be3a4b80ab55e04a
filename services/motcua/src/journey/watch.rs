//! What the owner of a dossier hears of it, as it happens.

use chassis::service::BoxError;
use chassis::status::reason;
use proto::motcua::dossier::v1 as dossier;
use tonic::Streaming;

use super::clients::{Clients, as_caller};

/// A watch over a timeline that goes on where it was when the server that told it takes its leave.
pub(super) struct Watch {
    dossier: String,
    position: String,
    told: Streaming<dossier::WatchTimelineResponse>,
}

impl Watch {
    /// Begins behind a position; at the beginning where that is empty.
    pub(super) async fn after(
        clients: &Clients,
        citizen: &str,
        dossier: &str,
        position: String,
    ) -> Result<Self, BoxError> {
        let asked =
            dossier::WatchTimelineRequest { parent: dossier.into(), after: position.clone() };
        let asked = as_caller(asked, citizen)?;
        let told = clients.timelines.clone().watch_timeline(asked).await?.into_inner();
        Ok(Self { dossier: dossier.into(), position, told })
    }

    /// The next entry.
    pub(super) async fn next(
        &mut self,
        clients: &Clients,
        citizen: &str,
    ) -> Result<dossier::TimelineEntry, BoxError> {
        loop {
            match self.told.message().await {
                Ok(Some(told)) => {
                    self.position = told.position;
                    return Ok(told.entry.ok_or("an entry without content was told")?);
                }
                Ok(None) => return Err("the watch ended before it was told".into()),
                Err(status) if reason(&status).as_deref() == Some("WATCH_ENDED") => {
                    let position = self.position.clone();
                    *self = Self::after(clients, citizen, &self.dossier, position).await?;
                }
                Err(status) => return Err(status.into()),
            }
        }
    }
}
