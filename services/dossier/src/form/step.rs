//! One screen of a form.

use std::collections::BTreeMap;

use jsonschema::error::ValidationErrorKind;
use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::Value;

use super::definition::StepDefinition;
use super::violation::{Reason, Violation};
use super::{FormError, answers, dialect, violation};
use crate::bilingual::Bilingual;

/// One screen of a form: its schema, compiled.
#[derive(Debug)]
pub struct Step {
    number: u8,
    id: String,
    title: Bilingual,
    schema_json: String,
    schema: Value,
    validator: Validator,
}

impl Step {
    pub(super) fn compile(
        step: StepDefinition,
        schemas: &[(&str, &str)],
    ) -> Result<Self, FormError> {
        let StepDefinition { number, id, title, schema: file } = step;
        let Some((_, text)) = schemas.iter().find(|(name, _)| *name == file) else {
            return Err(FormError::NoSchema(file));
        };
        let schema = read(text, &file)?;
        let validator = compile(&schema, file)?;
        Ok(Self { number, id, title, schema_json: (*text).to_owned(), schema, validator })
    }

    /// Counted from 1.
    pub fn number(&self) -> u8 {
        self.number
    }

    /// Its name for programs, and the first part of its fields' paths.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What the screen is called.
    pub fn title(&self) -> &Bilingual {
        &self.title
    }

    /// The schema as it was written: a screen shows the properties in this order.
    pub fn schema_json(&self) -> &str {
        &self.schema_json
    }

    /// Checks complete answers and gives them back as they are to be kept.
    ///
    /// # Errors
    /// Every [`Violation`], by field and one a field.
    pub fn check(&self, answers: &Value) -> Result<Value, Vec<Violation>> {
        self.check_but(answers, |_| false)
    }

    /// Checks answers that are saved on the way: what is missing may come later, what is wrong is
    /// wrong now.
    ///
    /// # Errors
    /// As [`Step::check`], without [`Reason::Required`].
    pub fn check_partial(&self, answers: &Value) -> Result<Value, Vec<Violation>> {
        self.check_but(answers, |kind| matches!(kind, ValidationErrorKind::Required { .. }))
    }

    fn check_but(
        &self,
        answers: &Value,
        tolerated: fn(&ValidationErrorKind) -> bool,
    ) -> Result<Value, Vec<Violation>> {
        let answers = answers::bounded(answers).map_err(|bound| self.out_of_bounds(bound))?;
        let errors = self.validator.iter_errors(&answers);
        let told = errors.filter(|error| !tolerated(error.kind()));
        let violations = told.flat_map(|error| violation::of(&error, &self.id, &self.schema));
        let hidden = violation::hidden(&answers, &self.id, &self.schema);
        let violations = one_a_field(violations.chain(hidden));
        if violations.is_empty() { Ok(answers) } else { Err(violations) }
    }

    fn out_of_bounds(&self, bound: Reason) -> Vec<Violation> {
        vec![Violation::at(self.id.clone(), &self.schema, bound, violation::bound(bound))]
    }

    /// The schema of a dotted property of this step.
    pub(super) fn schema_of(&self, path: &str) -> Option<&Value> {
        path.split('.').try_fold(&self.schema, |schema, name| schema["properties"].get(name))
    }
}

/// The most basic violation of each field. Its words describe the whole field, so that a second one
/// adds nothing.
fn one_a_field(violations: impl Iterator<Item = Violation>) -> Vec<Violation> {
    let mut by_field = BTreeMap::<String, Violation>::new();
    for violation in violations {
        match by_field.get(&violation.field) {
            Some(told) if told.reason <= violation.reason => {}
            _ => drop(by_field.insert(violation.field.clone(), violation)),
        }
    }
    by_field.into_values().collect()
}

fn read(text: &str, file: &str) -> Result<Value, FormError> {
    let file = || file.to_owned();
    let schema = serde_json::from_str(text)
        .map_err(|problem| FormError::NotJson { file: file(), problem })?;
    dialect::check_step(&schema).map_err(|flaw| FormError::Dialect { file: file(), flaw })?;
    Ok(schema)
}

/// Patterns run on the engine whose time is linear in the text; formats are checked, not noted.
fn compile(schema: &Value, file: String) -> Result<Validator, FormError> {
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        .with_pattern_options(PatternOptions::regex())
        .should_validate_formats(true)
        .build(schema)
        .map_err(|problem| FormError::NotASchema { file, problem: problem.to_string() })
}
