//! The part of JSON Schema a form may use.
//!
//! A mistake must be told by field and with a remedy. That is possible for plain properties and for
//! `if … then`, not for `oneOf` and its kin, whose failures have no single place; so those are left
//! out. What remains is checked when a form is loaded, and with it what every field owes its
//! reader: a title and a description in both languages, and a bound.

use std::fmt;

use serde_json::{Map, Value};

const KEYWORDS: [&str; 19] = [
    "$schema",
    "title",
    "description",
    "type",
    "properties",
    "required",
    "additionalProperties",
    "enum",
    "const",
    "minLength",
    "maxLength",
    "pattern",
    "format",
    "minimum",
    "maximum",
    "if",
    "then",
    "else",
    "allOf",
];
const TEXTS: [&str; 4] = ["title", "x-title-vi", "description", "x-description-vi"];

/// What is wrong with a schema, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    /// The place, as a JSON pointer.
    pub pointer: String,
    /// The rule it breaks.
    pub rule: &'static str,
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at `{}`: {}", self.pointer, self.rule)
    }
}

/// A name that is safe to show and to put in a dotted path: `[a-z][a-z0-9_]*`, at most 40 bytes.
pub(super) fn is_identifier(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    name.len() <= 40
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(plain)
}

/// Checks the schema of a step, which describes an object.
pub(super) fn check_step(schema: &Value) -> Result<(), Flaw> {
    rule(schema["type"] == "object", "", "a step is an object")?;
    check_field(schema, "")
}

/// Checks a schema that stands for a field: it has words, one type and a bound.
fn check_field(schema: &Value, at: &str) -> Result<(), Flaw> {
    let keywords = known_keywords(schema, at)?;
    let has_text = |key: &&str| keywords.get(*key).is_some_and(is_filled);
    rule(TEXTS.iter().all(has_text), at, "give title, x-title-vi, description, x-description-vi")?;
    let has = |key| keywords.contains_key(key);
    match schema["type"].as_str() {
        Some("object") => {
            rule(schema["additionalProperties"] == false, at, "set additionalProperties to false")?;
        }
        Some("string") => {
            rule(has("maxLength") || has("enum") || has("const"), at, "give maxLength or enum")?;
        }
        Some("integer") => {
            rule(has("minimum") && has("maximum"), at, "give minimum and maximum")?;
        }
        Some("boolean") => {}
        _ => rule(false, at, "give one type: object, string, integer or boolean")?,
    }
    check_properties(keywords, at, check_field)?;
    check_conditions(keywords, at)
}

/// Checks a schema that only narrows fields described elsewhere.
fn check_condition(schema: &Value, at: &str) -> Result<(), Flaw> {
    let keywords = known_keywords(schema, at)?;
    check_properties(keywords, at, check_condition)?;
    check_conditions(keywords, at)
}

fn check_conditions(keywords: &Map<String, Value>, at: &str) -> Result<(), Flaw> {
    for key in ["if", "then", "else"] {
        if let Some(condition) = keywords.get(key) {
            check_condition(condition, &format!("{at}/{key}"))?;
        }
    }
    let all = keywords.get("allOf").and_then(Value::as_array);
    for (place, condition) in all.into_iter().flatten().enumerate() {
        check_condition(condition, &format!("{at}/allOf/{place}"))?;
    }
    Ok(())
}

fn check_properties(
    keywords: &Map<String, Value>,
    at: &str,
    check: fn(&Value, &str) -> Result<(), Flaw>,
) -> Result<(), Flaw> {
    let properties = keywords.get("properties").and_then(Value::as_object);
    for (name, schema) in properties.into_iter().flatten() {
        rule(is_identifier(name), at, "name properties by short lower-case identifiers")?;
        check(schema, &format!("{at}/properties/{name}"))?;
    }
    Ok(())
}

fn known_keywords<'a>(schema: &'a Value, at: &str) -> Result<&'a Map<String, Value>, Flaw> {
    let Some(keywords) = schema.as_object() else {
        return Err(Flaw { pointer: at.to_owned(), rule: "a schema is an object" });
    };
    let known = |key: &String| key.starts_with("x-") || KEYWORDS.contains(&key.as_str());
    rule(keywords.keys().all(known), at, "a keyword is outside the dialect of forms")?;
    Ok(keywords)
}

fn is_filled(text: &Value) -> bool {
    text.as_str().is_some_and(|text| !text.trim().is_empty())
}

fn rule(holds: bool, at: &str, rule: &'static str) -> Result<(), Flaw> {
    if holds { Ok(()) } else { Err(Flaw { pointer: at.to_owned(), rule }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn step_with(field: &Value) -> Value {
        json!({
            "title": "Step", "x-title-vi": "Bước", "description": "A.", "x-description-vi": "Một.",
            "type": "object", "additionalProperties": false, "properties": { "name": field }
        })
    }

    fn field() -> Value {
        json!({
            "title": "Name", "x-title-vi": "Tên", "description": "A.", "x-description-vi": "Một.",
            "type": "string", "maxLength": 10
        })
    }

    #[test]
    fn a_field_with_words_type_and_bound_passes() {
        assert_eq!(check_step(&step_with(&field())), Ok(()));
    }

    #[test]
    fn a_field_without_them_is_named() {
        let cases = [
            ("maxLength", Value::Null, "give maxLength or enum"),
            ("x-title-vi", json!(" "), "give title, x-title-vi"),
            ("type", json!(["string", "null"]), "give one type"),
            ("type", json!("integer"), "give minimum and maximum"),
            ("type", json!("object"), "set additionalProperties to false"),
            ("oneOf", json!([]), "outside the dialect"),
            ("$ref", json!("https://example.org/schema"), "outside the dialect"),
        ];
        for (key, value, said) in cases {
            let mut field = field();
            field[key] = value.clone();
            if value.is_null() {
                field.as_object_mut().unwrap().remove(key);
            }
            let flaw = check_step(&step_with(&field)).unwrap_err();
            assert_eq!(flaw.pointer, "/properties/name");
            assert!(flaw.rule.contains(said), "{flaw}");
        }
    }

    #[test]
    fn a_condition_is_held_to_the_dialect_too() {
        let mut step = step_with(&field());
        step["allOf"] = json!([{ "then": { "anyOf": [] } }]);
        assert_eq!(check_step(&step).unwrap_err().pointer, "/allOf/0/then");
    }
}
