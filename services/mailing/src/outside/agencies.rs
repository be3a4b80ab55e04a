//! Identity: what agencies are called.

use chassis::peers::{PeerChannel, unanswered};
use chassis::refusal::Failure;
use proto::motcua::identity::v1::GetAgencyRequest;
use proto::motcua::identity::v1::agency_service_client::AgencyServiceClient;

use crate::template::Language;

/// The agencies of identity.
#[derive(Clone)]
pub struct Agencies(AgencyServiceClient<PeerChannel>);

impl Agencies {
    /// Those that identity, behind this channel, knows.
    pub fn told_by(channel: PeerChannel) -> Self {
        Self(AgencyServiceClient::new(channel))
    }

    /// What the agency of this name is called.
    pub async fn title(&self, name: &str, language: Language) -> Result<String, Failure> {
        let asked = GetAgencyRequest { name: name.into() };
        let answer = self.0.clone().get_agency(asked).await;
        let agency = answer.map_err(|status| unanswered("identity", &status))?.into_inner();
        Ok(match language {
            Language::Vi => agency.title_vi,
            Language::En => agency.title_en,
        })
    }
}
