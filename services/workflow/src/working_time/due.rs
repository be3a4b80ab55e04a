//! The due instant: the clock runs from the receipt until the limit is used up, and stands in
//! pauses.

use jiff::Timestamp;
use jiff::civil::Date;
use thiserror::Error;

use super::calendar::Calendar;
use super::count::Count;
use super::explanation::{Explanation, Length};
use super::limit::Limit;
use super::pause::{Pause, standstills};

/// What was promised, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// The legal day of receipt, day 0 of the limit.
    pub receipt_day: Date,
    /// Whether the clock runs, and to where.
    pub clock: Clock,
    /// What was counted.
    pub explanation: Explanation,
}

/// The clock of a dossier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// It runs and ends at this instant, within a session or at its closing.
    Running(Timestamp),
    /// It stands in an open pause with this much left; there is no due instant until it runs again.
    Standing(Length),
}

impl Due {
    /// The due instant, if the clock runs.
    pub fn at(&self) -> Option<Timestamp> {
        match self.clock {
            Clock::Running(at) => Some(at),
            Clock::Standing(_) => None,
        }
    }
}

/// Why no due instant can be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum DueError {
    /// A day is needed of which nothing is known.
    #[error("the working calendar has no data for {year}: add that year to it")]
    CalendarEnds {
        /// The first year that is missing.
        year: i16,
    },
    /// No procedure has such a limit.
    #[error("the limit {limit:?} is out of bounds: give 1 to {most}")]
    LimitOutOfBounds {
        /// What was asked.
        limit: Limit,
        /// The most of its kind.
        most: u32,
    },
    /// A pause whose end lies before its beginning.
    #[error("the pause from {from} ends before it begins: exchange its two instants")]
    PauseEndsBeforeItBegins {
        /// Its beginning.
        from: Timestamp,
    },
    /// More pauses than a dossier can have.
    #[error("{count} pauses are too many: give at most {most}")]
    TooManyPauses {
        /// How many there are.
        count: usize,
        /// The most there may be.
        most: usize,
    },
}

impl Calendar {
    /// When the result of a dossier received at `received` is due, and why.
    ///
    /// A limit of the same day, in working days or in hours uses up working minutes, and a pause
    /// moves the due instant by the working minutes it covers. A limit in calendar days or months
    /// uses up days, and a pause moves it by the days from its first date to its last (our choice,
    /// as is that a due day that is off moves to the next working day). Pauses may come in any
    /// order and overlap; one before the receipt, or after the limit was used up, moves nothing.
    ///
    /// # Errors
    /// [`DueError::CalendarEnds`] if a needed day is outside the years of the calendar, the others
    /// if the limit or a pause is not sound.
    pub fn due(
        &self,
        received: Timestamp,
        limit: Limit,
        pauses: &[Pause],
    ) -> Result<Due, DueError> {
        limit.check()?;
        let receipt = self.receive(received)?;
        let standstills = standstills(pauses, receipt.begin)?;
        let (clock, explanation) = Count::begin(self, limit, &receipt)?.run(&standstills)?;
        Ok(Due { receipt_day: self.days[receipt.day].date, clock, explanation })
    }
}

#[cfg(test)]
mod tests {
    use super::super::Step;
    use super::super::fixtures::{at, city};
    use super::super::pause::PauseReason;
    use super::*;
    use Limit::{CalendarDays, Hours, Months, SameDay, WorkingDays};
    use proptest::prelude::*;

    fn pause(from: &str, to: Option<&str>) -> Pause {
        Pause { from: at(from), to: to.map(at), reason: PauseReason::Supplement }
    }

