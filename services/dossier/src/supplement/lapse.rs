//! A supplement that nobody answers: what was prepared for it goes, for it serves nothing, and workflow hears that it will not come.

use chassis::refusal::Refusal;
use chassis::timers::Due;
use chassis::write::{At, Command, Decided, Stream};
use proto::motcua::dossier::v1::{ActorKind, EntryKind};
use proto::motcua::r#type::v1::DossierStatus;

use super::closed;
use crate::dossier::{Dossier, Fact, Turn, Wants};
use crate::events::supplement_name;
use crate::timeline::Happening;

/// The timer of a supplement.
pub const LAPSE_SUPPLEMENT: &str = "lapse_supplement";

/// Closes a supplement that was not answered in time, or that the dossier waits for no more.
#[derive(Clone, Copy, Debug)]
pub struct LapseSupplement(pub Due);

impl Command for LapseSupplement {
    const NAME: &'static str = "LapseSupplement";
    type Root = Dossier;
    type Answer = ();

    fn stream(&self) -> Stream {
        self.0.stream
    }

    fn wants(&self) -> Wants {
        Wants { files: true }
    }

    fn decide(
        &self,
        before: Option<&Dossier>,
        (): &(),
        at: &mut At<'_>,
    ) -> Result<Decided<Dossier, ()>, Refusal> {
        let mut after = before.ok_or_else(closed)?.clone();
        let unanswered = after.supplements.last_mut();
        let unanswered = unanswered.filter(|last| last.answered_at.is_none() && !last.closed);
        let unanswered = unanswered.ok_or_else(closed)?;
        unanswered.closed = true;
        let (number, lapsed_at) = (unanswered.number, unanswered.expires_at);
        for file in after.files.values_mut().filter(|file| file.supplement == Some(number)) {
            file.delete(at.now);
        }
        after.turn = Some(Turn::Closed);
        after.revision += 1;
        if after.status != DossierStatus::SupplementRequired {
            return Ok(Decided::quiet(after, ()));
        }
        let kind = EntryKind::SupplementLapsed;
        let lapsed = Happening::new(kind, lapsed_at, ActorKind::System);
        after.record(lapsed.about(supplement_name(after.id, number)));
        let fact = Fact::SupplementLapsed { dossier: Box::new(after.clone()), number, lapsed_at };
        Ok(Decided { after, facts: vec![fact], answer: () })
    }
}
