//! Refusing a dossier: it ends where it began, with reasons.

use chassis::refusal::Refusal;
use chassis::write::{At, Command, Decided, Stream};
use jiff::Timestamp;
use proto::motcua::r#type::v1::DossierStatus;
use uuid::Uuid;

use super::{Case, Fact, Named, Officer};
use crate::grounds::{Grounds, Stated};
use crate::process::{RECEIVE, REFUSED};
use crate::rules::Rules;

/// Refuses the dossier of a case whose receiving task the officer holds. Every process can end so: the law gives the agency this turn.
#[derive(Clone, Debug)]
pub struct RefuseDossier {
    /// The case.
    pub id: Uuid,
    /// The etag it was read with; empty asks nothing.
    pub etag: String,
    /// Who refuses.
    pub officer: Officer,
    /// Why.
    pub stated: Stated,
}

impl Command for RefuseDossier {
    const NAME: &'static str = "RefuseDossier";
    type Root = Case;
    type Answer = Named;

    fn stream(&self) -> Stream {
        Stream(self.id)
    }

    fn decide(
        &self,
        before: Option<&Case>,
        _: &Rules,
        at: &mut At<'_>,
    ) -> Result<Decided<Case, Named>, Refusal> {
        let mut case = Case::as_read_by(&self.officer, before, &self.etag)?;
        case.task_mut(RECEIVE)?.close(REFUSED, &self.officer)?;
        case.status = DossierStatus::NotAccepted;
        let grounds = case.state(&self.stated, &self.officer, at.now);
        let refused = Fact::Refused(Box::new(case.clone()), grounds);
        let closed = Fact::TaskClosed(Box::new(case.clone()), RECEIVE.into());
        let ended = case.end(at.now, at.now);
        let facts = [refused, closed].into_iter().chain(ended).collect();
        Ok(Decided { after: case, facts, answer: Named { id: self.id } })
    }
}

impl Case {
    /// Puts down why the agency decided so; the grounds get the next number of the case.
    pub(super) fn state(&mut self, stated: &Stated, officer: &Officer, at: Timestamp) -> Grounds {
        self.grounds += 1;
        let (number, officer) = (self.grounds, officer.name.clone());
        let grounds = Grounds { number, stated: stated.clone(), officer, at };
        self.new_grounds.push(grounds.clone());
        grounds
    }
}