    #[test]
    fn worked_cases_of_the_law() {
        let city = city();
        for (received, limit, due) in [
            // Over Lunar New Year; with a make-up Saturday; over National Day; from the Saturday
            // reception.
            ("2026-02-13 10:00", WorkingDays(2), "2026-02-24 17:00"),
            ("2026-08-21 10:00", WorkingDays(2), "2026-08-24 17:00"),
            ("2026-08-28 10:00", WorkingDays(2), "2026-09-04 17:00"),
            ("2026-04-18 08:00", WorkingDays(1), "2026-04-21 17:00"),
            // The legal day of receipt.
            ("2026-04-20 00:00", WorkingDays(1), "2026-04-21 17:00"),
            ("2026-04-20 15:00", WorkingDays(1), "2026-04-21 17:00"),
            ("2026-04-20 15:00:59", WorkingDays(1), "2026-04-21 17:00"),
            ("2026-04-20 15:01", WorkingDays(1), "2026-04-22 17:00"),
            ("2026-04-19 12:00", WorkingDays(1), "2026-04-21 17:00"),
            ("2026-02-17 09:00", WorkingDays(1), "2026-02-24 17:00"),
            ("2026-08-22 09:00", WorkingDays(1), "2026-08-24 17:00"),
            ("2026-01-01 09:00", WorkingDays(5), "2026-01-10 17:00"),
            ("2025-12-31 23:59", WorkingDays(1), "2026-01-06 17:00"),
            // The same day, up to the cut-off.
            ("2026-04-20 10:00", SameDay, "2026-04-20 17:00"),
            ("2026-04-20 15:00", SameDay, "2026-04-20 17:00"),
            ("2026-04-20 15:01", SameDay, "2026-04-21 17:00"),
            ("2026-04-24 16:30", SameDay, "2026-04-28 17:00"),
            // Working hours run from the receipt.
            ("2026-04-20 10:00", Hours(1), "2026-04-20 11:00"),
            ("2026-04-20 10:00", Hours(8), "2026-04-21 10:00"),
            ("2026-04-20 05:00", Hours(4), "2026-04-20 11:30"),
            ("2026-04-20 15:30", Hours(4), "2026-04-21 11:30"),
            ("2026-04-18 10:00", Hours(2), "2026-04-20 09:30"),
            // Calendar days and months, moved from days off.
            ("2026-04-20 10:00", CalendarDays(3), "2026-04-23 17:00"),
            ("2026-04-20 10:00", CalendarDays(5), "2026-04-28 17:00"),
            ("2026-02-02 10:00", CalendarDays(15), "2026-02-23 17:00"),
            ("2026-04-20 10:00", Months(1), "2026-05-20 17:00"),
            ("2025-10-31 10:00", Months(1), "2025-12-01 17:00"),
            ("2025-12-31 10:00", Months(6), "2026-06-30 17:00"),
        ] {
            let answer = city.due(at(received), limit, &[]).unwrap();
            assert_eq!(answer.at(), Some(at(due)), "{received}, {limit:?}: {answer:#?}");
        }
    }

    #[test]
    fn worked_cases_with_one_pause() {
        let city = city();
        for (limit, from, to, due) in [
            // Received on Monday 20 April 2026 at 10:00.
            (WorkingDays(2), "2026-04-21 09:00", "2026-04-21 10:30", "2026-04-23 09:00"),
            (WorkingDays(2), "2026-04-21 11:30", "2026-04-21 13:00", "2026-04-22 17:00"),
            (WorkingDays(2), "2026-04-21 17:00", "2026-04-22 07:30", "2026-04-22 17:00"),
            (WorkingDays(2), "2026-04-22 16:00", "2026-04-25 12:00", "2026-04-28 08:30"),
            (WorkingDays(2), "2026-04-22 17:00", "2026-05-25 12:00", "2026-04-22 17:00"),
            (WorkingDays(2), "2026-04-01 09:00", "2026-04-20 10:00", "2026-04-22 17:00"),
            (SameDay, "2026-04-20 10:30", "2026-04-20 11:30", "2026-04-21 08:30"),
            (Hours(2), "2026-04-20 11:00", "2026-04-22 07:30", "2026-04-22 08:30"),
            (CalendarDays(3), "2026-04-20 11:00", "2026-04-20 16:00", "2026-04-23 17:00"),
            (CalendarDays(3), "2026-04-21 23:00", "2026-04-22 01:00", "2026-04-24 17:00"),
            (CalendarDays(3), "2026-04-21 09:00", "2026-04-23 09:00", "2026-04-28 17:00"),
            (CalendarDays(5), "2026-04-26 09:00", "2026-04-29 09:00", "2026-04-29 17:00"),
            (Months(1), "2026-04-21 09:00", "2026-04-23 09:00", "2026-05-22 17:00"),
        ] {
            let pauses = [pause(from, Some(to))];
            let answer = city.due(at("2026-04-20 10:00"), limit, &pauses).unwrap();
            assert_eq!(answer.at(), Some(at(due)), "{limit:?}, {from} to {to}: {answer:#?}");
        }
    }

    #[test]
    fn an_open_pause_leaves_no_due_instant_but_what_is_left() {
        let city = city();
        for (limit, from, left) in [
            (WorkingDays(2), "2026-04-21 09:00", Length::WorkingMinutes(390 + 480)),
            (SameDay, "2026-04-20 16:00", Length::WorkingMinutes(60)),
            (Hours(8), "2026-04-20 14:00", Length::WorkingMinutes(480 - 150)),
            (CalendarDays(3), "2026-04-21 09:00", Length::CalendarDays(2)),
        ] {
            let answer = city.due(at("2026-04-20 10:00"), limit, &[pause(from, None)]).unwrap();
            assert_eq!(answer.clock, Clock::Standing(left), "{limit:?}, since {from}");
        }
    }

