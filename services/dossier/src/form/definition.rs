//! What `form.yaml` says.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::FormError;
use super::dialect::is_identifier;
use super::returning::ReturnFields;
use super::rule::Rule;
use crate::bilingual::Bilingual;

/// A citizen's way is at most this many screens: the promise of the service.
const MOST_STEPS: usize = 5;
const MOST_PAPERS: usize = 30;
const MOST_RULES: usize = 50;
/// Files of one paper.
const MOST_FILES: u8 = 20;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Definition {
    pub steps: Vec<StepDefinition>,
    #[serde(default)]
    pub rules: Vec<Rule>,
    #[serde(default)]
    pub papers: Vec<PaperRequirement>,
    /// The field that names the applicant, `step id.property`.
    #[serde(default)]
    pub applicant: Option<String>,
    #[serde(rename = "return")]
    pub returning: Option<ReturnFields>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StepDefinition {
    pub number: u8,
    pub id: String,
    pub title: Bilingual,
    /// The file of its schema, beside the definition.
    pub schema: String,
}

/// A paper that has to be handed in with the form.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaperRequirement {
    /// Its name for programs: a lower-case identifier, once in a form.
    pub id: String,
    /// What people call it.
    pub name: Bilingual,
    /// In which forms it is taken: at least one.
    pub accepts: BTreeSet<PaperForm>,
    /// Whether a dossier is incomplete without it.
    pub required: bool,
    /// How many files it may have, 1 to 20.
    pub max_files: u8,
}

/// The form a paper is handed in. The numbers are those of the national portal (`LoaiBan`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaperForm {
    /// The paper itself, shown or handed in.
    Original = 0,
    /// A copy, compared with the original or certified.
    Copy = 1,
    /// A file.
    Electronic = 2,
}

impl Definition {
    pub fn read(text: &str) -> Result<Self, FormError> {
        let definition: Self = serde_norway::from_str(text).map_err(FormError::Unreadable)?;
        definition.check_size()?;
        definition.check_steps()?;
        definition.check_papers()?;
        Ok(definition)
    }

    fn check_size(&self) -> Result<(), FormError> {
        sound(!self.steps.is_empty(), "steps", "a form has a step")?;
        sound(self.steps.len() <= MOST_STEPS, "steps", "a form has at most 5 steps")?;
        sound(self.rules.len() <= MOST_RULES, "rules", "a form has at most 50 rules")?;
        sound(self.papers.len() <= MOST_PAPERS, "papers", "a form asks for at most 30 papers")
    }

    fn check_steps(&self) -> Result<(), FormError> {
        let mut ids = BTreeSet::new();
        for (number, step) in (1..).zip(&self.steps) {
            let place = format!("steps.{number}");
            sound(step.number == number, &place, "number the steps from 1 without a gap")?;
            sound(is_identifier(&step.id), &place, "the id is a short lower-case identifier")?;
            sound(ids.insert(&step.id), &place, "another step has this id")?;
            sound(step.title.is_sound(), &place, "give a title in vi and en")?;
        }
        Ok(())
    }

    fn check_papers(&self) -> Result<(), FormError> {
        let mut ids = BTreeSet::new();
        for paper in &self.papers {
            let place = format!("papers.{}", paper.id);
            let files = 1..=MOST_FILES;
            sound(is_identifier(&paper.id), &place, "the id is a short lower-case identifier")?;
            sound(ids.insert(&paper.id), &place, "another paper has this id")?;
            sound(paper.name.is_sound(), &place, "give a name in vi and en")?;
            sound(!paper.accepts.is_empty(), &place, "accept at least one form of it")?;
            sound(files.contains(&paper.max_files), &place, "max_files is 1 to 20")?;
        }
        Ok(())
    }
}

fn sound(holds: bool, place: &str, problem: &'static str) -> Result<(), FormError> {
    if holds { Ok(()) } else { Err(FormError::Definition { place: place.to_owned(), problem }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEP: &str = "{ number: 1, id: one, title: { vi: Một, en: One }, schema: a.json }";
    const PAPER: &str = "\
        { id: bill, name: { vi: Hóa đơn, en: Bill }, \
          accepts: [copy], required: true, max_files: 1 }";

    #[test]
    fn papers_say_in_which_form_they_are_taken() {
        let read = Definition::read(&format!("steps: [{STEP}]\npapers: [{PAPER}]")).unwrap();
        assert_eq!(read.papers[0].accepts, BTreeSet::from([PaperForm::Copy]));
    }

    #[test]
    fn what_breaks_a_bound_is_named() {
        let six = [STEP; 6].join(", ");
        let twice = format!("{STEP}, {}", STEP.replace("number: 1", "number: 2"));
        let cases = [
            ("steps: []".to_owned(), "steps: a form has a step"),
            (format!("steps: [{six}]"), "steps: a form has at most 5 steps"),
            (format!("steps: [{STEP}, {STEP}]"), "steps.2: number the steps from 1"),
            (format!("steps: [{twice}]"), "steps.2: another step has this id"),
            (format!("steps: [{}]", STEP.replace("one", "One")), "steps.1: the id is a short"),
            (
                format!(
                    "steps: [{STEP}]\npapers: [{}]",
                    PAPER.replace("max_files: 1", "max_files: 21")
                ),
                "papers.bill: max_files is 1 to 20",
            ),
            (
                format!("steps: [{STEP}]\npapers: [{PAPER}, {PAPER}]"),
                "papers.bill: another paper has this id",
            ),
        ];
        for (text, said) in cases {
            let error = Definition::read(&text).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
    }

    #[test]
    fn an_unknown_word_is_not_passed_over() {
        let text = format!("steps: [{STEP}]\npages: 3");
        assert!(matches!(Definition::read(&text), Err(FormError::Unreadable(_))));
    }
}
