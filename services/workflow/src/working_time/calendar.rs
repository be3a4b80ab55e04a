//! The working calendar, unrolled into a table of days.

use std::sync::Arc;

use chassis::clock::VIETNAM;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};

use super::due::DueError;
use super::sessions::{MINUTES_OF_A_DAY, Sessions, at_minute, minute_of};

/// What a holiday is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HolidayName {
    /// In Vietnamese, as it stands in the middle of a sentence.
    pub vi: String,
    /// In English.
    pub en: String,
}

/// Why a day does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OffReason {
    /// A Saturday or Sunday.
    Weekend,
    /// A day the state has announced as off.
    Holiday(Arc<HolidayName>),
}

/// What a day is to the offices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum DayKind {
    Working,
    /// A weekend day worked in exchange for another day off.
    MakeUp,
    Off(OffReason),
}

/// A row of the table.
#[derive(Debug, Clone)]
pub(super) struct Day {
    pub date: Date,
    pub kind: DayKind,
    /// How many working days the calendar has before this one.
    pub rank: u32,
}

impl Day {
    pub fn is_working(&self) -> bool {
        !matches!(self.kind, DayKind::Off(_))
    }
}

/// The days, sessions and rules of receipt of the offices. Immutable; share it behind an `Arc`.
#[derive(Debug, Clone)]
pub struct Calendar {
    /// Every day of the known years, in order and without a gap.
    pub(super) days: Vec<Day>,
    /// For each rank, where its working day stands in `days`.
    working: Vec<usize>,
    pub(super) sessions: Sessions,
    pub(super) receipt: ReceiptRules,
}

/// What decides the legal day of receipt.
#[derive(Debug, Clone)]
pub(super) struct ReceiptRules {
    /// The last minute of the day at which today is still the day of receipt.
    pub cut_off: u32,
    /// When dossiers are received on a Saturday that is not worked.
    pub saturday: Sessions,
}

impl Calendar {
    /// The caller gives every day of the known years in order (`data` does), at least one.
    pub(super) fn new(
        days: Vec<(Date, DayKind)>,
        sessions: Sessions,
        receipt: ReceiptRules,
    ) -> Self {
        let mut rank = 0;
        let mut working = Vec::with_capacity(days.len());
        let mut table = Vec::with_capacity(days.len());
        for (date, kind) in days {
            let day = Day { date, kind, rank };
            if day.is_working() {
                working.push(table.len());
                rank += 1;
            }
            table.push(day);
        }
        Self { days: table, working, sessions, receipt }
    }

    /// The working minutes from `from` to `to`; 0 if `to` is not after `from`.
    ///
    /// # Errors
    /// [`DueError::CalendarEnds`] if either instant is outside the years of the calendar.
    pub fn working_minutes_between(&self, from: Timestamp, to: Timestamp) -> Result<u32, DueError> {
        Ok(self.minutes_at(to)?.saturating_sub(self.minutes_at(from)?))
    }

    /// The first instant from `from` on by which `minutes` of working time have passed.
    ///
    /// # Errors
    /// [`DueError::CalendarEnds`] if either instant is outside the years of the calendar.
    pub fn add_working_minutes(
        &self,
        from: Timestamp,
        minutes: u32,
    ) -> Result<Timestamp, DueError> {
        let start = self.minutes_at(from)?;
        if minutes == 0 {
            return Ok(from);
        }
        self.when_minutes(start.saturating_add(minutes))
    }

    /// Working minutes that have passed since the calendar began.
    pub(super) fn minutes_at(&self, instant: Timestamp) -> Result<u32, DueError> {
        let local = local(instant);
        let day = &self.days[self.index(local.date())?];
        let today =
            if day.is_working() { self.sessions.passed_at(minute_of(local.time())) } else { 0 };
        Ok(day.rank * MINUTES_OF_A_DAY + today)
    }

    /// The first instant at which so many working minutes, at least 1, have passed.
    pub(super) fn when_minutes(&self, minutes: u32) -> Result<Timestamp, DueError> {
        let before = minutes.saturating_sub(1);
        let day = self.working_day(before / MINUTES_OF_A_DAY)?;
        let minute = self.sessions.minute_when(before % MINUTES_OF_A_DAY + 1);
        Ok(instant(at_minute(self.days[day].date, minute)))
    }

    /// The place in the table of the first working day from place `index` on.
    pub(super) fn first_working_from(&self, index: usize) -> Result<usize, DueError> {
        match self.days.get(index) {
            Some(day) => self.working_day(day.rank),
            None => Err(self.ends()),
        }
    }

    /// The place in the table of the working day of this rank.
    pub(super) fn working_day(&self, rank: u32) -> Result<usize, DueError> {
        self.working.get(rank as usize).copied().ok_or_else(|| self.ends())
    }

