//! The folio: the page of the books that belongs to one stream. A dossier's holds its invoices and the transfers that name
//! them; a transfer that names none of ours has a page of its own.

mod cancel;
mod end_asking;
mod invoice;
mod issue;
mod notice;
mod purpose;
mod questions;
mod record;
mod refund;
#[cfg(test)]
mod tests;
mod transfer;

use chassis::clock::VIETNAM;
use chassis::write::{Root, Series};
use jiff::Timestamp;
use proto::motcua::r#type::v1::Channel;
use uuid::Uuid;

use crate::ledger::Entry;
use crate::settings::Payee;

pub use cancel::CancelInvoice;
pub use end_asking::EndAsking;
pub use invoice::{Fees, Invoice, MOST, State};
pub use issue::IssueInvoice;
pub use notice::{Notice, NoticeError, Told, is_reference};
pub use purpose::Purpose;
pub use questions::Questions;
pub use record::RecordTransfer;
pub use refund::{RefundTransfer, no_such_transfer};
pub use transfer::{Refund, Settled, Transfer};

/// A page of the books.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folio {
    /// In order of issue.
    pub invoices: Vec<Invoice>,
    /// Where a command asked after one: that transfer, if it is recorded, and all that wait in suspense.
    pub transfers: Vec<Transfer>,
    /// Entries of the ledger made since it was loaded, with when.
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
    /// An invoice was cancelled, with when what it collects was not due any more.
    Cancelled(Box<Invoice>, Timestamp),
    /// A transfer was set aside; with the invoice it names as it is after it.
    SetAside(Box<Transfer>, Option<Box<Invoice>>),
    /// A transfer was paid back; with the invoice it names as it is after it.
    Refunded(Box<Transfer>, Option<Box<Invoice>>),
}

impl Root for Folio {
    type Rules = Terms;
    /// The transfer that a command is about.
    type Wants = Option<Uuid>;
    type Fact = Fact;
}

/// An instant as the database keeps it, so that one read again equals the one written.
pub fn microseconds(at: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(at.as_microsecond()).unwrap_or(at)
}

/// The year in Vietnam.
fn year(at: Timestamp) -> i16 {
    VIETNAM.to_datetime(at).year()
}

/// Numbers that begin anew each year.
fn series(prefix: &str, year: i16) -> Series {
    Series(format!("{prefix}-{year:04}"))
}

/// A number of a series as it is printed.
fn printed(series: &Series, number: i64) -> String {
    format!("{}-{number:07}", series.0)
}
