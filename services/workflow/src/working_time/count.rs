//! Counting a limit: first as if nothing paused, then over the standstills.

use jiff::{Span, Timestamp};

use super::calendar::{Calendar, DayKind, local};
use super::due::{Clock, DueError};
use super::explanation::{Explanation, Length, Step};
use super::limit::Limit;
use super::pause::{Pause, Standstill};
use super::receipt::Receipt;
use super::sessions::MINUTES_OF_A_DAY;

/// The axis on which a limit is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Axis {
    /// Working minutes since the calendar began.
    WorkingMinutes,
    /// Days since the calendar began: the places in its table.
    CalendarDays,
}

impl Axis {
    fn of(limit: Limit) -> Self {
        match limit {
            Limit::SameDay | Limit::WorkingDays(_) | Limit::Hours(_) => Self::WorkingMinutes,
            Limit::CalendarDays(_) | Limit::Months(_) => Self::CalendarDays,
        }
    }

    fn length(self, amount: u32) -> Length {
        match self {
            Self::WorkingMinutes => Length::WorkingMinutes(amount),
            Self::CalendarDays => Length::CalendarDays(amount),
        }
    }
}

/// A limit being counted.
pub(super) struct Count<'calendar> {
    calendar: &'calendar Calendar,
    axis: Axis,
    /// Where on the axis the limit is used up.
    end: u32,
    explanation: Explanation,
}

impl<'calendar> Count<'calendar> {
    /// Counts the limit as if nothing paused.
    pub fn begin(
        calendar: &'calendar Calendar,
        limit: Limit,
        receipt: &Receipt,
    ) -> Result<Self, DueError> {
        let explanation = Explanation::default();
        let mut count = Self { calendar, axis: Axis::of(limit), end: 0, explanation };
        count.receipt(receipt);
        match limit {
            Limit::SameDay => count.working_days(receipt, 0)?,
            Limit::WorkingDays(days) => count.working_days(receipt, days)?,
            Limit::Hours(hours) => count.working_time(receipt, hours * 60)?,
            Limit::CalendarDays(days) => count.calendar_days(receipt, days)?,
            Limit::Months(months) => count.months(receipt, months)?,
        }
        Ok(count)
    }

    fn receipt(&mut self, receipt: &Receipt) {
        let days = &self.calendar.days;
        self.explanation.push(Step::Received { at: receipt.at, moved: receipt.moved.clone() });
        self.explanation.off_days(days, receipt.days_between());
        if receipt.moved.is_some() {
            self.explanation.push(Step::ReceiptDay(days[receipt.day].date));
        }
    }

    /// Up to the closing of the last of `of` working days after the day of receipt.
    fn working_days(&mut self, receipt: &Receipt, of: u32) -> Result<(), DueError> {
        let calendar = self.calendar;
        let day_0 = calendar.days[receipt.day].rank;
        let last = calendar.working_day(day_0 + of)?;
        self.end = (day_0 + of + 1) * MINUTES_OF_A_DAY;
        self.explanation.walk(&calendar.days, receipt.day + 1..last + 1, |day| {
            let make_up = day.kind == DayKind::MakeUp;
            Some(Step::WorkingDay { day: day.date, number: day.rank - day_0, of, make_up })
        });
        Ok(())
    }

    /// Up to the minute at which so much working time has passed.
    fn working_time(&mut self, receipt: &Receipt, of: u32) -> Result<(), DueError> {
        let start = self.calendar.minutes_at(receipt.begin)?;
        self.end = start + of;
        let last = self.calendar.index(local(self.due()?).date())?;
        self.explanation.walk(&self.calendar.days, receipt.day..last + 1, |day| {
            let counted_by = |rank: u32| (rank * MINUTES_OF_A_DAY).clamp(start, start + of) - start;
            let so_far = counted_by(day.rank + 1);
            let minutes = so_far - counted_by(day.rank);
            (minutes > 0).then_some(Step::WorkingTime { day: day.date, minutes, so_far, of })
        });
        Ok(())
    }

