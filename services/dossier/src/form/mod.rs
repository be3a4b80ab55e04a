//! The form of a procedure: steps, rules between them, papers.
//!
//! A form is data, so that a new procedure needs no new code: a definition in YAML names the steps,
//! each step has a JSON Schema (2020-12, within the [dialect] we can explain in words), and the few
//! things a schema cannot say are rules by name. Whoever fills it in learns of every mistake at
//! once, by field, in words that name the remedy and never repeat what was written: the answers are
//! personal data.
//!
//! Answers that pass come back as they are to be kept: strings in NFC, whole numbers as integers.

mod answers;
mod definition;
mod dialect;
mod returning;
mod rule;
mod step;
mod violation;

pub use answers::{DEEPEST_STEP, LARGEST_STEP};
pub use definition::{PaperForm, PaperRequirement};
pub use dialect::Flaw;
pub use returning::Address;
pub use rule::Demand;
pub use step::Step;
pub use violation::{Reason, Violation};

use jiff::civil::Date;
use proto::motcua::r#type::v1::ReturnWay;
use serde_json::{Map, Value};
use thiserror::Error;

use self::definition::Definition;
use self::returning::ReturnFields;
use self::rule::Rule;
use crate::bilingual::Bilingual;

/// A form, compiled once and asked often.
#[derive(Debug)]
pub struct Form {
    steps: Vec<Step>,
    rules: Vec<Rule>,
    applicant: Option<String>,
    returning: Option<ReturnFields>,
}

/// Why a form's data cannot be used.
#[derive(Debug, Error)]
pub enum FormError {
    /// The definition is not the YAML it should be.
    #[error("form.yaml cannot be read")]
    Unreadable(#[source] serde_norway::Error),
    /// The definition breaks a bound or an order.
    #[error("form.yaml, {place}: {problem}")]
    Definition {
        /// Where, as a dotted path.
        place: String,
        /// What is wrong and what stands there instead.
        problem: &'static str,
    },
    /// A step names a schema that is not given.
    #[error("form.yaml names the schema {0}, which is not given")]
    NoSchema(String),
    /// A schema is not JSON.
    #[error("{file} is not JSON")]
    NotJson {
        /// The schema's file.
        file: String,
        /// Where it stops being JSON.
        #[source]
        problem: serde_json::Error,
    },
    /// A schema says what the dialect does not allow, or leaves out what it asks for.
    #[error("{file}: {flaw}")]
    Dialect {
        /// The schema's file.
        file: String,
        /// What is wrong with it.
        flaw: Flaw,
    },
    /// A schema does not compile.
    #[error("{file} is not a schema: {problem}")]
    NotASchema {
        /// The schema's file.
        file: String,
        /// The compiler's words.
        problem: String,
    },
    /// A rule, or the applicant, names a field that no step has.
    #[error("form.yaml names the field {0}, which no step has")]
    NoField(String),
}

impl Form {
    /// Reads a definition and its schemas (file name, text), and compiles them.
    ///
    /// # Errors
    /// [`FormError`] names the file and the place that is wrong.
    pub fn load(
        definition: &str,
        schemas: &[(&str, &str)],
    ) -> Result<(Self, Vec<PaperRequirement>), FormError> {
        let Definition { steps, rules, papers, applicant, returning } =
            Definition::read(definition)?;
        let steps =
            steps.into_iter().map(|step| Step::compile(step, schemas)).collect::<Result<_, _>>()?;
        let form = Self { steps, rules, applicant, returning };
        form.check_fields_named()?;
        form.check_return_fields()?;
        Ok((form, papers))
    }

    /// The steps in order: `steps()[0]` is number 1.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The step of this number, counted from 1.
    pub fn step(&self, number: u8) -> Option<&Step> {
        self.steps.iter().find(|step| step.number() == number)
    }

    /// The step and its property that name the applicant, for slips; none where no single field does.
    pub fn applicant(&self) -> Option<(u8, &str)> {
        let (id, property) = self.applicant.as_deref()?.split_once('.')?;
        let step = self.steps.iter().find(|step| step.id() == id)?;
        Some((step.number(), property))
    }

