//! Answers before they are checked: within bounds, and in one spelling.

use std::io::{self, Write};

use serde_json::{Map, Number, Value};
use unicode_normalization::UnicodeNormalization;

use super::violation::Reason;

/// Bytes of a step's answers as compact JSON.
pub const LARGEST_STEP: usize = 16 * 1024;
/// Objects and lists within each other in a step's answers; the step itself is the first.
pub const DEEPEST_STEP: usize = 8;

/// The largest whole number that a JSON number keeps exactly on every client (2^53 − 1).
const LARGEST_EXACT: f64 = 9_007_199_254_740_991.0;

/// The answers in one spelling, or the bound they break.
pub(super) fn bounded(answers: &Value) -> Result<Value, Reason> {
    if !is_shallow(answers, DEEPEST_STEP) {
        return Err(Reason::TooDeep);
    }
    if serde_json::to_writer(Room(LARGEST_STEP), answers).is_err() {
        return Err(Reason::TooLarge);
    }
    Ok(one_spelling(answers))
}

fn is_shallow(value: &Value, levels: usize) -> bool {
    match value {
        Value::Array(items) => levels > 0 && items.iter().all(|item| is_shallow(item, levels - 1)),
        Value::Object(fields) => {
            levels > 0 && fields.values().all(|field| is_shallow(field, levels - 1))
        }
        _ => true,
    }
}

/// Takes so many bytes and no more.
struct Room(usize);

impl Write for Room {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let left = self.0.checked_sub(bytes.len());
        self.0 = left.ok_or(io::ErrorKind::FileTooLarge)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Strings in NFC, so that limits count the letters people see; `2.0` as `2`, since some clients
/// have no other numbers.
fn one_spelling(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(text.nfc().collect()),
        Value::Number(number) => Value::Number(whole(number)),
        Value::Array(items) => Value::Array(items.iter().map(one_spelling).collect()),
        Value::Object(fields) => Value::Object(
            fields
                .iter()
                .map(|(name, field)| (name.clone(), one_spelling(field)))
                .collect::<Map<_, _>>(),
        ),
        Value::Null | Value::Bool(_) => value.clone(),
    }
}

fn whole(number: &Number) -> Number {
    let is_exact = |float: &f64| float.fract() == 0.0 && float.abs() <= LARGEST_EXACT;
    let float = number.as_f64().filter(|float| number.is_f64() && is_exact(float));
    let integer = float.and_then(|float| format!("{float:.0}").parse::<i64>().ok());
    integer.map_or_else(|| number.clone(), Number::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn nested(levels: usize) -> Value {
        (0..levels).fold(json!(1), |inner, _| json!([inner]))
    }

    #[test]
    fn depth_is_bounded() {
        assert!(bounded(&nested(DEEPEST_STEP)).is_ok());
        assert_eq!(bounded(&nested(DEEPEST_STEP + 1)), Err(Reason::TooDeep));
    }

    #[test]
    fn size_is_bounded_to_the_byte() {
        let of = |bytes: usize| json!("x".repeat(bytes - 2));
        assert!(bounded(&of(LARGEST_STEP)).is_ok());
        assert_eq!(bounded(&of(LARGEST_STEP + 1)), Err(Reason::TooLarge));
    }

    #[test]
    fn letters_and_numbers_have_one_spelling() {
        let cases = [
            (json!("Nguye\u{302}\u{303}n"), json!("Nguyễn")),
            (json!({ "price": 32_500_000.0 }), json!({ "price": 32_500_000 })),
            (json!([-0.0, 1.5, 1e300, true, null]), json!([0, 1.5, 1e300, true, null])),
        ];
        for (written, kept) in cases {
            assert_eq!(bounded(&written).unwrap(), kept);
        }
    }

    proptest! {
        #[test]
        fn one_spelling_is_reached_at_once(text in "\\PC{0,60}", number in any::<f64>()) {
            let once = one_spelling(&json!([text, number]));
            prop_assert_eq!(one_spelling(&once), once);
        }
    }
}
