//! The case: what an agency does with one dossier. It has the dossier's id, and its tasks are part of it.

mod accept;
mod claim;
mod complete;
mod course;
mod draw;
mod fact;
mod issue;
mod lapse;
mod late;
mod open;
mod paid;
mod parcel;
mod refuse;
mod release;
mod stop;
mod supplement;
#[cfg(test)]
mod tests;
mod withdraw;

use chassis::refusal::{Kind, Refusal};
use chassis::write::{Kept, Root};
use jiff::Timestamp;
use proto::motcua::access::v1::Role;
use proto::motcua::r#type::v1::{Channel, DossierStatus, ReturnWay, Visitor};
use proto::motcua::workflow::v1::TaskState;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::grounds::Grounds;
use crate::process::is_beside;
use crate::rules::Rules;
use crate::working_time::{Limit, Pause};

pub use accept::{AcceptDossier, no_date};
pub use claim::{ClaimNextTask, ClaimNothing, ClaimTask, Picked, TASK_CLAIMED};
pub use complete::CompleteTask;
pub use draw::{Beside, DrawNumber, Drawn, EpochName, Wants};
pub use fact::Fact;
pub use lapse::LapseFee;
pub use late::{ESCALATE, EscalateLateCase, Late, NOTED, WARN, WarnOfDueTime};
pub use open::OpenCase;
pub use paid::PayFee;
pub use parcel::{DeliverParcel, TakeParcelBack};
pub use refuse::RefuseDossier;
pub use release::ReleaseTask;
pub use supplement::{LapseSupplement, RequestSupplement, TakeSupplement};
pub use withdraw::{DenyWithdrawal, GrantWithdrawal, TakeWithdrawal};

/// A case as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// The dossier's id.
    pub id: Uuid,
    /// The dossier's code.
    pub code: String,
    /// `procedures/{code}/versions/{number}`.
    pub procedure: String,
    /// `agencies/{unit code}`.
    pub agency: String,
    /// How the dossier came in.
    pub channel: Channel,
    /// Where the dossier stands by this case.
    pub status: DossierStatus,
    /// How long the agency may take by law.
    pub limit: Limit,
    /// When the dossier was submitted, by dossier's clock.
    pub submitted_at: Timestamp,
    /// When it was accepted.
    pub accepted_at: Option<Timestamp>,
    /// When the result is due; none while the clock stands.
    pub due_at: Option<Timestamp>,
    /// When its officers were warned that it is due soon.
    pub warned_at: Option<Timestamp>,
    /// That the date promised was not kept: it stays so.
    pub late: Option<Late>,
    /// How the result reaches the citizen: as they chose, or at the counter once a parcel came back.
    pub return_way: ReturnWay,
    /// When the result was issued: the office's part is done.
    pub issued_at: Option<Timestamp>,
    /// The step that issued the result, while its parcel is on the way.
    pub parcel: Option<String>,
    /// Who fetched the result at the counter; unspecified unless it was handed over there.
    pub returned_to: Visitor,
    /// When the case came to its end.
    pub closed_at: Option<Timestamp>,
    /// Id of the process it goes through.
    pub process: String,
    /// The process's version, fixed when the case was opened.
    pub process_version: u32,
    /// Counts changes, from 1.
    pub revision: i64,
    /// In order of opening.
    pub tasks: Vec<Task>,
    /// Times in which the clock stood, in order; the last is open while it stands.
    pub pauses: Vec<Standstill>,
    /// Id of the fee that fell due.
    pub obligation: Option<Uuid>,
    /// The number drawn.
    pub draw: Option<Drawn>,
    /// Grounds stated in it: the number of the last ones.
    pub grounds: i32,
    /// Grounds stated by the batch at hand: empty as loaded, for nothing decides by them.
    pub new_grounds: Vec<Grounds>,
    /// What its commands wanted to know besides; no part of its state.
    pub beside: Beside,
}

/// A time in which the clock stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standstill {
    /// The step of the process that waited.
    pub step: String,
    /// From when to when, and what for.
    pub pause: Pause,
    /// What was asked of the citizen, if it was a supplement.
    pub asked: Option<Asked>,
}

