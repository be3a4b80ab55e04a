//! The folio: the page of the books that belongs to one stream. A dossier's holds its invoices and the transfers that name
//! them; a transfer that names none of ours has a page of its own.

mod end_asking;
mod invoice;
mod issue;
mod notice;
mod purpose;
mod questions;
mod record;
#[cfg(test)]
mod tests;

use chassis::write::{Root, Series};
use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use proto::motcua::payment::v1::UnmatchedReason;
use proto::motcua::r#type::v1::Channel;
use uuid::Uuid;

use crate::ledger::Entry;
use crate::money::Dong;
use crate::settings::Payee;

pub use end_asking::EndAsking;
pub use invoice::{Fees, Invoice, MOST, State};
pub use issue::IssueInvoice;
pub use notice::{Notice, NoticeError, Told};
pub use purpose::Purpose;
pub use questions::Questions;
pub use record::RecordTransfer;

/// Vietnam keeps UTC+7 all year.
const VIETNAM: Offset = jiff::tz::offset(7);

/// A page of the books.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folio {
    /// In order of issue.
    pub invoices: Vec<Invoice>,
    /// Those transfers recorded on it that a command asked after.
    pub recorded: Vec<Uuid>,
    /// What was written since it was loaded.
    pub added: Added,
}

/// What is written once and never changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Added {
    /// Transfers.
    pub transfers: Vec<Transfer>,
    /// Entries of the ledger, with when they were made.
    pub entries: Vec<(Timestamp, Entry)>,
}

/// What a fact or a row says of a dossier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dossier {
    /// Its id, which is the stream.
    pub id: Uuid,
    /// Its code.
    pub code: String,
    /// `procedures/{code}/versions/{number}`.
    pub procedure: String,
    /// `agencies/{unit code}`.
    pub agency: String,
    /// How it came in.
    pub channel: Channel,
}

/// A transfer and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// Follows from the bank's reference.
    pub id: Uuid,
    /// The page it is on.
    pub stream: Uuid,
    /// The bank's id for it.
    pub reference: String,
    /// How much came.
    pub amount: Dong,
    /// The instant of payment, by the bank's clock.
    pub paid_at: Timestamp,
    /// When the bank told of it.
    pub received_at: Timestamp,
    /// The invoice it names.
    pub invoice: Option<Uuid>,
    /// Why it did not pay the invoice; none, if it did.
    pub set_aside: Option<UnmatchedReason>,
}

/// What an invoice is issued by.
#[derive(Clone, Debug)]
pub struct Terms {
    /// Whom it is paid to.
    pub payee: Payee,
    /// When the bank is asked about it.
    pub questions: Questions,
}

/// What is published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// An invoice was issued.
    Issued(Box<Invoice>),
    /// An invoice was paid.
    Paid(Box<Invoice>),
    /// An invoice lapsed.
    Expired(Box<Invoice>),
    /// A transfer was set aside; with the invoice it names.
    SetAside(Box<Transfer>, Option<Box<Invoice>>),
}

impl Root for Folio {
    type Rules = Terms;
    /// The transfer whose repeat must be known.
    type Wants = Option<Uuid>;
    type Fact = Fact;
}

/// An instant as the database keeps it, so that one read again equals the one written.
pub fn microseconds(at: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(at.as_microsecond()).unwrap_or(at)
}

/// The year in Vietnam.
fn year(at: Timestamp) -> i16 {
    TimeZone::fixed(VIETNAM).to_datetime(at).year()
}

/// Numbers that begin anew each year.
fn series(prefix: &str, year: i16) -> Series {
    Series(format!("{prefix}-{year:04}"))
}

/// A number of a series as it is printed.
fn printed(series: &Series, number: i64) -> String {
    format!("{}-{number:07}", series.0)
}
