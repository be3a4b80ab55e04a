//! The sessions of one day, in minutes since midnight.

use jiff::civil::{Date, DateTime, Time};

/// The working day of the law: 8 hours, in minutes.
pub const MINUTES_OF_A_DAY: u32 = 8 * 60;

/// A stretch of the day in which the office is open: from `opens` up to, not including, `closes`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Session {
    /// Minutes since midnight.
    pub opens: u32,
    /// Minutes since midnight, after `opens`.
    pub closes: u32,
}

impl Session {
    fn length(self) -> u32 {
        self.closes - self.opens
    }
}

/// Sessions in order, apart from one another.
#[derive(Debug, Clone)]
pub(super) struct Sessions(Vec<Session>);

impl Sessions {
    /// The caller has checked order and gaps (`data` does).
    pub fn new(sessions: Vec<Session>) -> Self {
        Self(sessions)
    }

    /// The minute at which the first session begins.
    pub fn opening(&self) -> u32 {
        self.0.first().map_or(0, |session| session.opens)
    }

    /// The minute at which the last session ends.
    pub fn closing(&self) -> u32 {
        self.0.last().map_or(0, |session| session.closes)
    }

    /// The minutes of all sessions together.
    pub fn total(&self) -> u32 {
        self.0.iter().map(|session| session.length()).sum()
    }

    pub fn contains(&self, minute: u32) -> bool {
        self.0.iter().any(|session| (session.opens..session.closes).contains(&minute))
    }

    /// Minutes of session that have passed at this minute of the day.
    pub fn passed_at(&self, minute: u32) -> u32 {
        self.0
            .iter()
            .map(|session| minute.clamp(session.opens, session.closes) - session.opens)
            .sum()
    }

    /// The first minute of the day at which `passed` minutes of session, at least 1, have passed.
    ///
    /// What ends with a session ends at its closing, not at the opening of the next one.
    pub fn minute_when(&self, passed: u32) -> u32 {
        let mut left = passed;
        for session in &self.0 {
            if left <= session.length() {
                return session.opens + left;
            }
            left -= session.length();
        }
        self.closing()
    }
}

/// The minute of the day, seconds dropped.
pub(super) fn minute_of(time: Time) -> u32 {
    u32::from(time.hour().unsigned_abs()) * 60 + u32::from(time.minute().unsigned_abs())
}

/// The civil time of a minute of this day.
pub(super) fn at_minute(date: Date, minute: u32) -> DateTime {
    let part = |value| i8::try_from(value).expect("hours and minutes of a day are below 60");
    date.at(part(minute / 60 % 24), part(minute % 60), 0, 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn office() -> Sessions {
        let session = |opens, closes| Session { opens, closes };
        Sessions::new(vec![session(450, 690), session(780, 1020)])
    }

    #[test]
    fn the_noon_break_is_no_working_time() {
        let office = office();
        for (minute, passed) in [
            (0, 0),
            (450, 0),
            (451, 1),
            (690, 240),
            (700, 240),
            (780, 240),
            (1020, 480),
            (1439, 480),
        ] {
            assert_eq!(office.passed_at(minute), passed, "at minute {minute}");
        }
        assert_eq!(office.minute_when(240), 690, "the morning ends at its closing");
        assert_eq!(office.minute_when(241), 781);
        assert!(office.contains(450) && !office.contains(690) && !office.contains(1020));
    }

    proptest! {
        #[test]
        fn the_way_back_leads_to_the_same_minute(passed in 1u32..=480) {
            let office = office();
            prop_assert_eq!(office.passed_at(office.minute_when(passed)), passed);
        }
    }
}