    /// The place in the table of a date.
    pub(super) fn index(&self, date: Date) -> Result<usize, DueError> {
        let days = self.days[0].date.duration_until(date).as_hours() / 24;
        usize::try_from(days)
            .ok()
            .filter(|index| *index < self.days.len())
            .ok_or(DueError::CalendarEnds { year: date.year() })
    }

    /// When the office opens on a day of the table.
    pub(super) fn opening(&self, index: usize) -> Timestamp {
        instant(at_minute(self.days[index].date, self.sessions.opening()))
    }

    /// When the office closes on a day of the table.
    pub(super) fn closing(&self, index: usize) -> Timestamp {
        instant(at_minute(self.days[index].date, self.sessions.closing()))
    }

    /// The first year the calendar does not know, as an error.
    fn ends(&self) -> DueError {
        let known = self.days.last().map_or(0, |day| day.date.year());
        DueError::CalendarEnds { year: known + 1 }
    }
}

/// The civil time at the offices.
pub(super) fn local(instant: Timestamp) -> DateTime {
    VIETNAM.to_datetime(instant)
}

/// The instants at which a day begins and ends at the offices; none of a day before 1970 or at the end of time.
pub fn day_bounds(day: Date) -> Option<(Timestamp, Timestamp)> {
    let from = VIETNAM.to_timestamp(day.to_datetime(Time::midnight())).ok()?;
    let to = VIETNAM.to_timestamp(day.tomorrow().ok()?.to_datetime(Time::midnight())).ok()?;
    (from >= Timestamp::UNIX_EPOCH).then_some((from, to))
}

/// The instant of a civil time at the offices.
fn instant(civil: DateTime) -> Timestamp {
    VIETNAM.to_timestamp(civil).expect("the years of a calendar are inside the range of timestamps")
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{at, city};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn working_minutes_run_in_sessions_only() {
        let city = city();
        for (from, to, minutes) in [
            ("2026-04-20 07:30", "2026-04-20 17:00", 480),
            ("2026-04-20 11:00", "2026-04-20 13:30", 60),
            ("2026-04-20 17:00", "2026-04-21 07:30", 0),
            ("2026-04-17 16:59", "2026-04-20 07:31", 2),
            ("2026-04-18 07:30", "2026-04-18 11:30", 0),
            ("2026-08-22 07:30", "2026-08-22 17:00", 480),
            ("2026-02-13 17:00", "2026-02-23 07:30", 0),
            ("2026-04-20 09:00", "2026-04-20 08:00", 0),
        ] {
            let counted = city.working_minutes_between(at(from), at(to));
            assert_eq!(counted, Ok(minutes), "{from} to {to}");
        }
    }

    #[test]
    fn what_ends_with_a_session_ends_at_its_closing() {
        let city = city();
        for (from, minutes, to) in [
            ("2026-04-20 07:30", 240, "2026-04-20 11:30"),
            ("2026-04-20 07:30", 241, "2026-04-20 13:01"),
            ("2026-04-20 07:30", 480, "2026-04-20 17:00"),
            ("2026-04-17 16:00", 61, "2026-04-20 07:31"),
            ("2026-04-18 09:00", 0, "2026-04-18 09:00"),
            ("2026-04-18 09:00", 1, "2026-04-20 07:31"),
        ] {
            assert_eq!(
                city.add_working_minutes(at(from), minutes),
                Ok(at(to)),
                "{from} + {minutes}"
            );
        }
    }

    #[test]
    fn a_year_without_data_is_named() {
        let (city, new_year) = (city(), at("2028-01-01 00:00"));
        let ends = Err(DueError::CalendarEnds { year: 2028 });
        assert_eq!(city.working_minutes_between(at("2027-12-31 12:00"), new_year), ends);
        assert_eq!(
            city.add_working_minutes(at("2027-12-31 16:00"), 61),
            Err(DueError::CalendarEnds { year: 2028 })
        );
        assert_eq!(
            city.add_working_minutes(at("2024-12-31 16:00"), 1),
            Err(DueError::CalendarEnds { year: 2024 })
        );
    }

    proptest! {
        #[test]
        fn adding_minutes_and_counting_them_agree(
            second in 1_735_700_000i64..1_790_000_000, minutes in 0u32..100_000,
        ) {
            let (city, from) = (city(), Timestamp::from_second(second).unwrap());
            let to = city.add_working_minutes(from, minutes).unwrap();
            prop_assert!(to >= from);
            prop_assert_eq!(city.working_minutes_between(from, to), Ok(minutes));
        }

        #[test]
        fn counting_minutes_and_adding_them_ends_in_the_same_minute(
            second in 1_735_700_000i64..1_790_000_000, minutes in 1u32..100_000,
        ) {
            let (city, from) = (city(), Timestamp::from_second(second).unwrap());
            let to = city.add_working_minutes(from, minutes).unwrap();
            let counted = city.working_minutes_between(from, to).unwrap();
            prop_assert_eq!(city.add_working_minutes(from, counted), Ok(to));
        }
    }
}
