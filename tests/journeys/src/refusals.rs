//! What docs/refusals.md says.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use tonic::Code;

/// What stands in the column of codes for a reason of one field.
const OF_A_FIELD: &str = "field";

/// The reasons of the page, each with the codes it comes with, or [`OF_A_FIELD`].
#[derive(Debug)]
pub struct Refusals(BTreeMap<String, BTreeSet<String>>);

impl Refusals {
    /// Reads the page.
    ///
    /// # Panics
    /// It is not there, or has no tables.
    pub fn read() -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/refusals.md");
        let page = std::fs::read_to_string(path).expect("the page");
        let (_, tables) = page.split_once("## Any rpc").expect("the tables");
        let mut told = BTreeMap::<_, BTreeSet<_>>::new();
        for (reasons, codes) in tables.lines().filter_map(row) {
            for reason in reasons.split(", ").filter(|word| is_reason(word)) {
                told.entry(reason.into()).or_default().extend(codes.split(", ").map(String::from));
            }
        }
        Self(told)
    }

    /// Every reason.
    pub fn reasons(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Whether a call may be refused with this code for this reason.
    pub fn tell_of(&self, reason: &str, code: Code) -> bool {
        let is_it =
            |told: &String| told.replace('_', "").eq_ignore_ascii_case(&format!("{code:?}"));
        self.0.get(reason).is_some_and(|codes| codes.iter().any(is_it))
    }

    /// Whether a field may be wrong for this reason.
    pub fn tell_of_field(&self, reason: &str) -> bool {
        self.0.get(reason).is_some_and(|codes| codes.contains(OF_A_FIELD))
    }
}

/// The reasons of a table's row, and their codes; a table of two columns is of fields.
fn row(line: &str) -> Option<(&str, &str)> {
    let columns: Vec<_> =
        line.strip_prefix('|')?.strip_suffix('|')?.split('|').map(str::trim).collect();
    match columns[..] {
        [reasons, _] => Some((reasons, OF_A_FIELD)),
        [reasons, codes, _] => Some((reasons, codes)),
        _ => None,
    }
}

/// Whether it is written as reasons are.
pub fn is_reason(word: &str) -> bool {
    word.len() > 3
        && word.starts_with(|first: char| first.is_ascii_uppercase())
        && !word.ends_with('_')
        && word.chars().all(|each| each.is_ascii_uppercase() || each == '_')
}
