//! Why agencies decided as they did: workflow keeps what officers write, and is asked when a slip is read.

use std::time::Duration;

use chassis::peers::PeerChannel;
use chassis::refusal::{Failure, Kind, Refusal};
use proto::motcua::workflow::v1 as pb;
use proto::motcua::workflow::v1::grounds_service_client::GroundsServiceClient;

use crate::bilingual::Bilingual;
use crate::document::Ground;

/// The grounds that workflow keeps.
#[derive(Clone)]
pub struct Grounds(GroundsServiceClient<PeerChannel>);

impl Grounds {
    /// Those that workflow, behind this channel, keeps.
    pub fn kept_by(channel: PeerChannel) -> Self {
        Self(GroundsServiceClient::new(channel))
    }

    /// The grounds of this name.
    ///
    /// # Errors
    /// GROUNDS_UNAVAILABLE: workflow does not tell them. A slip that tells half of what was decided is none.
    pub async fn read(&self, name: &str) -> Result<Vec<Ground>, Failure> {
        let asked = pb::GetGroundsRequest { name: name.into() };
        let told = self.0.clone().get_grounds(asked).await.map_err(|status| {
            tracing::warn!(code = ?status.code(), "workflow does not tell the grounds of a slip");
            unavailable()
        })?;
        Ok(told.into_inner().grounds.into_iter().map(Into::into).collect())
    }
}

impl From<pb::Ground> for Ground {
    fn from(told: pb::Ground) -> Self {
        let title = Bilingual::new(told.title_vi, told.title_en);
        Self { subject: told.subject, title, text: told.text }
    }
}

fn unavailable() -> Refusal {
    Refusal::new(
        Kind::Unavailable,
        "GROUNDS_UNAVAILABLE",
        "Chưa đọc được nội dung phiếu; hãy gửi lại đúng yêu cầu này sau ít giây.",
        "What the slip says cannot be read now; repeat the same request in a few seconds.",
    )
    .after(Duration::from_secs(2))
}
