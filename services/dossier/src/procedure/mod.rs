//! The procedures a dossier may be opened for.
//!
//! The catalogue is data in the program: what a ward office may promise changes with a decision of
//! the state and is released like any other change. A dossier keeps the version of its procedure
//! that was valid at its receipt, so a version, once released, stays in the data beside its
//! successors. Nothing here is asked of a database.

mod catalogue;
mod code;
mod embedded;
mod load;
mod search;

pub use catalogue::{Catalogue, Filter, LARGEST_PAGE};
pub use code::{NotAProcedureCode, ProcedureCode};
pub use load::{CatalogueError, LoadError};
pub use search::{LONGEST_SEARCH, SearchTooLong, SearchWords};

use serde::Deserialize;

use crate::bilingual::Bilingual;
use crate::form::{Form, PaperRequirement};

/// One version of a procedure.
#[derive(Debug)]
pub struct Procedure {
    /// The state's code.
    pub code: ProcedureCode,
    /// Counts from 1 within the code.
    pub version: u32,
    /// What the procedure is called.
    pub name: Bilingual,
    /// The field it belongs to: our grouping in English, the state's own words in Vietnamese.
    pub field: Bilingual,
    /// Who settles it.
    pub agency_level: AgencyLevel,
    /// Whether this product takes it wholly online. A launch flag, not the state's own grade.
    pub online: bool,
    /// How long the law gives the office.
    pub limit: Limit,
    /// What it costs.
    pub fee: Fee,
    /// What the citizen receives at the end.
    pub result: ResultType,
    /// What the citizen has to do on the way, in the order it is done, each at most once.
    pub requires: Vec<Requirement>,
    /// The state's decision that announced it.
    pub decision_no: String,
    /// How far the row was checked.
    pub verified: Verified,
    /// The form to fill in, where one is drawn up; other procedures are opened at the counter.
    pub form: Option<Form>,
    /// The papers to hand in; empty where no form is drawn up.
    pub papers: Vec<PaperRequirement>,
}

/// Who settles a procedure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AgencyLevel {
    /// The city police and its units.
    Police,
    /// The committee of a ward, commune or special zone.
    Ward,
    /// A department of the city.
    City,
}

/// How long the law gives the office: `count` of `unit`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// What is counted.
    pub unit: LimitUnit,
    /// How many, 1 to [`LimitUnit::most`]; 0 for [`LimitUnit::SameDay`] alone.
    pub count: u32,
}

/// What a legal limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitUnit {
    /// By the end of the day of receipt.
    SameDay,
    /// Working hours.
    Hour,
    /// Working days of 8 hours.
    WorkingDay,
    /// Days of the calendar.
    CalendarDay,
    /// Months of the calendar.
    Month,
    /// A season that an announcement opens and closes. The count is our estimate in working days.
    Period,
}

impl LimitUnit {
    /// The largest count the data may hold, so that a slip of the pen does not become a promise.
    pub fn most(self) -> u32 {
        match self {
            Self::SameDay => 0,
            Self::Month => 36,
            Self::WorkingDay | Self::Period => 400,
            Self::CalendarDay => 1_000,
            Self::Hour => 10_000,
        }
    }
}

/// What a procedure costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fee {
    /// Nothing.
    Free,
    /// This many dong.
    Vnd(u64),
    /// It is paid for, but the sum is set elsewhere: the office tells it at receipt. Never "free".
    ToldAtReceipt,
}

/// What the citizen receives at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResultType {
    /// An account of electronic identity, opened or changed.
    Account,
    /// A badge for a vehicle.
    Badge,
    /// The results of several linked procedures.
    Bundle,
    /// A card of plastic or paper.
    Card,
    /// A certificate.
    Certificate,
    /// A vehicle's certificate with its number plate.
    CertificateAndPlate,
    /// A signature or act certified on the citizen's own paper.
    Certification,
    /// A copy certified as true.
    CertifiedCopy,
    /// A confirmation of what the state has on record.
    Confirmation,
    /// A record changed; nothing is handed out.
    DatabaseUpdate,
    /// A decision.
    Decision,
    /// An extract from a register.
    Extract,
    /// A licence to do or to run something.
    Licence,
    /// A notice that something was taken note of.
    Notice,
    /// A passport.
    Passport,
    /// A permit for one occasion or place.
    Permit,
}

/// What the citizen has to do on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Requirement {
    /// Show who they are.
    Id,
    /// Pay.
    Pay,
    /// Draw a plate number.
    PlateDraw,
    /// Come in at an appointed time.
    Appointment,
    /// Give an address for the post.
    Post,
}

/// How far a row of the catalogue was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verified {
    /// Every figure stood in the national catalogue as of July 2026.
    Seen,
    /// Some figure is general knowledge or our correction.
    General,
}
