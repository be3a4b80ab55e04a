//! The filter of dead letters: terms joined by ` AND `, each `name = "value"`.

use uuid::Uuid;

use crate::events::Which;
use crate::refusal::Refusal;

/// The longest filter that is looked at, in bytes.
const LONGEST: usize = 200;

/// What a letter can lie here for.
const CAUSES: [&str; 3] = ["poison", "gap", "waiting"];

/// Reads a filter.
///
/// # Errors
/// Names the field `filter` and what it may say.
pub(super) fn parse(text: &str) -> Result<Which, Refusal> {
    let mut which = Which::default();
    if text.trim().is_empty() {
        return Ok(which);
    }
    if text.len() > LONGEST {
        return Err(refused());
    }
    for term in text.split(" AND ") {
        let (name, value) = term.split_once('=').ok_or_else(refused)?;
        read(&mut which, name.trim(), value.trim()).ok_or_else(refused)?;
    }
    Ok(which)
}

fn read(which: &mut Which, name: &str, value: &str) -> Option<()> {
    let value = value.strip_prefix('"')?.strip_suffix('"')?;
    match name {
        "source" if is_word(value) => which.source = Some(value.into()),
        "cause" if CAUSES.contains(&value) => which.cause = Some(value.into()),
        "stream" => which.stream = Some(Uuid::try_parse(value).ok()?),
        _ => return None,
    }
    Some(())
}

fn is_word(value: &str) -> bool {
    !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_lowercase())
}

fn refused() -> Refusal {
    let terms = r#"source = "…", stream = "{uuid}", cause = "poison|gap|waiting""#;
    Refusal::field(
        "filter",
        "FILTER_MALFORMED",
        format!("Bộ lọc gồm các điều kiện nối bằng ` AND `: {terms}; tối đa {LONGEST} byte."),
        format!("A filter is terms joined by ` AND `: {terms}; at most {LONGEST} bytes."),
    )
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
        assert!(parse(&format!(r#"source = "{}""#, "a".repeat(LONGEST))).is_err());
    }
}
