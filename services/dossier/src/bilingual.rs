//! Words for people, in the two languages of the counter.

use serde::Deserialize;

/// A text in Vietnamese and English, at most [`Bilingual::LONGEST`] code points each.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bilingual {
    /// In Vietnamese.
    pub vi: String,
    /// In English.
    pub en: String,
}

impl Bilingual {
    /// Code points of the longest text the data may hold. The longest procedure name has 569.
    pub const LONGEST: usize = 600;

    /// Pairs the two texts.
    pub fn new(vi: impl Into<String>, en: impl Into<String>) -> Self {
        Self { vi: vi.into(), en: en.into() }
    }

    /// Whether both texts say something and keep the bound.
    pub(crate) fn is_sound(&self) -> bool {
        [&self.vi, &self.en]
            .iter()
            .all(|text| !text.trim().is_empty() && text.chars().count() <= Self::LONGEST)
    }
}
