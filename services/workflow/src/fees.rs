//! What procedures cost that are paid for while they are processed. Data: an amount is never in the code.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde::Deserialize;
use thiserror::Error;

/// A line of an invoice holds no more, in VND.
const LARGEST: i64 = 1_000_000_000;

/// Lines that one obligation has at most.
const MOST_LINES: usize = 19;

/// The fees of all procedures.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fees {
    payable_days: u16,
    fees: BTreeMap<String, Vec<Fee>>,
}

/// One line of what a procedure costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fee {
    /// Which of the two kinds of money it is.
    pub kind: FeeKind,
    /// VND, above zero.
    pub amount: i64,
    /// Whether the amount was read in the decree in force; otherwise it is an assumption.
    pub verified: bool,
}

/// The two kinds of money a procedure can cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeeKind {
    /// Service fee (phí).
    Service,
    /// State fee (lệ phí).
    State,
}

/// A file of fees that cannot be used.
#[derive(Debug, Error)]
pub enum FeesError {
    /// Not the YAML it should be; the source names line and column.
    #[error("the fees cannot be read: {0}")]
    Unreadable(#[from] serde_norway::Error),
    /// Nobody could pay it.
    #[error("payable_days is 0: write at least 1")]
    NoTime,
    /// A procedure whose lines no invoice can have.
    #[error("the fee of {0}: write 1 to {MOST_LINES} lines of 1 to {LARGEST} VND")]
    Lines(String),
}

impl Fees {
    /// Reads and checks the fees.
    ///
    /// # Errors
    /// [`FeesError`], with the place and the remedy.
    pub fn from_yaml(text: &str) -> Result<Self, FeesError> {
        let fees: Self = serde_norway::from_str(text)?;
        if fees.payable_days == 0 {
            return Err(FeesError::NoTime);
        }
        let sound = |lines: &[Fee]| {
            (1..=MOST_LINES).contains(&lines.len())
                && lines.iter().all(|line| (1..=LARGEST).contains(&line.amount))
        };
        match fees.fees.iter().find(|(_, lines)| !sound(lines)) {
            Some((procedure, _)) => Err(FeesError::Lines(procedure.clone())),
            None => Ok(fees),
        }
    }

    /// What a procedure, by its code, costs.
    pub fn of(&self, procedure: &str) -> Option<&[Fee]> {
        self.fees.get(procedure).map(Vec::as_slice)
    }

    /// How long a fee can be paid after it fell due.
    pub fn payable(&self) -> SignedDuration {
        SignedDuration::from_hours(i64::from(self.payable_days) * 24)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATA: &str = include_str!("../data/fees.yaml");

    #[test]
    fn the_fees_delivered_are_sound_and_say_what_is_assumed() {
        let fees = Fees::from_yaml(DATA).expect("sound");
        let assumed = Fee { kind: FeeKind::State, amount: 1_400_000, verified: false };
        assert_eq!(fees.of("1.012575"), Some(&[assumed][..]));
        assert_eq!(fees.of("1.000000"), None);
    }

    #[test]
    fn what_cannot_be_paid_is_refused() {
        for (was, is) in [
            ("payable_days: 15", "payable_days: 0"),
            ("amount: 1400000", "amount: 0"),
            ("amount: 1400000", "amount: 1000000001"),
            ("kind: state", "kind: bribe"),
        ] {
            assert!(Fees::from_yaml(&DATA.replace(was, is)).is_err(), "{is}");
        }
    }
}
