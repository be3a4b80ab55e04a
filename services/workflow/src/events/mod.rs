//! Facts as messages, and what follows from dossier's, payment's and mailing's facts.

mod facts;
mod others;

use proto::motcua::r#type::v1::{DossierRef, LegalLimit, LimitUnit};
use proto::motcua::workflow::v1 as pb;

use crate::case::{Case, EpochName};
use crate::working_time::{Limit, PauseReason};

pub use facts::message;
pub use others::{of_dossier, of_mailing, of_payment};

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

/// A reason to pause as the contract numbers it.
pub fn reason(reason: PauseReason) -> pb::PauseReason {
    match reason {
        PauseReason::Supplement => pb::PauseReason::Supplement,
        PauseReason::Payment => pb::PauseReason::Payment,
        PauseReason::CitizenStep => pb::PauseReason::CitizenStep,
        PauseReason::Stopped => pb::PauseReason::Stopped,
    }
}

/// The way back from [`reason`].
pub fn pause_reason(reason: pb::PauseReason) -> Option<PauseReason> {
    match reason {
        pb::PauseReason::Unspecified => None,
        pb::PauseReason::Supplement => Some(PauseReason::Supplement),
        pb::PauseReason::Payment => Some(PauseReason::Payment),
        pb::PauseReason::CitizenStep => Some(PauseReason::CitizenStep),
        pb::PauseReason::Stopped => Some(PauseReason::Stopped),
    }
}

/// The resource name of a case's draw.
pub fn draw_name(case: &Case) -> String {
    format!("draws/{}", case.id)
}

/// An epoch's resource name.
pub fn epoch_name(epoch: &EpochName) -> String {
    format!("numberPools/{}/epochs/{}", epoch.pool, epoch.id.0)
}

/// A case's resource name.
pub fn name(case: &Case) -> String {
    format!("cases/{}", case.id)
}

/// A task's resource name.
pub fn task_name(case: &Case, step: &str) -> String {
    format!("cases/{}/tasks/{step}", case.id)
}

/// The resource name of grounds stated in a case.
pub fn grounds_name(case: &Case, number: i32) -> String {
    format!("cases/{}/grounds/{number}", case.id)
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
