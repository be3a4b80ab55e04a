//! Agencies: who settles dossiers. A table that comes with the program.

mod load;
mod search;

use std::collections::BTreeMap;
use std::ops::Bound;

use serde::{Deserialize, Serialize};

pub use load::LoadError;
pub use search::Words;

/// What a unit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnitKind {
    /// Phường.
    Ward,
    /// Xã.
    Commune,
    /// Đặc khu.
    SpecialZone,
    /// Thành phố.
    City,
}

/// What an agency settles: the word for it in procedures' `agency_level`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// What the police of the unit settle.
    Police,
    /// What the People's Committee of a ward, commune or special zone settles.
    Ward,
    /// What the departments of the city settle.
    City,
}

/// An agency that settles dossiers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agency {
    /// Five digits: the unit's code (Decision 19/2025/QĐ-TTg), the city's filled up with zeros.
    pub code: String,
    /// What the unit is.
    pub unit_kind: UnitKind,
    /// As people say it.
    pub title_vi: String,
    /// In English, without diacritics.
    pub title_en: String,
    /// What it settles, each level once.
    pub levels: Vec<Level>,
    searched: String,
}

/// The agencies this program knows, by code. Immutable; share them behind an `Arc`.
#[derive(Debug)]
pub struct Agencies(BTreeMap<String, Agency>);

/// Which agencies a list shows. The default shows all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only those that settle what this level does.
    pub level: Option<Level>,
    /// Only those whose titles or code contain all these words.
    pub words: Words,
}

impl Level {
    /// Every level.
    pub const ALL: [Self; 3] = [Self::Police, Self::Ward, Self::City];

    /// The word for it in the contract.
    pub fn word(self) -> &'static str {
        match self {
            Self::Police => "police",
            Self::Ward => "ward",
            Self::City => "city",
        }
    }

    /// The level of a word in the contract.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.word() == word)
    }
}

impl Agencies {
    /// Reads the table that comes with the program.
    ///
    /// # Errors
    /// Names the line of the file that is wrong.
    pub fn load() -> Result<Self, LoadError> {
        load::embedded()
    }

    /// The agency with a code.
    pub fn get(&self, code: &str) -> Option<&Agency> {
        self.0.get(code)
    }

    /// Those that pass, by code, beginning behind the code `after`.
    pub fn list<'a>(
        &'a self,
        filter: &'a Filter,
        after: Option<&str>,
    ) -> impl Iterator<Item = &'a Agency> {
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let behind = self.0.range::<str, _>((start, Bound::Unbounded));
        behind.map(|(_, agency)| agency).filter(|agency| filter.admits(agency))
    }
}

impl Filter {
    fn admits(&self, agency: &Agency) -> bool {
        self.level.is_none_or(|level| agency.levels.contains(&level))
            && self.words.all_in(&agency.searched)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(filter: &Filter, kind: UnitKind) -> usize {
        let agencies = Agencies::load().unwrap();
        agencies.list(filter, None).filter(|agency| agency.unit_kind == kind).count()
    }

    #[test]
    fn the_units_are_those_of_2025() {
        let all = Filter::default();
        let kinds = [UnitKind::Ward, UnitKind::Commune, UnitKind::SpecialZone, UnitKind::City];
        assert_eq!(kinds.map(|kind| count(&all, kind)), [113, 54, 1, 1]);
        let police = Filter { level: Some(Level::Police), ..Filter::default() };
        assert_eq!(kinds.map(|kind| count(&police, kind)), [113, 54, 1, 0]);
        let city = Filter { level: Some(Level::City), ..Filter::default() };
        assert_eq!(kinds.map(|kind| count(&city, kind)), [0, 0, 0, 1]);
    }

    #[test]
    fn an_agency_is_found_by_words_of_either_title_or_by_code() {
        let agencies = Agencies::load().unwrap();
        for typed in ["phuong long truong", "TRƯỜNG Phường Long", "Long Truong Ward", "26860"]
        {
            let filter = Filter { words: Words::of(typed), ..Filter::default() };
            let found: Vec<_> = agencies.list(&filter, None).map(|it| &it.code).collect();
            assert_eq!(found, ["26860"], "{typed}");
        }
        let none = Filter { words: Words::of("hanoi"), ..Filter::default() };
        assert_eq!(agencies.list(&none, None).count(), 0);
    }

    #[test]
    fn a_list_goes_on_behind_a_code_that_need_not_exist() {
        let agencies = Agencies::load().unwrap();
        let all = Filter::default();
        let first = |after| agencies.list(&all, after).next().map(|it| it.code.as_str());
        assert_eq!(first(None), Some("00079"));
        assert_eq!(first(Some("00079")), Some("25747"));
        assert_eq!(first(Some("25746")), Some("25747"));
        assert_eq!(first(Some("99999")), None);
    }

    #[test]
    fn a_level_is_its_word() {
        for level in Level::ALL {
            assert_eq!(Level::of_word(level.word()), Some(level));
        }
        assert_eq!(Level::of_word("province"), None);
    }
}
