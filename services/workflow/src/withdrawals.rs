//! What a withdrawal does to a fee. Data: the law's, not the program's.

use serde::Deserialize;

/// What follows from a withdrawal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Withdrawals {
    /// What becomes of a fee that fell due and is not paid.
    pub unpaid_fee: UnpaidFee,
    /// Whether it was read in the decree in force; otherwise it is an assumption.
    pub verified: bool,
}

/// What becomes of a fee that is not paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnpaidFee {
    /// It is owed no more.
    Cancelled,
    /// It is owed until it lapses.
    Kept,
}

impl Withdrawals {
    /// Reads it.
    ///
    /// # Errors
    /// Not the YAML it should be; the error names line and column.
    pub fn from_yaml(text: &str) -> Result<Self, serde_norway::Error> {
        serde_norway::from_str(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_delivered_says_that_it_is_assumed() {
        let delivered = Withdrawals::from_yaml(include_str!("../data/withdrawals.yaml"));
        let expected = Withdrawals { unpaid_fee: UnpaidFee::Cancelled, verified: false };
        assert_eq!(delivered.expect("sound"), expected);
        assert!(Withdrawals::from_yaml("unpaid_fee: doubled\nverified: false").is_err());
    }
}
