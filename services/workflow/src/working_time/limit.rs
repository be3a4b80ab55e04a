//! The legal limit of a procedure.

use super::due::DueError;

/// How long the law gives the office. The day of receipt is day 0 of every limit in days.
///
/// A procedure whose source states a period in words uses the estimate in working days that its
/// data carries: [`Limit::WorkingDays`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// By the closing of the day of receipt.
    SameDay,
    /// Working days of 8 hours, 1 to 400: by the closing of the last one.
    WorkingDays(u32),
    /// Working hours, 1 to 10 000, counted to the minute.
    Hours(u32),
    /// Days of the calendar, 1 to 1000. A last day that is off moves to the next working day (our
    /// choice).
    CalendarDays(u32),
    /// Months, 1 to 36: to the same day of the month, or its last day where that is missing. A last
    /// day that is off moves to the next working day (our choice).
    Months(u32),
}

impl Limit {
    /// Refuses what no procedure has, so that a slip of the pen in the data does not become a
    /// promise.
    ///
    /// # Errors
    /// [`DueError::LimitOutOfBounds`].
    pub fn check(self) -> Result<(), DueError> {
        let (value, most) = match self {
            Self::SameDay => return Ok(()),
            Self::WorkingDays(days) => (days, 400),
            Self::Hours(hours) => (hours, 10_000),
            Self::CalendarDays(days) => (days, 1_000),
            Self::Months(months) => (months, 36),
        };
        if (1..=most).contains(&value) {
            return Ok(());
        }
        Err(DueError::LimitOutOfBounds { limit: self, most })
    }
}
