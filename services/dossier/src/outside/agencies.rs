//! Which agencies there are, what they settle and what they are called: identity knows, and its answers are good for a few minutes.

use std::sync::Arc;
use std::time::Duration;

use chassis::peers::PeerChannel;
use chassis::refusal::{Failure, Kind, Refusal};
use moka::sync::Cache;
use proto::motcua::identity::v1 as pb;
use proto::motcua::identity::v1::agency_service_client::AgencyServiceClient;
use tonic::Code;

use crate::bilingual::Bilingual;

/// How long an answer is good for: agencies change with a release.
const GOOD_FOR: Duration = Duration::from_secs(5 * 60);

/// Answers kept, at most: several times the agencies of a city, so that names nobody has do not push out those that are asked for.
const MOST: u64 = 1_000;

/// Asks identity for agencies. Clones share what is known.
#[derive(Clone)]
pub struct Agencies {
    identity: AgencyServiceClient<PeerChannel>,
    known: Cache<String, Option<Arc<Agency>>>,
}

/// What is known of an agency.
struct Agency {
    title: Bilingual,
    /// In the words of the contract.
    levels: Vec<String>,
}

impl Agencies {
    /// Asks over this channel.
    pub fn new(channel: PeerChannel) -> Self {
        let known = Cache::builder().max_capacity(MOST).time_to_live(GOOD_FOR).build();
        Self { identity: AgencyServiceClient::new(channel), known }
    }

    /// Whether the agency of this name settles what is settled at `level`, in the words of the contract; why not otherwise.
    ///
    /// # Errors
    /// AGENCIES_UNAVAILABLE: identity does not answer.
    pub async fn judge(&self, name: &str, level: &str) -> Result<Option<Refusal>, Failure> {
        Ok(match self.agency(name).await? {
            None => Some(unknown()),
            Some(agency) if agency.levels.iter().all(|settled| settled != level) => {
                Some(not_competent())
            }
            Some(_) => None,
        })
    }

    /// What the agency of this name is called; by its unit code while identity does not tell: what a citizen has is read without identity.
    pub async fn title(&self, name: &str) -> Bilingual {
        let found = self.agency(name).await.ok().flatten();
        found.map_or_else(|| by_code(name), |agency| agency.title.clone())
    }

    async fn agency(&self, name: &str) -> Result<Option<Arc<Agency>>, Failure> {
        if let Some(known) = self.known.get(name) {
            return Ok(known);
        }
        let asked = pb::GetAgencyRequest { name: name.into() };
        let found = match self.identity.clone().get_agency(asked).await {
            Ok(agency) => Some(Arc::new(agency.into_inner().into())),
            Err(status) if status.code() == Code::NotFound => None,
            Err(status) => {
                tracing::warn!(code = ?status.code(), "identity does not tell of an agency");
                return Err(unavailable().into());
            }
        };
        self.known.insert(name.into(), found.clone());
        Ok(found)
    }
}

impl From<pb::Agency> for Agency {
    fn from(told: pb::Agency) -> Self {
        let title = Bilingual::new(told.title_vi, told.title_en);
        Self { title, levels: told.agency_levels }
    }
}

fn by_code(name: &str) -> Bilingual {
    let code = name.trim_start_matches("agencies/");
    Bilingual::new(format!("Cơ quan mã {code}"), format!("Agency {code}"))
}

fn unknown() -> Refusal {
    Refusal::field(
        "dossier.agency",
        "AGENCY_UNKNOWN",
        "Không có cơ quan nào mang mã này; hãy chọn trong danh sách cơ quan.",
        "No agency has this code; choose one from the list of agencies.",
    )
}

fn not_competent() -> Refusal {
    Refusal::field(
        "dossier.agency",
        "AGENCY_NOT_COMPETENT",
        "Cơ quan này không giải quyết thủ tục đã chọn; hãy chọn cơ quan đúng cấp.",
        "This agency does not settle the procedure; choose one of the level that does.",
    )
}

fn unavailable() -> Refusal {
    Refusal::new(
        Kind::Unavailable,
        "AGENCIES_UNAVAILABLE",
        "Chưa tra được danh sách cơ quan; hãy gửi lại đúng yêu cầu này sau ít giây.",
        "The agencies cannot be looked up now; repeat the same request in a few seconds.",
    )
    .after(Duration::from_secs(2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agency_that_is_not_told_is_called_by_its_code() {
        assert_eq!(by_code("agencies/26860"), Bilingual::new("Cơ quan mã 26860", "Agency 26860"));
    }
}
