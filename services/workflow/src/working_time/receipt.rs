//! The legal day of receipt: day 0 of every limit.

use std::ops::Range;

use jiff::Timestamp;
use jiff::civil::{DateTime, Time, Weekday};

use super::calendar::{Calendar, DayKind, OffReason, local};
use super::due::DueError;
use super::sessions::{at_minute, minute_of};

/// Why a dossier counts as received later than it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Moved {
    /// It came on a working day after the time of day up to which today counts.
    AfterCutOff(Time),
    /// It came at the Saturday reception: dossiers are taken in, but no working time runs.
    SaturdayReception,
    /// It came on a day off.
    DayOff(OffReason),
}

/// A dossier received.
#[derive(Debug)]
pub(super) struct Receipt {
    pub at: DateTime,
    pub moved: Option<Moved>,
    /// The place in the table of the day it came.
    pub came: usize,
    /// The place in the table of the legal day of receipt, a working day.
    pub day: usize,
    /// When the clock begins: at the receipt, or at the opening of the legal day if it came before.
    pub begin: Timestamp,
}

impl Receipt {
    /// The days between the day it came and the legal day of receipt.
    pub fn days_between(&self) -> Range<usize> {
        self.came + 1..self.day.max(self.came + 1)
    }
}

impl Calendar {
    pub(super) fn receive(&self, received: Timestamp) -> Result<Receipt, DueError> {
        let at = local(received);
        let came = self.index(at.date())?;
        let moved = self.why_moved(came, at);
        let day = self.first_working_from(if moved.is_some() { came + 1 } else { came })?;
        Ok(Receipt { at, moved, came, day, begin: received.max(self.opening(day)) })
    }

    fn why_moved(&self, came: usize, at: DateTime) -> Option<Moved> {
        let day = &self.days[came];
        match &day.kind {
            DayKind::Off(OffReason::Weekend) if self.is_saturday_reception(at) => {
                Some(Moved::SaturdayReception)
            }
            DayKind::Off(reason) => Some(Moved::DayOff(reason.clone())),
            DayKind::Working | DayKind::MakeUp => {
                let cut_off = self.receipt.cut_off;
                (minute_of(at.time()) > cut_off)
                    .then(|| Moved::AfterCutOff(at_minute(day.date, cut_off).time()))
            }
        }
    }

    fn is_saturday_reception(&self, at: DateTime) -> bool {
        at.weekday() == Weekday::Saturday && self.receipt.saturday.contains(minute_of(at.time()))
    }
}
