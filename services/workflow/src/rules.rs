//! What decisions about cases consult: the calendar of working days, the processes, the fees, the reasons for refusals, how dossiers are
//! supplemented and withdrawn, and how agencies are kept to their dates.

use chassis::refusal::{Kind, Refusal};
use chassis::service::BoxError;

use crate::case::Case;
use crate::fees::{Fee, Fees};
use crate::grounds::RefusalReasons;
use crate::lateness::Lateness;
use crate::process::{GENERAL, Process, Wait};
use crate::supplements::Supplements;
use crate::withdrawals::Withdrawals;
use crate::working_time::Calendar;

/// The calendar the program comes with.
const CALENDAR: &str = include_str!("../data/calendar.yaml");

/// The fees the program comes with.
const FEES: &str = include_str!("../data/fees.yaml");

/// The reasons for which a dossier can be refused that the program comes with.
const REFUSAL_REASONS: &str = include_str!("../data/refusal_reasons.yaml");

/// How dossiers are supplemented.
const SUPPLEMENTS: &str = include_str!("../data/supplements.yaml");

/// What follows from withdrawals.
const WITHDRAWALS: &str = include_str!("../data/withdrawals.yaml");

/// How agencies are kept to their dates.
const LATENESS: &str = include_str!("../data/lateness.yaml");

/// The processes the program comes with; every version that a case may still be under, the newest of an id last.
const PROCESSES: [&str; 2] = [
    include_str!("../data/processes/general-v1.yaml"),
    include_str!("../data/processes/vehicle_registration-v1.yaml"),
];

/// The rules of the service.
#[derive(Debug)]
pub struct Rules {
    /// When offices work.
    pub calendar: Calendar,
    /// What procedures cost.
    pub fees: Fees,
    /// Why a dossier can be refused.
    pub refusal_reasons: RefusalReasons,
    /// How a dossier is supplemented.
    pub supplements: Supplements,
    /// What follows from a withdrawal.
    pub withdrawals: Withdrawals,
    /// How an agency is kept to its dates.
    pub lateness: Lateness,
    processes: Vec<Process>,
}

impl Rules {
    /// Those the program comes with.
    ///
    /// # Errors
    /// The data contradict themselves; the error names the place.
    pub fn load() -> Result<Self, BoxError> {
        let calendar = Calendar::from_yaml(CALENDAR)?;
        let fees = Fees::from_yaml(FEES)?;
        let refusal_reasons = RefusalReasons::from_yaml(REFUSAL_REASONS)?;
        let supplements = Supplements::from_yaml(SUPPLEMENTS)?;
        let withdrawals = Withdrawals::from_yaml(WITHDRAWALS)?;
        let lateness = Lateness::from_yaml(LATENESS)?;
        let processes =
            PROCESSES.into_iter().map(Process::from_yaml).collect::<Result<Vec<_>, _>>()?;
        let rules =
            Self { calendar, fees, refusal_reasons, supplements, withdrawals, lateness, processes };
        rules.check_fees()?;
        Ok(rules)
    }

    /// A process that waits for a payment needs to know of how much.
    fn check_fees(&self) -> Result<(), BoxError> {
        let pays = |process: &&Process| {
            process.steps().iter().any(|step| step.wait() == Some(Wait::Payment))
        };
        for process in self.processes.iter().filter(pays) {
            let id = &process.id;
            if id == GENERAL {
                return Err("process general cannot wait for a fee: not every one has it".into());
            }
            let unknown = process.procedures.iter().find(|code| self.fees.of(code).is_none());
            if let Some(code) = unknown {
                return Err(format!("process {id} waits for the fee of {code}: add it").into());
            }
        }
        Ok(())
    }

    /// The process that new cases of a procedure version go through.
    pub fn process_for(&self, procedure: &str) -> &Process {
        let code = procedure_code(procedure);
        let mut newest = self.processes.iter().rev();
        let named = newest.find(|process| process.procedures.iter().any(|named| named == code));
        let mut general = self.processes.iter().rev().filter(|process| process.id == GENERAL);
        named.or_else(|| general.next()).expect("the program comes with a general process")
    }

    /// The lines that fall due in a case; empty if its procedure costs nothing.
    pub fn fee(&self, case: &Case) -> &[Fee] {
        self.fees.of(procedure_code(&case.procedure)).unwrap_or_default()
    }

    /// The process a case was opened under.
    ///
    /// # Errors
    /// PROCESS_UNKNOWN: this program no longer has that version; a newer or older one of the mesh serves it.
    pub fn process(&self, case: &Case) -> Result<&Process, Refusal> {
        let known = |process: &&Process| {
            process.id == case.process && process.version == case.process_version
        };
        self.processes.iter().find(known).ok_or_else(unknown)
    }
}

/// The code in `procedures/{code}/versions/{number}`.
fn procedure_code(name: &str) -> &str {
    name.split('/').nth(1).unwrap_or_default()
}

fn unknown() -> Refusal {
    Refusal::new(
        Kind::Unavailable,
        "PROCESS_UNKNOWN",
        "Phiên bản quy trình của hồ sơ này chưa có trên máy chủ; hãy gửi lại sau.",
        "This server does not know the process version of the case; repeat later.",
    )
    .after(std::time::Duration::from_secs(5))
}
