//! From the lines of the file to agencies.

use std::collections::BTreeMap;

use serde::Deserialize;
use thiserror::Error;

use super::search::plain;
use super::{Agencies, Agency, Level, UnitKind};

/// The table: a header, then one line for each agency.
const FILE: &str = include_str!("../../data/agencies.csv");

/// The first place of the table that is wrong.
#[derive(Debug, Error)]
pub enum LoadError {
    /// Not a line of the table.
    #[error("agencies.csv")]
    Table(#[from] csv::Error),
    /// A line whose cells say nothing an agency can be.
    #[error("agencies.csv, code {code:?}: {problem}")]
    Line {
        /// The line's code.
        code: String,
        /// What is wrong.
        problem: &'static str,
    },
}

#[derive(Deserialize)]
struct Line {
    code: String,
    unit_kind: UnitKind,
    title_vi: String,
    title_en: String,
    /// Words of levels, joined by `+`.
    agency_levels: String,
}

pub(super) fn embedded() -> Result<Agencies, LoadError> {
    read(FILE)
}

fn read(file: &str) -> Result<Agencies, LoadError> {
    let mut agencies = BTreeMap::new();
    for line in csv::Reader::from_reader(file.as_bytes()).deserialize::<Line>() {
        let agency = line?.agency()?;
        let code = agency.code.clone();
        if agencies.insert(code.clone(), agency).is_some() {
            return Err(LoadError::Line { code, problem: "the code stands on two lines" });
        }
    }
    Ok(Agencies(agencies))
}

impl Line {
    fn agency(self) -> Result<Agency, LoadError> {
        let Self { code, unit_kind, title_vi, title_en, agency_levels } = self;
        let wrong = |problem| LoadError::Line { code: code.clone(), problem };
        if code.len() != 5 || !code.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(wrong("a code has five digits"));
        }
        if title_vi.is_empty() || title_en.is_empty() {
            return Err(wrong("a title is missing"));
        }
        let levels = levels(&agency_levels);
        let levels = levels.ok_or_else(|| wrong("levels are police, ward, city, joined by +"))?;
        let searched = plain(&format!("{title_vi}\n{title_en}\n{code}"));
        Ok(Agency { code, unit_kind, title_vi, title_en, levels, searched })
    }
}

fn levels(words: &str) -> Option<Vec<Level>> {
    let mut levels = Vec::new();
    for word in words.split('+') {
        let level = Level::of_word(word).filter(|level| !levels.contains(level))?;
        levels.push(level);
    }
    Some(levels)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "code,unit_kind,title_vi,title_en,agency_levels\n";

    #[test]
    fn a_wrong_line_is_named() {
        let cases = [
            ("2686,ward,Phường A,A Ward,ward", "five digits"),
            ("26860,ward,,A Ward,ward", "title"),
            ("26860,ward,Phường A,A Ward,", "levels"),
            ("26860,ward,Phường A,A Ward,ward+ward", "levels"),
            ("26860,ward,Phường A,A Ward,province", "levels"),
            ("26860,ward,A,A,ward\n26860,ward,B,B,ward", "two lines"),
            ("26860,hamlet,A,A,ward", "csv"),
        ];
        for (lines, told) in cases {
            let error = read(&format!("{HEADER}{lines}\n")).expect_err(lines).to_string();
            assert!(error.contains(told), "{error}");
        }
    }
}