    #[test]
    fn what_cannot_be_promised_is_refused() {
        let city = city();
        let due = |received, limit| city.due(at(received), limit, &[]).unwrap_err();
        let ends = |year| DueError::CalendarEnds { year };
        assert_eq!(due("2024-12-31 10:00", WorkingDays(1)), ends(2024));
        assert_eq!(due("2027-12-31 10:00", WorkingDays(1)), ends(2028));
        assert_eq!(due("2027-12-31 16:00", SameDay), ends(2028));
        assert_eq!(due("2027-12-01 10:00", CalendarDays(31)), ends(2028));
        assert_eq!(due("2027-12-01 10:00", Months(25)), ends(2030));
        assert_eq!(due("2026-12-01 10:00", Hours(10_000)), ends(2028));
        assert_eq!(city.due(Timestamp::MIN, SameDay, &[]), Err(ends(-9999)));
        assert_eq!(city.due(Timestamp::MAX, SameDay, &[]), Err(ends(9999)));
        for (limit, most) in [
            (WorkingDays(0), 400),
            (WorkingDays(401), 400),
            (Hours(10_001), 10_000),
            (CalendarDays(u32::MAX), 1_000),
            (Months(37), 36),
        ] {
            assert_eq!(due("2026-04-20 10:00", limit), DueError::LimitOutOfBounds { limit, most });
        }
    }

    // The properties. Receipts fall in 2025 and the first half of 2026, so that the calendar
    // suffices.

    const FIRST: i64 = 1_735_700_000;
    const LAST: i64 = 1_782_000_000;
    const WEEK: i64 = 7 * 24 * 3600;

