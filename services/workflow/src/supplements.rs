//! How a dossier is supplemented. Data: the law's numbers are never in the code.

use jiff::SignedDuration;
use serde::Deserialize;
use thiserror::Error;

/// The longest time to answer, in days.
const LONGEST: u16 = 365;

/// The most supplements of one dossier that the data may allow.
const MOST: u8 = 9;

/// How a dossier is supplemented.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Supplements {
    answer_days: u16,
    /// How often an agency may ask in one dossier.
    pub most: u8,
    /// Whether the numbers were read in the decree in force; otherwise they are assumptions.
    pub verified: bool,
}

/// A file of supplements that cannot be used.
#[derive(Debug, Error)]
pub enum SupplementsError {
    /// Not the YAML it should be; the source names line and column.
    #[error("supplements.yaml cannot be read: {0}")]
    Unreadable(#[from] serde_norway::Error),
    /// A number out of its bounds.
    #[error("supplements.yaml: write answer_days from 1 to {LONGEST} and most from 1 to {MOST}")]
    OutOfBounds,
}

impl Supplements {
    /// Reads and checks it.
    ///
    /// # Errors
    /// [`SupplementsError`], with the remedy.
    pub fn from_yaml(text: &str) -> Result<Self, SupplementsError> {
        let supplements: Self = serde_norway::from_str(text)?;
        let sound = (1..=LONGEST).contains(&supplements.answer_days)
            && (1..=MOST).contains(&supplements.most);
        if sound { Ok(supplements) } else { Err(SupplementsError::OutOfBounds) }
    }

    /// How long the owner of a dossier has to answer.
    pub fn answerable(&self) -> SignedDuration {
        SignedDuration::from_hours(i64::from(self.answer_days) * 24)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATA: &str = include_str!("../data/supplements.yaml");

    #[test]
    fn what_is_delivered_is_sound_and_says_that_it_is_assumed() {
        let supplements = Supplements::from_yaml(DATA).expect("sound");
        assert_eq!((supplements.answerable().as_hours(), supplements.most), (30 * 24, 2));
        assert!(!supplements.verified);
    }

    #[test]
    fn what_nobody_could_answer_or_end_is_refused() {
        for (was, is) in [
            ("answer_days: 30", "answer_days: 0"),
            ("answer_days: 30", "answer_days: 366"),
            ("most: 2", "most: 0"),
            ("most: 2", "most: 10"),
            ("verified: false", ""),
        ] {
            assert!(DATA.contains(was), "{was}");
            assert!(Supplements::from_yaml(&DATA.replace(was, is)).is_err(), "{is}");
        }
    }
}
