//! Acceptance brings the slip.

use chassis::refusal::Refusal;
use chassis::write::{At, Command, Decided, Stream};

use super::{AcceptanceSlip, Content, Document};
use crate::dossier::{Dossier, Follow};

/// Takes over the status that acceptance gives, and adds the slip it promises; a dossier has one such slip.
#[derive(Clone, Debug)]
pub struct TakeAcceptance {
    /// The dossier and its status.
    pub follow: Follow,
    /// What the slip says.
    pub slip: AcceptanceSlip,
    /// Who accepted.
    pub officer: String,
}

impl Command for TakeAcceptance {
    const NAME: &'static str = "TakeAcceptance";
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
        let was_accepted = before.is_some_and(|dossier| dossier.accepted_at.is_some());
        let Decided { mut after, mut facts, answer } = self.follow.decide(before, rules, at)?;
        if was_accepted {
            return Ok(Decided { after, facts, answer });
        }
        let document = Document {
            id: at.id(),
            content: Content::AcceptanceSlip(self.slip.clone()),
            officer: self.officer.clone(),
            added_at: at.now,
        };
        facts.push(after.add(document));
        Ok(Decided { after, facts, answer })
    }
}
