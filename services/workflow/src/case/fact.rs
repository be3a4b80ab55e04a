//! What is published about a case.

use jiff::Timestamp;
use jiff::civil::Date;
use proto::motcua::access::v1::Role;
use proto::motcua::r#type::v1::StopReason;
use uuid::Uuid;

use super::{Case, Late};
use crate::fees::Fee;
use crate::grounds::Grounds;

/// What is published about a case; each with the case as it is after it.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// A case was opened for a submitted dossier.
    Opened(Box<Case>, Timestamp),
    /// The dossier was accepted.
    Accepted {
        /// The case, with the date that is promised.
        case: Box<Case>,
        /// Who accepted it.
        officer: String,
        /// The legal day of receipt.
        receipt_day: Date,
        /// What the citizen is told it will cost.
        fees: Vec<Fee>,
    },
    /// The dossier was refused, on these grounds.
    Refused(Box<Case>, Grounds),
    /// The owner of the dossier is asked for a supplement.
    SupplementRequested {
        /// The case.
        case: Box<Case>,
        /// What for, and why.
        grounds: Grounds,
        /// Until when it can be answered.
        expires: Timestamp,
    },
    /// The dossier was withdrawn.
    WithdrawalGranted {
        /// The case.
        case: Box<Case>,
        /// Who granted it; none where nobody had to.
        officer: Option<String>,
        /// When.
        at: Timestamp,
    },
    /// A withdrawal was denied.
    WithdrawalDenied {
        /// The case.
        case: Box<Case>,
        /// Why; none where it came too late.
        grounds: Option<Grounds>,
        /// When.
        at: Timestamp,
    },
    /// A fee that fell due is owed no more.
    FeeCancelled {
        /// The case.
        case: Box<Case>,
        /// What is owed no more.
        obligation: Uuid,
        /// When.
        at: Timestamp,
    },
    /// The case is due soon: its officers are warned at this instant.
    DueSoon(Box<Case>, Timestamp),
    /// The date that was promised passed without a result.
    Late {
        /// The case.
        case: Box<Case>,
        /// Since when, and the new date.
        late: Late,
        /// With which officers it lies.
        lies_with: Role,
    },
    /// Processing was stopped for good.
    Stopped {
        /// The case.
        case: Box<Case>,
        /// Why.
        why: StopReason,
        /// Since when: the deadline that passed.
        at: Timestamp,
    },
    /// A task waits for an officer.
    TaskOpened(Box<Case>, String),
    /// A task is done.
    TaskClosed(Box<Case>, String),
    /// The result was issued.
    Issued(Box<Case>, Timestamp),
    /// The result is in the citizen's hands since this instant.
    Returned(Box<Case>, Timestamp),
    /// The case came to its end.
    Closed(Box<Case>, Timestamp),
    /// The clock stands: the case waits for its citizen.
    Paused(Box<Case>),
    /// The clock runs again since this instant.
    Resumed(Box<Case>, Timestamp),
    /// A fee fell due.
    FeeFellDue {
        /// The case, with the obligation.
        case: Box<Case>,
        /// What is due.
        lines: Vec<Fee>,
        /// When it fell due.
        at: Timestamp,
        /// Until when it can be paid.
        expires: Timestamp,
    },
    /// A number was drawn.
    NumberDrawn(Box<Case>),
    /// The number drawn is paid for.
    NumberAssigned(Box<Case>),
    /// The number drawn was not paid for and goes back to its pool.
    NumberReturned(Box<Case>),
}
