//! What decisions about cases consult: the calendar of working days and the processes.

use chassis::refusal::{Kind, Refusal};
use chassis::service::BoxError;

use crate::case::Case;
use crate::process::Process;
use crate::working_time::Calendar;

/// The calendar the program comes with.
const CALENDAR: &str = include_str!("../data/calendar.yaml");

/// The processes the program comes with; every version that a case may still be under.
const PROCESSES: [&str; 1] = [include_str!("../data/processes/general-v1.yaml")];

/// The rules of the service.
#[derive(Debug)]
pub struct Rules {
    /// When offices work.
    pub calendar: Calendar,
    processes: Vec<Process>,
}

impl Rules {
    /// Those the program comes with.
    ///
    /// # Errors
    /// The data contradict themselves; the error names the place.
    pub fn load() -> Result<Self, BoxError> {
        let calendar = Calendar::from_yaml(CALENDAR)?;
        let processes =
            PROCESSES.into_iter().map(Process::from_yaml).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { calendar, processes })
    }

    /// The process that new cases go through.
    pub fn current_process(&self) -> &Process {
        self.processes.last().expect("the program comes with a process")
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

fn unknown() -> Refusal {
    Refusal::new(
        Kind::Unavailable,
        "PROCESS_UNKNOWN",
        "Phiên bản quy trình của hồ sơ này chưa có trên máy chủ; hãy gửi lại sau.",
        "This server does not know the process version of the case; repeat later.",
    )
    .after(std::time::Duration::from_secs(5))
}
