//! A share of the working time that an office has.

use jiff::Timestamp;

use super::calendar::Calendar;
use super::due::DueError;
use super::pause::{Pause, Standstill, standstills};

impl Calendar {
    /// When so many percent, 1 to 99, of the working minutes are used up that an office has from the receipt at `received` until `due`. In
    /// a pause none is used.
    ///
    /// # Errors
    /// [`DueError::CalendarEnds`] if either instant is outside the years of the calendar, the others if a pause is not sound.
    pub fn used_up(
        &self,
        percent: u32,
        received: Timestamp,
        due: Timestamp,
        pauses: &[Pause],
    ) -> Result<Timestamp, DueError> {
        let begin = self.receive(received)?.begin;
        let runs = runs(begin, due, &standstills(pauses, begin)?);
        let minutes =
            |(from, to): &(Timestamp, Timestamp)| self.working_minutes_between(*from, *to);
        let lengths = runs.iter().map(minutes).collect::<Result<Vec<_>, _>>()?;
        let mut left = (lengths.iter().sum::<u32>() * percent / 100).max(1);
        for ((from, _), length) in runs.iter().zip(lengths) {
            if left <= length {
                return self.add_working_minutes(*from, left);
            }
            left -= length;
        }
        Ok(due)
    }
}

/// From when to when the clock ran, until `due`.
fn runs(
    begin: Timestamp,
    due: Timestamp,
    standstills: &[Standstill],
) -> Vec<(Timestamp, Timestamp)> {
    let begins = standstills.iter().map(|standstill| standstill.to.unwrap_or(due));
    let ends = standstills.iter().map(|standstill| standstill.from.min(due));
    std::iter::once(begin).chain(begins).zip(ends.chain([due])).collect()
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{at, city};
    use super::super::limit::Limit;
    use super::super::pause::PauseReason;
    use super::*;
    use Limit::{CalendarDays, Hours, SameDay, WorkingDays};

    fn pause(from: &str, to: &str) -> Pause {
        Pause { from: at(from), to: Some(at(to)), reason: PauseReason::Supplement }
    }

    #[test]
    fn worked_cases() {
        let city = city();
        // Received on Monday 20 April 2026 at 10:00: 330 minutes are left of that day.
        let supplement = [pause("2026-04-21 09:00", "2026-04-21 10:30")];
        let weeks = [pause("2026-04-20 11:00", "2026-05-04 07:30")];
        for (limit, percent, pauses, when) in [
            (Hours(8), 75, &[][..], "2026-04-21 08:00"),
            (Hours(8), 50, &[], "2026-04-20 15:30"),
            (SameDay, 75, &[], "2026-04-20 15:37"),
            (WorkingDays(2), 75, &[], "2026-04-22 10:07"),
            (WorkingDays(2), 1, &[], "2026-04-20 10:12"),
            (CalendarDays(3), 75, &[], "2026-04-23 08:07"),
            // The pause moves it as far as it moves the due time.
            (WorkingDays(2), 75, &supplement, "2026-04-22 13:07"),
            (Hours(8), 75, &weeks, "2026-05-04 14:00"),
        ] {
            let received = at("2026-04-20 10:00");
            let due = city.due(received, limit, pauses).unwrap().at().unwrap();
            let found = city.used_up(percent, received, due, pauses);
            assert_eq!(found, Ok(at(when)), "{percent} percent of {limit:?}, {pauses:?}");
            assert!(at(when) < due);
        }
    }
}