    /// What the rules between steps ask for.
    pub fn demands(&self) -> impl Iterator<Item = Demand<'_>> {
        self.rules.iter().map(Rule::demand)
    }

    /// Checks the whole form for submission: `answers` by step id, each step complete, and the
    /// rules between steps. `today` is the day in the city. Gives back the answers to keep.
    ///
    /// # Errors
    /// Every [`Violation`], steps in order, then rules. A rule is asked only where its fields are
    /// sound by themselves, so that one mistake is told once.
    pub fn check_all(
        &self,
        answers: &Map<String, Value>,
        today: Date,
    ) -> Result<Map<String, Value>, Vec<Violation>> {
        let nothing = Value::Object(Map::new());
        let mut kept = Map::new();
        let mut violations = self.unknown_steps(answers);
        for step in &self.steps {
            match step.check(answers.get(step.id()).unwrap_or(&nothing)) {
                Ok(answers) => {
                    kept.insert(step.id().to_owned(), answers);
                }
                Err(found) => violations.extend(found),
            }
        }
        let broken = self.broken_rules(answers, &violations, today);
        violations.extend(broken);
        if violations.is_empty() { Ok(kept) } else { Err(violations) }
    }

    /// How complete `answers`, by step id, have the result returned: at the counter unless they say otherwise.
    pub fn return_way(&self, answers: &Map<String, Value>) -> ReturnWay {
        let chosen = self.returning.as_ref().and_then(|fields| fields.way(answers));
        chosen.unwrap_or(ReturnWay::Counter)
    }

    /// Where complete `answers`, by step id, have the result sent; none unless they give an address.
    pub fn address(&self, answers: &Map<String, Value>) -> Option<Address> {
        self.returning.as_ref()?.address(answers)
    }

    fn unknown_steps(&self, answers: &Map<String, Value>) -> Vec<Violation> {
        let known = |id: &String| self.steps.iter().any(|step| step.id() == id);
        if answers.keys().all(known) { Vec::new() } else { vec![Violation::unknown_step()] }
    }

    fn broken_rules(
        &self,
        answers: &Map<String, Value>,
        told: &[Violation],
        today: Date,
    ) -> Vec<Violation> {
        let is_sound = |field: &str| told.iter().all(|violation| violation.field != field);
        let askable = |rule: &&Rule| rule.fields().into_iter().all(is_sound);
        let broken = |rule: &Rule| {
            let (reason, problem) = rule.broken_by(answers, today)?;
            let field = rule.told_at();
            Some(Violation::at(field.to_owned(), self.schema_of(field)?, reason, problem))
        };
        self.rules.iter().filter(askable).filter_map(broken).collect()
    }

    fn check_fields_named(&self) -> Result<(), FormError> {
        let of_rules = self.rules.iter().flat_map(Rule::fields);
        for field in of_rules.chain(self.applicant.as_deref()) {
            self.schema_of(field).ok_or_else(|| FormError::NoField(field.to_owned()))?;
        }
        Ok(())
    }

    fn check_return_fields(&self) -> Result<(), FormError> {
        let Some(fields) = &self.returning else { return Ok(()) };
        match fields.flaw(|field| self.schema_of(field)) {
            None => Ok(()),
            Some(problem) => Err(FormError::Definition { place: "return".into(), problem }),
        }
    }

    /// What the field `property` of a step is called; none if there is no such field.
    pub fn title(&self, step: &str, property: &str) -> Option<Bilingual> {
        let schema = self.schema_of(&format!("{step}.{property}"))?;
        let word = |key: &str| schema[key].as_str().unwrap_or_default();
        Some(Bilingual::new(word("x-title-vi"), word("title")))
    }

    /// The schema of a dotted field, `step id.property`.
    fn schema_of(&self, field: &str) -> Option<&Value> {
        let (id, path) = field.split_once('.')?;
        self.steps.iter().find(|step| step.id() == id)?.schema_of(path)
    }
}

#[cfg(test)]
mod tests;
