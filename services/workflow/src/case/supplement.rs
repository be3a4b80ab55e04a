//! Supplementing a dossier: its owner is asked for everything at once, and the clock stands until the answer comes, or never comes.

use chassis::refusal::{Kind, Refusal};
use chassis::write::{At, Command, Decided, Stream};
use jiff::Timestamp;
use proto::motcua::r#type::v1::{DossierStatus, ReturnWay, StopReason};
use uuid::Uuid;

use super::course::not_awaited;
use super::{Asked, Case, Fact, Named, Officer, Standstill};
use crate::grounds::Stated;
use crate::process::SUPPLEMENT_REQUESTED;
use crate::rules::Rules;
use crate::working_time::{Pause, PauseReason};

/// Asks the owner of a dossier for a supplement, by an officer who holds a task of its case. Every process allows it while an accepted
/// dossier is processed: the law gives the agency this turn.
#[derive(Clone, Debug)]
pub struct RequestSupplement {
    /// The case.
    pub id: Uuid,
    /// The etag it was read with; empty asks nothing.
    pub etag: String,
    /// Who asks.
    pub officer: Officer,
    /// What for, and why.
    pub stated: Stated,
}

/// Goes on with a case whose supplement was answered, as DossierSupplemented asks for it.
#[derive(Clone, Debug)]
pub struct TakeSupplement {
    /// The case.
    pub id: Uuid,
    /// Which of its supplements, from 1.
    pub number: usize,
    /// When it was answered, by dossier's clock.
    pub answered_at: Timestamp,
    /// How the citizen wants the result now.
    pub return_way: ReturnWay,
}

/// Stops a case whose supplement can no longer be answered, as SupplementLapsed asks for it.
#[derive(Clone, Debug)]
pub struct LapseSupplement {
    /// The case.
    pub id: Uuid,
    /// Which of its supplements, from 1.
    pub number: usize,
    /// The deadline that passed.
    pub lapsed_at: Timestamp,
}

impl Command for RequestSupplement {
    const NAME: &'static str = "RequestSupplement";
    type Root = Case;
    type Answer = Named;

    fn stream(&self) -> Stream {
        Stream(self.id)
    }

    fn decide(
        &self,
        before: Option<&Case>,
        rules: &Rules,
        at: &mut At<'_>,
    ) -> Result<Decided<Case, Named>, Refusal> {
        let mut case = Case::as_read_by(&self.officer, before, &self.etag)?;
        if !matches!(case.status, DossierStatus::Accepted | DossierStatus::InProcessing) {
            return Err(not_now());
        }
        if case.supplements() >= usize::from(rules.supplements.most) {
            return Err(used_up());
        }
        let step = case.step_held_by(&self.officer)?;
        case.task_mut(&step)?.close(SUPPLEMENT_REQUESTED, &self.officer)?;
        let grounds = case.state(&self.stated, &self.officer, at.now);
        let expires = at.now.checked_add(rules.supplements.answerable()).unwrap_or(Timestamp::MAX);
        case.wait_for_supplement(&step, at.now, expires);
        case.remind(rules, at);
        let requested =
            Fact::SupplementRequested { case: Box::new(case.clone()), grounds, expires };
        let closed = Fact::TaskClosed(Box::new(case.clone()), step);
        let facts = vec![requested, closed, Fact::Paused(Box::new(case.clone()))];
        Ok(Decided { after: case, facts, answer: Named { id: self.id } })
    }
}

impl Command for TakeSupplement {
    const NAME: &'static str = "TakeSupplement";
    type Root = Case;
    type Answer = ();

    fn stream(&self) -> Stream {
        Stream(self.id)
    }

    /// The step in which it was asked for is opened again, for whichever officer takes it.
    fn decide(
        &self,
        before: Option<&Case>,
        rules: &Rules,
        at: &mut At<'_>,
    ) -> Result<Decided<Case, ()>, Refusal> {
        let (mut case, step, asked) = Case::awaiting_supplement(before, self.number)?;
        let came = case.end_pause(self.answered_at, at.now).ok_or_else(not_awaited)?;
        case.status = asked.status_before;
        case.return_way = self.return_way;
        let step = rules.process(&case)?.step(&step).ok_or_else(not_awaited)?.clone();
        let opened = case.arrive(&step, rules, at)?;
        let resumed = case.resume(came, rules, at);
        let facts = std::iter::once(resumed).chain(opened).collect();
        Ok(Decided { after: case, facts, answer: () })
    }
}

impl Command for LapseSupplement {
    const NAME: &'static str = "LapseSupplement";
    type Root = Case;
    type Answer = ();

    fn stream(&self) -> Stream {
        Stream(self.id)
    }

    fn decide(
        &self,
        before: Option<&Case>,
        _: &Rules,
        at: &mut At<'_>,
    ) -> Result<Decided<Case, ()>, Refusal> {
        let (mut case, ..) = Case::awaiting_supplement(before, self.number)?;
        let facts = case.stop(StopReason::SupplementLapsed, self.lapsed_at, at.now);
        Ok(Decided { after: case, facts, answer: () })
    }
}

impl Case {
    /// How often its owner was asked for a supplement.
    pub fn supplements(&self) -> usize {
        self.pauses.iter().filter(|standstill| standstill.asked.is_some()).count()
    }

    /// The case, to be changed, if it waits for its supplement of this number; with the step that asked, and what was asked. A fact that
    /// comes twice or late changes nothing.
    fn awaiting_supplement(
        before: Option<&Self>,
        number: usize,
    ) -> Result<(Self, String, Asked), Refusal> {
        let case = before.filter(|case| case.supplements() == number).ok_or_else(not_awaited)?;
        let standstill = case.standing().ok_or_else(not_awaited)?;
        let asked = standstill.asked.ok_or_else(not_awaited)?;
        let revision = case.revision + 1;
        Ok((Self { revision, ..case.clone() }, standstill.step.clone(), asked))
    }

    fn wait_for_supplement(&mut self, step: &str, from: Timestamp, expires_at: Timestamp) {
        let asked = Some(Asked { expires_at, status_before: self.status });
        let pause = Pause { from, to: None, reason: PauseReason::Supplement };
        self.pauses.push(Standstill { step: step.into(), pause, asked });
        self.status = DossierStatus::SupplementRequired;
        self.due_at = None;
    }
}

fn not_now() -> Refusal {
    Refusal::new(
        Kind::Precondition,
        "NO_SUPPLEMENT_NOW",
        "Chỉ yêu cầu bổ sung khi hồ sơ đã tiếp nhận và đang xử lý; hãy đọc lại hồ sơ.",
        "A supplement is asked for while an accepted dossier is processed; read the case again.",
    )
}

fn used_up() -> Refusal {
    Refusal::new(
        Kind::Precondition,
        "SUPPLEMENTS_USED_UP",
        "Hồ sơ đã được yêu cầu bổ sung đủ số lần cho phép; hãy giải quyết theo những gì đã có.",
        "The dossier was to be supplemented as often as may be; settle it by what there is.",
    )
}
