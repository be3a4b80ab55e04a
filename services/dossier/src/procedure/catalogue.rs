//! Every version of every procedure, in order of code.

use std::collections::BTreeMap;
use std::ops::Bound;

use super::load::CatalogueError;
use super::search::fold;
use super::{AgencyLevel, Procedure, ProcedureCode, SearchWords};

/// Procedures in the largest page of a list.
pub const LARGEST_PAGE: usize = 200;

/// The procedures this program knows. Immutable; share it behind an `Arc`.
#[derive(Debug)]
pub struct Catalogue {
    procedures: BTreeMap<ProcedureCode, BTreeMap<u32, Entry>>,
}

/// A procedure and the text a search looks through.
#[derive(Debug)]
struct Entry {
    procedure: Procedure,
    searched: String,
}

/// Which procedures a list shows. The default shows all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only this field, by its English name.
    pub field: Option<String>,
    /// Only what this level settles.
    pub agency_level: Option<AgencyLevel>,
    /// Only what is, or is not, taken online.
    pub online: Option<bool>,
    /// Only what contains all these words in its names or its code.
    pub words: SearchWords,
}

impl Catalogue {
    /// Reads the data embedded in the program.
    ///
    /// # Errors
    /// [`CatalogueError`] names the row and the column, or the form, that is wrong.
    pub fn load() -> Result<Self, CatalogueError> {
        super::load::embedded()
    }

    pub(super) fn empty() -> Self {
        Self { procedures: BTreeMap::new() }
    }

    /// Takes a procedure in, unless its code and version are there already.
    pub(super) fn insert(&mut self, procedure: Procedure) -> Result<(), Duplicate> {
        let versions = self.procedures.entry(procedure.code.clone()).or_default();
        if versions.contains_key(&procedure.version) {
            return Err(Duplicate);
        }
        let Procedure { code, name, .. } = &procedure;
        let searched = fold(&format!("{}\n{}\n{code}", name.vi, name.en));
        versions.insert(procedure.version, Entry { procedure, searched });
        Ok(())
    }

    /// The version a dossier was received under.
    pub fn get(&self, code: &ProcedureCode, version: u32) -> Option<&Procedure> {
        self.procedures.get(code)?.get(&version).map(|entry| &entry.procedure)
    }

    /// The version a new dossier is opened under: the highest.
    pub fn current(&self, code: &ProcedureCode) -> Option<&Procedure> {
        newest(self.procedures.get(code)?).map(|entry| &entry.procedure)
    }

    /// The current versions that pass `filter`, by code, beginning after the code `after`: at most
    /// `limit`, and never more than [`LARGEST_PAGE`].
    pub fn list(
        &self,
        filter: &Filter,
        after: Option<&ProcedureCode>,
        limit: usize,
    ) -> Vec<&Procedure> {
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        self.procedures
            .range((start, Bound::Unbounded))
            .filter_map(|(_, versions)| newest(versions))
            .filter(|entry| filter.admits(entry))
            .take(limit.min(LARGEST_PAGE))
            .map(|entry| &entry.procedure)
            .collect()
    }
}

/// The code and version are taken.
#[derive(Debug)]
pub(super) struct Duplicate;

fn newest(versions: &BTreeMap<u32, Entry>) -> Option<&Entry> {
    versions.last_key_value().map(|(_, entry)| entry)
}

impl Filter {
    fn admits(&self, entry: &Entry) -> bool {
        let procedure = &entry.procedure;
        self.field.as_ref().is_none_or(|field| *field == procedure.field.en)
            && self.agency_level.is_none_or(|level| level == procedure.agency_level)
            && self.online.is_none_or(|online| online == procedure.online)
            && self.words.all_in(&entry.searched)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Catalogue {
        Catalogue::load().unwrap()
    }

    fn code(text: &str) -> ProcedureCode {
        text.parse().unwrap()
    }

    fn count(filter: &Filter) -> usize {
        all().list(filter, None, LARGEST_PAGE).len()
    }

    #[test]
    fn filters_count_what_the_source_counts() {
        let level = |level| Filter { agency_level: Some(level), ..Filter::default() };
        assert_eq!(count(&Filter::default()), 190);
        assert_eq!(count(&level(AgencyLevel::Police)), 110);
        assert_eq!(count(&level(AgencyLevel::Ward)), 66);
        assert_eq!(count(&level(AgencyLevel::City)), 14);
        assert_eq!(count(&Filter { online: Some(true), ..Filter::default() }), 92);
        assert_eq!(count(&Filter { field: Some("Residence".into()), ..Filter::default() }), 13);
    }

    #[test]
    fn a_search_needs_no_accents_and_reads_both_languages_and_the_code() {
        let catalogue = all();
        let first = |typed: &str| {
            let filter = Filter { words: SearchWords::parse(typed).unwrap(), ..Filter::default() };
            catalogue.list(&filter, None, 1).first().map(|found| found.code.to_string())
        };
        assert_eq!(first("dang ky thuong tru xoa").as_deref(), Some("1.003197"));
        assert_eq!(first("Split HOUSEHOLD").as_deref(), Some("1.010038"));
        assert_eq!(first("012575").as_deref(), Some("1.012575"));
        assert_eq!(first("no such procedure"), None);
    }

    #[test]
    fn pages_join_into_the_whole_list_in_order() {
        let catalogue = all();
        let filter = Filter::default();
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = catalogue.list(&filter, after.as_ref(), 7);
            let Some(last) = page.last() else { break };
            after = Some(last.code.clone());
            seen.extend(page.iter().map(|procedure| procedure.code.clone()));
        }
        assert_eq!(seen.len(), 190);
        assert!(seen.is_sorted_by(|one, next| one < next));
        assert_eq!(catalogue.list(&filter, None, usize::MAX).len(), 190);
        assert!(catalogue.list(&filter, None, 0).is_empty());
    }

    #[test]
    fn a_version_stays_beside_its_successor() {
        let mut catalogue = all();
        let mut next = Catalogue::load().unwrap();
        let versions = next.procedures.remove(&code("1.012575")).unwrap();
        let old = versions.into_values().next().unwrap().procedure;
        catalogue.insert(Procedure { version: 2, ..old }).unwrap();

        assert_eq!(catalogue.current(&code("1.012575")).unwrap().version, 2);
        assert_eq!(catalogue.get(&code("1.012575"), 1).unwrap().version, 1);
        assert!(catalogue.get(&code("1.012575"), 3).is_none());
        assert_eq!(catalogue.list(&Filter::default(), None, LARGEST_PAGE).len(), 190);
    }
}
