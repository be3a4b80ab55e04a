//! Facts as messages, and what follows from dossier's facts.

use chassis::clock::timestamp;
use chassis::events::{Event, Reactions};
use chassis::write::{Door, Outgoing};
use proto::motcua::dossier::v1::DossierSubmitted;
use proto::motcua::r#type::v1::{Channel, DossierRef, LegalLimit, LimitUnit};
use proto::motcua::workflow::v1::{
    CaseClosed, CaseOpened, DossierAccepted, TaskClosed, TaskOpened,
};

use crate::case::{Case, Fact, OpenCase};
use crate::store::CaseStore;
use crate::working_time::Limit;

/// What workflow does about dossier's facts.
pub fn of_dossier(door: &Door<CaseStore>) -> Reactions {
    Reactions::to("dossier", door).on(door, submitted)
}

fn submitted(fact: DossierSubmitted, event: &Event) -> Result<Option<OpenCase>, &'static str> {
    let dossier = fact.dossier.ok_or("dossier is missing")?;
    Ok(Some(OpenCase {
        id: event.stream.0,
        channel: Channel::try_from(dossier.channel).map_err(|_| "channel is unknown")?,
        code: dossier.code,
        procedure: dossier.procedure,
        agency: dossier.agency,
        limit: fact.legal_limit.and_then(limit).ok_or("legal_limit is missing or unknown")?,
        submitted_at: event.time,
    }))
}

/// A legal limit as working time counts it; a period the law leaves open is an estimate in working days.
pub fn limit(limit: LegalLimit) -> Option<Limit> {
    let count = u32::try_from(limit.count).ok()?;
    match limit.unit() {
        LimitUnit::Unspecified => None,
        LimitUnit::SameDay => Some(Limit::SameDay),
        LimitUnit::Hour => Some(Limit::Hours(count)),
        LimitUnit::WorkingDay | LimitUnit::Period => Some(Limit::WorkingDays(count)),
        LimitUnit::CalendarDay => Some(Limit::CalendarDays(count)),
        LimitUnit::Month => Some(Limit::Months(count)),
    }
}

/// The unit and count of a limit.
pub fn unit_and_count(limit: Limit) -> (LimitUnit, u32) {
    match limit {
        Limit::SameDay => (LimitUnit::SameDay, 0),
        Limit::Hours(count) => (LimitUnit::Hour, count),
        Limit::WorkingDays(count) => (LimitUnit::WorkingDay, count),
        Limit::CalendarDays(count) => (LimitUnit::CalendarDay, count),
        Limit::Months(count) => (LimitUnit::Month, count),
    }
}

/// A fact as the message to publish.
pub fn message(fact: &Fact) -> Outgoing {
    match fact {
        Fact::Opened(case, at) => {
            let message =
                CaseOpened { dossier: Some(reference(case)), open_time: Some(timestamp(*at)) };
            Outgoing::of(&message, &name(case), &case.agency)
        }
        Fact::Accepted(case, officer) => {
            let message = DossierAccepted {
                dossier: Some(reference(case)),
                accept_time: case.accepted_at.map(timestamp),
                due_time: case.due_at.map(timestamp),
                status_after: case.status.into(),
                officer: officer.clone(),
            };
            Outgoing::of(&message, &name(case), &case.agency)
        }
        Fact::TaskOpened(case, step) => {
            let task = task_name(case, step);
            let message = TaskOpened { dossier: Some(reference(case)), task: task.clone() };
            Outgoing::of(&message, &task, &case.agency)
        }
        Fact::TaskClosed(case, step) => {
            let task = task_name(case, step);
            let closed = case.tasks.iter().find(|task| task.step == *step);
            let message = TaskClosed {
                dossier: Some(reference(case)),
                task: task.clone(),
                outcome: closed.and_then(|task| task.outcome.clone()).unwrap_or_default(),
                status_after: case.status.into(),
            };
            Outgoing::of(&message, &task, &case.agency)
        }
        Fact::Closed(case, at) => {
            let message = CaseClosed {
                dossier: Some(reference(case)),
                close_time: Some(timestamp(*at)),
                on_time: case.due_at.is_none_or(|due| *at <= due),
            };
            Outgoing::of(&message, &name(case), &case.agency)
        }
    }
}

/// A case's resource name.
pub fn name(case: &Case) -> String {
    format!("cases/{}", case.id)
}

/// A task's resource name.
pub fn task_name(case: &Case, step: &str) -> String {
    format!("cases/{}/tasks/{step}", case.id)
}

/// The dossier of a case.
pub fn reference(case: &Case) -> DossierRef {
    DossierRef {
        name: format!("dossiers/{}", case.id),
        code: case.code.clone(),
        procedure: case.procedure.clone(),
        agency: case.agency.clone(),
        channel: case.channel.into(),
    }
}
