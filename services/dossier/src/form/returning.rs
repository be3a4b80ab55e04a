//! Which fields of a form say how the result is returned, and where it is sent.

use proto::motcua::r#type::v1::ReturnWay;
use serde::Deserialize;
use serde_json::{Map, Value};

/// The fields as `step id.property`. A form without them returns at the counter.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReturnFields {
    /// Holds `post`, `counter` or `electronic`.
    pub way: String,
    /// Holds the address: `recipient`, `street`, `ward_code` and `phone`. Needed if `post` can be chosen.
    pub address: Option<String>,
}

/// Where a result is sent: personal data, so it has no form for logs.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    /// Who takes it.
    pub recipient: String,
    /// House number and street.
    pub street: String,
    /// Code of the ward, commune or special zone.
    pub ward_code: String,
    /// A mobile number, as filed.
    pub phone: String,
}

/// What an address must hold.
const PARTS: [&str; 4] = ["recipient", "street", "ward_code", "phone"];

impl ReturnFields {
    /// What is wrong with them, given the schema of a field by its path.
    pub fn flaw<'a>(&self, schema_of: impl Fn(&str) -> Option<&'a Value>) -> Option<&'static str> {
        let words = schema_of(&self.way).and_then(|schema| schema["enum"].as_array());
        let Some(ways) = words.and_then(|words| words.iter().map(way).collect::<Option<Vec<_>>>())
        else {
            return Some("way names a field whose enum is of post, counter and electronic");
        };
        let schema = self.address.as_deref().and_then(schema_of);
        let required = schema.and_then(|schema| schema["required"].as_array());
        let is_whole = required
            .is_some_and(|required| PARTS.iter().all(|part| required.contains(&(*part).into())));
        let is_needed = self.address.is_some() || ways.contains(&ReturnWay::Post);
        (is_needed && !is_whole)
            .then_some("address names a field that requires recipient, street, ward_code and phone")
    }

    /// The way that complete answers, by step id, choose.
    pub fn way(&self, answers: &Map<String, Value>) -> Option<ReturnWay> {
        way(answer(answers, &self.way)?)
    }

    /// The address that complete answers, by step id, give.
    pub fn address(&self, answers: &Map<String, Value>) -> Option<Address> {
        let given = answer(answers, self.address.as_deref()?)?;
        let part = |name: &str| given.get(name)?.as_str().map(ToOwned::to_owned);
        Some(Address {
            recipient: part("recipient")?,
            street: part("street")?,
            ward_code: part("ward_code")?,
            phone: part("phone")?,
        })
    }
}

fn way(word: &Value) -> Option<ReturnWay> {
    match word.as_str()? {
        "post" => Some(ReturnWay::Post),
        "counter" => Some(ReturnWay::Counter),
        "electronic" => Some(ReturnWay::Electronic),
        _ => None,
    }
}

fn answer<'a>(answers: &'a Map<String, Value>, field: &str) -> Option<&'a Value> {
    let (step, path) = field.split_once('.')?;
    path.split('.').try_fold(answers.get(step)?, |value, name| value.get(name))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn flaw(ways: Value, address: Option<&str>, required: Value) -> Option<&'static str> {
        let fields =
            ReturnFields { way: "return.way".into(), address: address.map(ToOwned::to_owned) };
        let schemas =
            json!({"return.way": {"enum": ways}, "return.address": {"required": required}});
        fields.flaw(|field| schemas.get(field))
    }

    #[test]
    fn a_form_that_cannot_say_where_is_refused_when_it_is_loaded() {
        let at = Some("return.address");
        let cases = [
            (json!(["post", "counter"]), at, json!(PARTS), None),
            (json!(["counter", "electronic"]), None, json!([]), None),
            (json!(["post"]), None, json!(PARTS), Some("address")),
            (json!(["post"]), at, json!(["street"]), Some("address")),
            (json!(["counter"]), Some("return.elsewhere"), json!(PARTS), Some("address")),
            (json!(["pigeon"]), at, json!(PARTS), Some("way")),
            (json!("post"), at, json!(PARTS), Some("way")),
        ];
        for (ways, address, required, word) in cases {
            let found = flaw(ways.clone(), address, required);
            assert_eq!(found.and_then(|flaw| flaw.split(' ').next()), word, "{ways} {address:?}");
        }
    }
}
