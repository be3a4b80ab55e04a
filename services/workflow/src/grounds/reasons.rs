//! The reasons for which a dossier can be refused. Data: their wording is the law's, not the program's.

use std::collections::BTreeSet;

use serde::Deserialize;
use thiserror::Error;

/// The most reasons there may be.
const MOST: usize = 50;

/// The longest code, in bytes.
const LONGEST_CODE: usize = 40;

/// The longest wording in either language, in code points.
const LONGEST_TITLE: usize = 200;

/// All reasons, in the order they are shown.
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
pub struct RefusalReasons(Vec<RefusalReason>);

/// A reason for which a dossier can be refused.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefusalReason {
    /// What programs call it; it keeps its meaning for good.
    pub code: String,
    /// What it is called in Vietnamese.
    pub vi: String,
    /// What it is called in English.
    pub en: String,
    /// Whether it says too little alone, so that the officer adds words.
    pub needs_text: bool,
    /// Whether the wording was read in the decree in force; otherwise it is ours.
    pub verified: bool,
}

/// A file of reasons that cannot be used.
#[derive(Debug, Error)]
pub enum ReasonsError {
    /// Not the YAML it should be; the source names line and column.
    #[error("the refusal reasons cannot be read: {0}")]
    Unreadable(#[from] serde_norway::Error),
    /// No officer can choose among them.
    #[error("{0} refusal reasons: write 1 to {MOST}")]
    Count(usize),
    /// One that cannot be told.
    #[error(
        "the refusal reason {0:?}: write a code of a-z and _, and 1 to {LONGEST_TITLE} characters in each language"
    )]
    Unsound(String),
    /// Two that programs cannot tell apart.
    #[error("two refusal reasons have one code: give each its own")]
    Twice,
}

impl RefusalReasons {
    /// Reads and checks the reasons.
    ///
    /// # Errors
    /// [`ReasonsError`], with the place and the remedy.
    pub fn from_yaml(text: &str) -> Result<Self, ReasonsError> {
        let reasons: Self = serde_norway::from_str(text)?;
        if !(1..=MOST).contains(&reasons.0.len()) {
            return Err(ReasonsError::Count(reasons.0.len()));
        }
        let codes: BTreeSet<&str> = reasons.0.iter().map(|reason| reason.code.as_str()).collect();
        let twice = codes.len() < reasons.0.len();
        match reasons.0.iter().find(|reason| !reason.is_sound()) {
            Some(reason) => Err(ReasonsError::Unsound(reason.code.clone())),
            None if twice => Err(ReasonsError::Twice),
            None => Ok(reasons),
        }
    }

    /// The reason of a code.
    pub fn of(&self, code: &str) -> Option<&RefusalReason> {
        self.0.iter().find(|reason| reason.code == code)
    }

    /// All of them, in the order they are shown.
    pub fn all(&self) -> &[RefusalReason] {
        &self.0
    }
}

impl RefusalReason {
    fn is_sound(&self) -> bool {
        let code = self.code.as_bytes();
        let plain = code.iter().all(|byte| byte.is_ascii_lowercase() || *byte == b'_');
        let told = |title: &str| (1..=LONGEST_TITLE).contains(&title.trim().chars().count());
        plain && (1..=LONGEST_CODE).contains(&code.len()) && told(&self.vi) && told(&self.en)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATA: &str = include_str!("../../data/refusal_reasons.yaml");

    #[test]
    fn the_reasons_delivered_are_sound_and_say_what_is_ours() {
        let reasons = RefusalReasons::from_yaml(DATA).expect("sound");
        assert!(reasons.of("other").is_some_and(|other| other.needs_text && !other.verified));
        assert_eq!(reasons.of("weather"), None);
    }

    #[test]
    fn what_cannot_be_told_is_refused() {
        for (was, is) in [
            ("code: other", "code: not_competent"),
            ("code: other", "code: Other"),
            ("vi: \"Lý do khác\"", "vi: \" \""),
            ("needs_text: false", "needs_text: perhaps"),
        ] {
            assert!(DATA.contains(was), "{was}");
            assert!(RefusalReasons::from_yaml(&DATA.replacen(was, is, 1)).is_err(), "{is}");
        }
        assert!(RefusalReasons::from_yaml("[]").is_err());
    }
}
