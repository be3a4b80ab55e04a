//! A decision of the agency brings its slip.

use chassis::refusal::Refusal;
use chassis::write::{At, Command, Decided, Stream};
use proto::motcua::r#type::v1::DossierStatus;

use super::{Content, Document};
use crate::dossier::{Dossier, Follow};

/// Takes over the status that a decision gives, and adds the slip that tells of it.
#[derive(Clone, Debug)]
pub struct TakeSlip {
    /// The dossier and its status.
    pub follow: Follow,
    /// What the slip says; none where a decision is told without one.
    pub slip: Option<Content>,
    /// Who decided.
    pub officer: String,
}

impl Command for TakeSlip {
    const NAME: &'static str = "TakeSlip";
    type Root = Dossier;
    type Answer = ();

    fn stream(&self) -> Stream {
        Stream(self.follow.id)
    }

    fn decide(
        &self,
        before: Option<&Dossier>,
        rules: &(),
        at: &mut At<'_>,
    ) -> Result<Decided<Dossier, ()>, Refusal> {
        let was_told = |slip: &&Content| before.is_some_and(|dossier| slip.was_told(dossier));
        let slip = self.slip.as_ref().filter(|slip| !was_told(slip));
        let Decided { mut after, mut facts, answer } = self.follow.decide(before, rules, at)?;
        if let Some(slip) = slip {
            let document = Document {
                id: at.id(),
                content: slip.clone(),
                officer: self.officer.clone(),
                added_at: at.now,
            };
            facts.push(after.add(document));
        }
        Ok(Decided { after, facts, answer })
    }
}

impl Content {
    /// Whether the dossier has this slip already: it is accepted once, refused once, stopped once, late once, and asked for each
    /// supplement once.
    fn was_told(&self, dossier: &Dossier) -> bool {
        match self {
            Self::AcceptanceSlip(_) => dossier.accepted_at.is_some(),
            Self::RefusalSlip(_) => dossier.status == DossierStatus::NotAccepted,
            Self::SupplementSlip(slip) => {
                dossier.supplements.iter().any(|known| known.number == slip.number)
            }
            Self::StopSlip(_) => dossier.status == DossierStatus::ProcessingStopped,
            Self::ApologySlip(_) => dossier.late_since.is_some(),
            Self::WithdrawalDenial(_) | Self::Result(_) => false,
        }
    }
}