/// A supplement that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Until when it can be answered, by dossier's clock.
    pub expires_at: Timestamp,
    /// Where the dossier stood before, and stands again once it is answered.
    pub status_before: DossierStatus,
}

/// A piece of work for one officer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// The step of the process, unique in the case.
    pub step: String,
    /// The role it asks for.
    pub role: Role,
    /// Whether it can be taken.
    pub state: TaskState,
    /// Who holds or closed it, `agencies/{code}/officers/{uuid}`.
    pub officer: Option<String>,
    /// When it was opened, the last time.
    pub opened_at: Timestamp,
    /// What it was closed with.
    pub outcome: Option<String>,
    /// The wish for any task that took it last.
    pub wish: Option<Uuid>,
}

impl Root for Case {
    type Rules = Rules;
    type Wants = Wants;
    type Fact = Fact;
}

/// What a caller is told of a command, and a repeat of it again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// The case.
    pub id: Uuid,
}

impl Kept for Named {}

/// The officer who acts.
#[derive(Clone, Debug)]
pub struct Officer {
    /// `agencies/{code}/officers/{uuid}`.
    pub name: String,
    /// `agencies/{code}`.
    pub agency: String,
    /// What they are trusted with.
    pub roles: Vec<Role>,
}

impl Case {
    /// What its revision looks like to clients.
    pub fn etag(&self) -> String {
        self.revision.to_string()
    }

    /// The case, to be changed by an officer of its agency; another agency's answers as none.
    fn of_agency(before: Option<&Self>, officer: &Officer) -> Result<Self, Refusal> {
        let case = before.filter(|case| case.agency == officer.agency);
        let case = case.ok_or_else(Refusal::denied)?;
        Ok(Self { revision: case.revision + 1, ..case.clone() })
    }

    /// The case, to be changed by an officer of its agency, if nobody changed it since `etag`; an empty etag asks nothing.
    fn as_read_by(officer: &Officer, before: Option<&Self>, etag: &str) -> Result<Self, Refusal> {
        let case = Self::of_agency(before, officer)?;
        if !etag.is_empty() && before.map(Self::etag).as_deref() != Some(etag) {
            return Err(Refusal::stale());
        }
        Ok(case)
    }

    /// The step of the process whose task the officer holds.
    fn step_held_by(&self, officer: &Officer) -> Result<String, Refusal> {
        let mut of_process = self.tasks.iter().filter(|task| !is_beside(&task.step));
        let held = of_process.find(|task| task.held_by(officer).is_ok());
        held.map(|task| task.step.clone()).ok_or_else(not_claimed)
    }

    fn task_mut(&mut self, step: &str) -> Result<&mut Task, Refusal> {
        self.tasks.iter_mut().find(|task| task.step == step).ok_or_else(Refusal::denied)
    }
}

impl Task {
    /// Refuses what needs the task in the officer's hands.
    fn held_by(&self, officer: &Officer) -> Result<(), Refusal> {
        match self.state {
            TaskState::Closed => Err(closed()),
            TaskState::Claimed if self.officer.as_ref() == Some(&officer.name) => Ok(()),
            _ => Err(not_claimed()),
        }
    }

    /// Closes it, if the officer holds it.
    fn close(&mut self, outcome: &str, officer: &Officer) -> Result<(), Refusal> {
        self.held_by(officer)?;
        self.state = TaskState::Closed;
        self.outcome = Some(outcome.into());
        Ok(())
    }
}

fn closed() -> Refusal {
    Refusal::new(
        Kind::Precondition,
        "TASK_CLOSED",
        "Việc này đã xong; hãy đọc lại danh sách việc.",
        "The task is done; read the worklist again.",
    )
}

fn not_claimed() -> Refusal {
    Refusal::new(
        Kind::Precondition,
        "TASK_NOT_CLAIMED",
        "Bạn chưa nhận việc này; hãy nhận việc trước.",
        "You do not hold this task; claim it first.",
    )
}
