//! After submission workflow decides: the dossier follows its facts.

use chassis::refusal::{Kind, Refusal};
use chassis::write::{At, Command, Decided, Stream};
use jiff::Timestamp;
use proto::motcua::r#type::v1::DossierStatus;
use uuid::Uuid;

use super::{Dossier, Fact};

/// Takes over the status a fact of workflow gives.
#[derive(Clone, Debug)]
pub struct FollowCase {
    /// The dossier.
    pub id: Uuid,
    /// Where it stands by that fact.
    pub status: DossierStatus,
    /// When the fact happened.
    pub at: Timestamp,
}

impl Command for FollowCase {
    const NAME: &'static str = "FollowCase";
    type Root = Dossier;
    type Answer = ();

    fn stream(&self) -> Stream {
        Stream(self.id)
    }

    fn decide(
        &self,
        before: Option<&Dossier>,
        (): &(),
        _: &mut At<'_>,
    ) -> Result<Decided<Dossier, ()>, Refusal> {
        let before = before.filter(|dossier| !dossier.is_draft()).ok_or_else(unknown)?;
        if before.status == self.status {
            return Ok(Decided::quiet(before.clone(), ()));
        }
        let after =
            Dossier { status: self.status, revision: before.revision + 1, ..before.clone() };
        let fact = Fact::StatusChanged {
            dossier: Box::new(after.clone()),
            before: before.status,
            at: self.at,
        };
        Ok(Decided { after, facts: vec![fact], answer: () })
    }
}

/// A case can only follow from a submission, which this service committed before it published it.
fn unknown() -> Refusal {
    Refusal::new(
        Kind::Precondition,
        "DOSSIER_NOT_SUBMITTED",
        "Hồ sơ chưa được nộp.",
        "The dossier was not submitted.",
    )
}