    fn instant(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn working_limits() -> impl Strategy<Value = Limit> {
        let days = (1u32..40).prop_map(WorkingDays);
        prop_oneof![Just(SameDay), days, (1u32..200).prop_map(Hours)]
    }

    fn limits() -> impl Strategy<Value = Limit> {
        prop_oneof![
            3 => working_limits(),
            1 => (1u32..60).prop_map(CalendarDays),
            1 => (1u32..6).prop_map(Months),
        ]
    }

    /// Pauses as begin and length in seconds, counted from the receipt; without a length, open.
    fn distances() -> impl Strategy<Value = Vec<(i64, Option<i64>)>> {
        let one = (0..4 * WEEK, prop::option::weighted(0.9, 0..2 * WEEK));
        prop::collection::vec(one, 0..5)
    }

    fn pauses_after(second: i64, distances: &[(i64, Option<i64>)]) -> Vec<Pause> {
        let one = |&(from, length): &(i64, Option<i64>)| Pause {
            from: instant(second + from),
            to: length.map(|length| instant(second + from + length)),
            reason: PauseReason::Payment,
        };
        distances.iter().map(one).collect()
    }

    /// The due instant as it is compared: a clock that stands is due later than any other.
    fn rank(due: &Due) -> Timestamp {
        due.at().unwrap_or(Timestamp::MAX)
    }

    /// The due instant found by walking minute by minute; limits that use up working time only.
    fn walked(
        calendar: &Calendar,
        received: Timestamp,
        limit: Limit,
        pauses: &[Pause],
    ) -> Timestamp {
        let minute = jiff::SignedDuration::from_mins(1);
        let works = |at: Timestamp| calendar.working_minutes_between(at, at + minute) == Ok(1);
        let stands =
            |at: Timestamp| pauses.iter().any(|p| p.from <= at && p.to.is_none_or(|to| at < to));
        let receipt = calendar.receive(received).unwrap();
        let day_0 = calendar.closing(receipt.day);
        let rest_of_day_0 = calendar.working_minutes_between(receipt.begin, day_0).unwrap();
        let mut left = match limit {
            Hours(hours) => hours * 60,
            WorkingDays(days) => rest_of_day_0 + days * 480,
            _ => rest_of_day_0,
        };
        let mut now = receipt.begin;
        while left > 0 {
            left -= u32::from(works(now) && !stands(now));
            now += minute;
        }
        now
    }

    proptest! {
        #[test]
        fn a_later_receipt_is_never_due_earlier(
            early in FIRST..LAST, later in 0..WEEK, limit in limits(), distances in distances(),
        ) {
            let (city, late) = (city(), early + later);
            // The last days of a month may all end on one day a month later, whatever a pause took.
            let distances = if matches!(limit, Months(_)) { vec![] } else { distances };
            let pauses = pauses_after(late, &distances);
            let due = |second| city.due(instant(second), limit, &pauses).unwrap();
            let (first, second) = (due(early), due(late));
            prop_assert!(rank(&first) <= rank(&second), "{first:#?} {second:#?}");
        }

        #[test]
        fn a_longer_limit_is_never_due_earlier(
            received in FIRST..LAST, short in 1u32..60, more in 0u32..60, distances in distances(),
        ) {
            let city = city();
            let pauses = pauses_after(received, &distances);
            let due = |limit| rank(&city.due(instant(received), limit, &pauses).unwrap());
            for kind in [WorkingDays, Hours, CalendarDays] {
                prop_assert!(due(kind(short)) <= due(kind(short + more)));
            }
            prop_assert!(due(SameDay) <= due(WorkingDays(short)));
        }

        #[test]
        fn the_minute_before_the_due_instant_is_worked(
            received in FIRST..LAST, limit in limits(), distances in distances(),
        ) {
            let (city, pauses) = (city(), pauses_after(received, &distances));
            if let Some(due) = city.due(instant(received), limit, &pauses).unwrap().at() {
                let before = due - jiff::SignedDuration::from_mins(1);
                prop_assert_eq!(city.working_minutes_between(before, due), Ok(1));
                prop_assert!(due > instant(received));
            }
        }

        #[test]
        fn a_pause_without_a_working_minute_changes_nothing(
            received in FIRST..LAST, days in 1u32..40, distances in distances(), weeks in 0i64..6,
        ) {
            let (city, mut pauses) = (city(), pauses_after(received, &distances));
            let due = |pauses: &[Pause]| {
                city.due(instant(received), WorkingDays(days), pauses).unwrap().clock
            };
            let without = due(&pauses);
            let closing = city.closing(city.receive(instant(received + weeks * WEEK)).unwrap().day);
            let opening = city.add_working_minutes(closing, 1).unwrap();
            let to = Some(opening - jiff::SignedDuration::from_mins(1));
            pauses.push(Pause { from: closing, to, reason: PauseReason::Stopped });
            prop_assert_eq!(due(&pauses), without);
        }

        #[test]
        fn one_pause_or_its_two_halves_are_the_same(
            received in FIRST..LAST, limit in limits(), distances in distances(),
            from in 0..4 * WEEK, first in 0..WEEK, second in 0..WEEK,
        ) {
            let city = city();
            let clock = |parts: &[(i64, Option<i64>)]| {
                let pauses = pauses_after(received, &[&distances, parts].concat());
                city.due(instant(received), limit, &pauses).unwrap().clock
            };
            let whole = clock(&[(from, Some(first + second))]);
            prop_assert_eq!(clock(&[(from + first, Some(second)), (from, Some(first))]), whole);
        }

        #[test]
        fn what_the_explanation_counts_is_the_limit(
            received in FIRST..LAST, limit in limits(), distances in distances(),
        ) {
            let pauses = pauses_after(received, &distances);
            let answer = city().due(instant(received), limit, &pauses).unwrap();
            let counted: u32 = answer.explanation.steps().iter().map(|step| match step {
                Step::WorkingDay { .. } => 1,
                Step::WorkingTime { minutes, .. } => *minutes,
                Step::CalendarDays { first, last, .. } =>
                    u32::try_from(first.duration_until(*last).as_hours() / 24 + 1).unwrap(),
                Step::Months { months, .. } => *months,
                _ => 0,
            }).sum();
            let expected = match limit {
                SameDay => 0,
                Hours(hours) => hours * 60,
                WorkingDays(count) | CalendarDays(count) | Months(count) => count,
            };
            prop_assert_eq!(counted, expected);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn walking_minute_by_minute_finds_the_same_instant(
            minute in FIRST / 60..LAST / 60, limit in working_limits(),
            parts in prop::collection::vec((0i64..9_000, 0i64..9_000), 0..4),
        ) {
            let (city, received) = (city(), minute * 60);
            let in_seconds = |&(from, length): &(i64, i64)| (from * 60, Some(length * 60));
            let distances: Vec<_> = parts.iter().map(in_seconds).collect();
            let pauses = pauses_after(received, &distances);
            let due = city.due(instant(received), limit, &pauses).unwrap().at();
            prop_assert_eq!(due, Some(walked(&city, instant(received), limit, &pauses)));
        }
    }
}
