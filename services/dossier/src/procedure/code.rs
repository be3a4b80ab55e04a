//! The state's code of a procedure.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use regex::Regex;
use thiserror::Error;

/// Group and serial (`1.012575`), then perhaps a case of it (`.01`), then perhaps the locality that
/// issued it (`.000.00.00.H29`, Ho Chi Minh City).
static SHAPE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^[0-9]\.[0-9]{6}(\.[0-9]{2})?(\.[0-9]{3}\.[0-9]{2}\.[0-9]{2}\.[A-Z][0-9]{2})?$")
        .expect("the pattern is a constant that every test compiles")
});

/// A code as the national catalogue writes it, at most [`ProcedureCode::LONGEST`] bytes.
/// Codes order as their text does; pages of a list follow that order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProcedureCode(String);

impl ProcedureCode {
    /// Bytes of the longest code taken.
    pub const LONGEST: usize = 32;

    /// The code as people write it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The text is not a procedure code. It is not repeated, since anyone may have sent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a procedure code; write it as in 1.012575, 1.001193.01 or 1.000494.000.00.00.H29")]
pub struct NotAProcedureCode;

impl FromStr for ProcedureCode {
    type Err = NotAProcedureCode;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() <= Self::LONGEST && SHAPE.is_match(text) {
            return Ok(Self(text.to_owned()));
        }
        Err(NotAProcedureCode)
    }
}

impl fmt::Display for ProcedureCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_shapes_of_the_national_catalogue_pass() {
        for code in
            ["1.012575", "1.001193.01", "1.000494.000.00.00.H29", "1.001193.01.000.00.00.H29"]
        {
            assert_eq!(code.parse::<ProcedureCode>().unwrap().to_string(), code);
        }
    }

    #[test]
    fn anything_else_is_refused() {
        let long = "1.".repeat(40);
        for text in [
            "",
            "1.01257",
            "1.0125755",
            "a.012575",
            "1.012575.1",
            " 1.012575",
            "1.012575\n",
            "1.01257٥",
            &long,
        ] {
            assert_eq!(text.parse::<ProcedureCode>(), Err(NotAProcedureCode), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_parses_is_bounded_and_unchanged(text in r"[0-9.H]{0,40}") {
            if let Ok(code) = text.parse::<ProcedureCode>() {
                prop_assert!(text.len() <= ProcedureCode::LONGEST);
                prop_assert_eq!(code.as_str(), text);
            }
        }
    }
}
