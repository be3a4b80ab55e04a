//! Why a result is due when it is: the days and pauses that were counted, in order.

use std::ops::Range;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};

use super::calendar::{Day, DayKind, OffReason, local};
use super::pause::PauseReason;
use super::receipt::Moved;

/// A length of the clock, in the unit of the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// Minutes of working time: limits of the same day, in working days or in hours.
    WorkingMinutes(u32),
    /// Days from date to date: limits in calendar days or months.
    CalendarDays(u32),
}

/// One thing that was counted, or was not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The dossier came, in civil time; `moved` says why another day is the legal day of receipt.
    Received {
        /// When it came.
        at: DateTime,
        /// Why it counts as received later, if it does.
        moved: Option<Moved>,
    },
    /// The legal day of receipt, where it is not the day the dossier came.
    ReceiptDay(Date),
    /// A working day counted.
    WorkingDay {
        /// The day.
        day: Date,
        /// Its number, from 1.
        number: u32,
        /// How many there are to count.
        of: u32,
        /// Whether it is a weekend day worked in exchange for another.
        make_up: bool,
    },
    /// Working time counted on one day, in minutes.
    WorkingTime {
        /// The day.
        day: Date,
        /// Counted on this day.
        minutes: u32,
        /// Counted up to and with this day.
        so_far: u32,
        /// To be counted in all.
        of: u32,
    },
    /// Days of the calendar counted, off days with them.
    CalendarDays {
        /// The first one.
        first: Date,
        /// The last one.
        last: Date,
        /// How many they are.
        days: u32,
    },
    /// Months counted.
    Months {
        /// From the legal day of receipt.
        from: Date,
        /// How many.
        months: u32,
        /// The day they end on.
        last: Date,
    },
    /// Days on end that are off for one reason and do not count.
    Off {
        /// The first one.
        first: Date,
        /// The last one.
        last: Date,
        /// Why they are off.
        why: OffReason,
    },
    /// A pause, in civil time; its length is what the due instant moved by.
    Paused {
        /// When the clock stopped.
        from: DateTime,
        /// When it ran again and what was not counted; `None` while it stands.
        until: Option<(DateTime, Length)>,
        /// What was waited for.
        reason: PauseReason,
    },
    /// A limit in calendar days or months ends on a day off and moves to the next working day.
    LastDayOff {
        /// The day it ends on.
        day: Date,
        /// Why it is off.
        why: OffReason,
    },
    /// The result is due, in civil time.
    Due(DateTime),
    /// The clock stands still with this much left.
    Standing(Length),
    /// The due instant passed without a result; the new date, in civil time, if the calendar reaches it.
    Missed(Option<DateTime>),
}

/// The steps that lead from the receipt to the due instant.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Explanation {
    steps: Vec<Step>,
}

impl Explanation {
    /// The steps in the order they are counted.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Ends with that the due instant passed without a result.
    pub fn miss(&mut self, new_date: Option<Timestamp>) {
        self.push(Step::Missed(new_date.map(local)));
    }

    pub(super) fn push(&mut self, step: Step) {
        self.steps.push(step);
    }

    /// Walks over days: off days become runs, `count` says what a working day adds.
    pub(super) fn walk(
        &mut self,
        days: &[Day],
        range: Range<usize>,
        mut count: impl FnMut(&Day) -> Option<Step>,
    ) {
        for day in days.get(range).unwrap_or_default() {
            match &day.kind {
                DayKind::Off(why) => self.day_off(day.date, why),
                DayKind::Working | DayKind::MakeUp => self.steps.extend(count(day)),
            }
        }
    }

    /// Lists the off days of a range alone.
    pub(super) fn off_days(&mut self, days: &[Day], range: Range<usize>) {
        self.walk(days, range, |_| None);
    }

    fn day_off(&mut self, day: Date, reason: &OffReason) {
        if let Some(Step::Off { last, why, .. }) = self.steps.last_mut()
            && why == reason
            && last.tomorrow().is_ok_and(|next| next == day)
        {
            *last = day;
        } else {
            self.steps.push(Step::Off { first: day, last: day, why: reason.clone() });
        }
    }
}
