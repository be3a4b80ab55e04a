//! Which agencies there are and what they settle: identity knows, and its answers are good for a few minutes.

use std::sync::Arc;
use std::time::Duration;

use chassis::peers::PeerChannel;
use chassis::refusal::{Failure, Kind, Refusal};
use moka::sync::Cache;
use proto::motcua::identity::v1::GetAgencyRequest;
use proto::motcua::identity::v1::agency_service_client::AgencyServiceClient;
use tonic::Code;

/// How long an answer is good for: agencies change with a release.
const GOOD_FOR: Duration = Duration::from_secs(5 * 60);

/// Answers kept, at most: several times the agencies of a city, so that names nobody has do not push out those that are asked for.
const MOST: u64 = 1_000;

/// Asks identity for agencies.
pub struct Agencies {
    identity: AgencyServiceClient<PeerChannel>,
    known: Cache<String, Settles>,
}

/// The levels an agency settles, in the words of the contract; none if there is no such agency.
type Settles = Option<Arc<[String]>>;

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
        Ok(match self.settles(name).await? {
            None => Some(unknown()),
            Some(levels) if levels.iter().all(|settled| settled != level) => Some(not_competent()),
            Some(_) => None,
        })
    }

    async fn settles(&self, name: &str) -> Result<Settles, Failure> {
        if let Some(known) = self.known.get(name) {
            return Ok(known);
        }
        let asked = GetAgencyRequest { name: name.into() };
        let settles = match self.identity.clone().get_agency(asked).await {
            Ok(agency) => Some(agency.into_inner().agency_levels.into()),
            Err(status) if status.code() == Code::NotFound => None,
            Err(status) => {
                tracing::warn!(code = ?status.code(), "identity does not tell of an agency");
                return Err(unavailable().into());
            }
        };
        self.known.insert(name.into(), settles.clone());
        Ok(settles)
    }
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