    fn calendar_days(&mut self, receipt: &Receipt, days: u32) -> Result<(), DueError> {
        let table = &self.calendar.days;
        let last = self.place_after(receipt, Span::new().days(days))?;
        let (first, last) = (table[receipt.day + 1].date, table[last].date);
        self.explanation.push(Step::CalendarDays { first, last, days });
        Ok(())
    }

    fn months(&mut self, receipt: &Receipt, months: u32) -> Result<(), DueError> {
        let table = &self.calendar.days;
        let last = self.place_after(receipt, Span::new().months(months))?;
        let (from, last) = (table[receipt.day].date, table[last].date);
        self.explanation.push(Step::Months { from, months, last });
        Ok(())
    }

    /// Ends the limit so long after the day of receipt, and tells the place of that day in the
    /// table.
    fn place_after(&mut self, receipt: &Receipt, span: Span) -> Result<usize, DueError> {
        let from = self.calendar.days[receipt.day].date;
        let last =
            from.checked_add(span).expect("the bounds of a limit keep it below the year 9999");
        let place = self.calendar.index(last)?;
        self.end = day_number(place);
        Ok(place)
    }

    /// Lets the clock run over the standstills until the limit is used up, or it stands for now.
    pub fn run(mut self, standstills: &[Standstill]) -> Result<(Clock, Explanation), DueError> {
        let planned = self.due()?;
        for standstill in standstills {
            if standstill.from >= self.due()? {
                break;
            }
            for pause in &standstill.pauses {
                self.explain(pause)?;
            }
            let from = self.position(standstill.from)?;
            let Some(to) = standstill.to else {
                let left = self.axis.length(self.end.saturating_sub(from));
                self.explanation.push(Step::Standing(left));
                return Ok((Clock::Standing(left), self.explanation));
            };
            let to = self.position(to)?;
            // Never due before the clock runs again, which a last day that is off could otherwise
            // be.
            self.end = (self.end + (to - from)).max(to);
        }
        self.finish(planned)
    }

    fn explain(&mut self, pause: &Pause) -> Result<(), DueError> {
        let until = match pause.to {
            None => None,
            Some(to) => {
                let length = self.position(to)? - self.position(pause.from)?;
                Some((local(to), self.axis.length(length)))
            }
        };
        let (from, reason) = (local(pause.from), pause.reason);
        self.explanation.push(Step::Paused { from, until, reason });
        Ok(())
    }

    /// Explains how the due instant lies to what was planned without pauses.
    fn finish(mut self, planned: Timestamp) -> Result<(Clock, Explanation), DueError> {
        let due = self.due()?;
        let days = &self.calendar.days;
        match self.axis {
            Axis::WorkingMinutes => {
                let place = |instant| self.calendar.index(local(instant).date());
                self.explanation.off_days(days, place(planned)? + 1..place(due)? + 1);
            }
            Axis::CalendarDays => {
                let last = &days[self.end as usize];
                if let DayKind::Off(why) = &last.kind {
                    self.explanation.push(Step::LastDayOff { day: last.date, why: why.clone() });
                }
            }
        }
        self.explanation.push(Step::Due(local(due)));
        Ok((Clock::Running(due), self.explanation))
    }

    /// The instant at which the limit is used up.
    fn due(&self) -> Result<Timestamp, DueError> {
        match self.axis {
            Axis::WorkingMinutes => self.calendar.when_minutes(self.end),
            Axis::CalendarDays => {
                let day = self.calendar.first_working_from(self.end as usize)?;
                Ok(self.calendar.closing(day))
            }
        }
    }

    /// Where on the axis an instant lies.
    fn position(&self, instant: Timestamp) -> Result<u32, DueError> {
        match self.axis {
            Axis::WorkingMinutes => self.calendar.minutes_at(instant),
            Axis::CalendarDays => self.calendar.index(local(instant).date()).map(day_number),
        }
    }
}

/// A place in the table as a position on the axis of days.
fn day_number(place: usize) -> u32 {
    u32::try_from(place).expect("a calendar has at most 50 years of days")
}
