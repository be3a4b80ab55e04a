//! The filter of dead letters: terms joined by ` AND `, each `name = "value"`.

use uuid::Uuid;

use crate::events::Which;
use crate::filter::{Terms, quoted};
use crate::refusal::Refusal;

/// What letters can be filtered by.
const SHAPE: &str = r#"source = "…", stream = "{uuid}", cause = "poison|gap|waiting""#;

/// What a letter can lie here for.
const CAUSES: [&str; 3] = ["poison", "gap", "waiting"];

/// Reads a filter.
///
/// # Errors
/// Names the field `filter` and what it may say.
pub(super) fn parse(text: &str) -> Result<Which, Refusal> {
    let mut terms = Terms::read(text, SHAPE)?;
    let word = |value| quoted(value).filter(|word| is_word(word)).map(Into::into);
    let cause = |value| quoted(value).filter(|cause| CAUSES.contains(cause)).map(Into::into);
    let which = Which {
        source: terms.take("source", word)?,
        stream: terms.take("stream", |value| Uuid::try_parse(quoted(value)?).ok())?,
        cause: terms.take("cause", cause)?,
        ..Which::default()
    };
    terms.end()?;
    Ok(which)
}

fn is_word(value: &str) -> bool {
    !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_read_whole_or_refused() {
        let stream = Uuid::from_u128(7);
        let which = parse(&format!(r#"source = "workflow" AND stream="{stream}""#));
        let which = which.expect("a filter");
        assert_eq!((which.source.as_deref(), which.stream), (Some("workflow"), Some(stream)));
        assert_eq!(parse(r#"cause = "gap""#).expect("a filter").cause.as_deref(), Some("gap"));
        assert!(parse("  ").expect("none").source.is_none());
        for bad in ["x", "source", r#"source = workflow"#, r#"cause = "x""#, r#"source = "A""#] {
            assert!(parse(bad).is_err(), "{bad}");
        }
        assert!(parse(&format!(r#"source = "{}""#, "a".repeat(300))).is_err());
    }
}
