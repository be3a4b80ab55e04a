//! Answering: what was saved and uploaded for a supplement takes the place of what counted before.

use chassis::refusal::Refusal;
use chassis::write::{At, Command, Decided, Stream};
use jiff::Timestamp;
use proto::motcua::dossier::v1::EntryKind;
use proto::motcua::r#type::v1::ReturnWay;
use uuid::Uuid;

use super::{LAPSE_SUPPLEMENT, Subject, Supplement, closed};
use crate::dossier::{Dossier, Fact, Hand, Named, Turn, Wants, checked_as_known};
use crate::events::supplement_name;
use crate::file::{File, Purpose};
use crate::timeline::Happening;

/// Answers the supplement of a dossier, whose answer was checked as of a revision.
#[derive(Clone, Debug)]
pub struct SupplementDossier {
    /// The dossier.
    pub id: Uuid,
    /// Which of its supplements.
    pub number: u8,
    /// Who calls.
    pub hand: Hand,
    /// The etag that the caller knows; an empty one asks nothing.
    pub etag: String,
    /// The etag whose answer was checked: the dossier must not have changed since.
    pub checked: String,
    /// How the result reaches the citizen, as the answers say now.
    pub return_way: ReturnWay,
}

impl Command for SupplementDossier {
    const NAME: &'static str = "SupplementDossier";
    type Root = Dossier;
    type Answer = Named;

    fn stream(&self) -> Stream {
        Stream(self.id)
    }

    fn wants(&self) -> Wants {
        Wants { files: true }
    }

    fn decide(
        &self,
        before: Option<&Dossier>,
        (): &(),
        at: &mut At<'_>,
    ) -> Result<Decided<Dossier, Named>, Refusal> {
        let held = before.filter(|dossier| self.hand.holds(dossier));
        let dossier = held.ok_or_else(Refusal::denied)?;
        let open = dossier.open_supplement(at.now).filter(|open| open.number == self.number);
        let open = open.ok_or_else(closed)?;
        if self.checked != dossier.etag() {
            return Err(Refusal::stale());
        }
        checked_as_known(&self.etag, &self.checked)?;
        at.still(LAPSE_SUPPLEMENT);
        let after = dossier.clone().supplemented(open, at.now, self);
        let fact = Fact::Supplemented { dossier: Box::new(after.clone()), number: self.number };
        Ok(Decided { after, facts: vec![fact], answer: Named { id: self.id } })
    }
}

impl Dossier {
    fn supplemented(mut self, open: &Supplement, now: Timestamp, by: &SupplementDossier) -> Self {
        for file in self.files.values_mut() {
            file.supplemented(open);
        }
        if let Some(answered) = self.supplements.last_mut() {
            answered.answered_at = Some(now);
        }
        if let Some(noted) = &mut self.handed_in {
            noted.compared.retain(|paper| !open.asks_for(Subject::Paper(paper)));
        }
        self.turn = Some(Turn::Answered(open.number));
        self.return_way = by.return_way;
        self.revision += 1;
        let answered = Happening::new(EntryKind::Supplemented, now, by.hand.actor());
        self.record(answered.about(supplement_name(self.id, open.number)));
        self
    }
}

impl File {
    /// A file that was handed in for the supplement counts from now on; one of a paper that was asked for counts no more.
    fn supplemented(&mut self, supplement: &Supplement) {
        let Purpose::Paper(paper) = &self.purpose else { return };
        if self.supplement == Some(supplement.number) {
            self.handed_in = self.is_complete();
        } else if supplement.asks_for(Subject::Paper(paper)) && self.counts() {
            self.replaced_by = Some(supplement.number);
        }
    }
}
