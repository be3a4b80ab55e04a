//! How an agency is kept to the dates it promised. Data: the law's numbers are never in the code.

use serde::Deserialize;
use thiserror::Error;

use crate::working_time::MINUTES_OF_A_DAY;

/// The longest time to a new date, in working days.
const LONGEST: u32 = 60;

/// How an agency is kept to the dates it promised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lateness {
    /// How much of the working time is used up when its officers are warned, 1 to 99 percent.
    pub warn_percent: u32,
    new_date_days: u32,
    /// Whether the numbers were read in the decree in force; otherwise they are assumptions.
    pub verified: bool,
}

/// A file about lateness that cannot be used.
#[derive(Debug, Error)]
pub enum LatenessError {
    /// Not the YAML it should be; the source names line and column.
    #[error("lateness.yaml cannot be read: {0}")]
    Unreadable(#[from] serde_norway::Error),
    /// A number out of its bounds.
    #[error("lateness.yaml: write warn_percent from 1 to 99 and new_date_days from 1 to {LONGEST}")]
    OutOfBounds,
}

impl Lateness {
    /// Reads and checks it.
    ///
    /// # Errors
    /// Each is told in its own words.
    pub fn from_yaml(text: &str) -> Result<Self, LatenessError> {
        let lateness: Self = serde_norway::from_str(text)?;
        let sound = (1..=99).contains(&lateness.warn_percent)
            && (1..=LONGEST).contains(&lateness.new_date_days);
        if sound { Ok(lateness) } else { Err(LatenessError::OutOfBounds) }
    }

    /// Working minutes from the escalation of a late case to its new date.
    pub fn to_new_date(&self) -> u32 {
        self.new_date_days * MINUTES_OF_A_DAY
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATA: &str = include_str!("../data/lateness.yaml");

    #[test]
    fn what_is_delivered_is_sound_and_says_that_it_is_assumed() {
        let lateness = Lateness::from_yaml(DATA).expect("sound");
        assert_eq!((lateness.warn_percent, lateness.to_new_date()), (75, 2 * 8 * 60));
        assert!(!lateness.verified);
    }

    #[test]
    fn what_warns_of_nothing_or_promises_nothing_is_refused() {
        for (was, is) in [
            ("warn_percent: 75", "warn_percent: 0"),
            ("warn_percent: 75", "warn_percent: 100"),
            ("new_date_days: 2", "new_date_days: 0"),
            ("new_date_days: 2", "new_date_days: 61"),
            ("verified: false", ""),
        ] {
            assert!(DATA.contains(was), "{was}");
            assert!(Lateness::from_yaml(&DATA.replace(was, is)).is_err(), "{is}");
        }
    }
}
