//! The catalogue's filter: terms joined by ` AND `, each `name = value`.

use chassis::refusal::Refusal;

use super::convert::agency_level;
use crate::procedure::{AgencyLevel, Filter, SearchWords};

/// The longest filter that is looked at, in bytes.
const LONGEST: usize = 300;

/// Reads a filter.
///
/// # Errors
/// Names the field `filter` and what it may say.
pub fn parse(text: &str) -> Result<Filter, Refusal> {
    let mut filter = Filter::default();
    if text.trim().is_empty() {
        return Ok(filter);
    }
    if text.len() > LONGEST {
        return Err(refused());
    }
    for term in text.split(" AND ") {
        let (name, value) = term.split_once('=').ok_or_else(refused)?;
        read(&mut filter, name.trim(), value.trim()).ok_or_else(refused)?;
    }
    Ok(filter)
}

fn read(filter: &mut Filter, name: &str, value: &str) -> Option<()> {
    match name {
        "field" => filter.field = Some(quoted(value)?.to_owned()),
        "agency_level" => filter.agency_level = Some(level(quoted(value)?)?),
        "online" => filter.online = Some(value.parse().ok()?),
        "text" => filter.words = SearchWords::parse(quoted(value)?).ok()?,
        _ => return None,
    }
    Some(())
}

fn quoted(value: &str) -> Option<&str> {
    value.strip_prefix('"')?.strip_suffix('"').filter(|inner| !inner.contains('"'))
}

fn level(word: &str) -> Option<AgencyLevel> {
    let levels = [AgencyLevel::Police, AgencyLevel::Ward, AgencyLevel::City];
    levels.into_iter().find(|level| agency_level(*level) == word)
}

fn refused() -> Refusal {
    let terms =
        r#"field = "…", agency_level = "police|ward|city", online = true|false, text = "…""#;
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
    fn every_term_is_understood() {
        let text = r#"field = "Residence" AND agency_level = "police" AND online = true AND text = "tạm trú""#;
        let filter = parse(text).expect("a filter");
        assert_eq!(filter.field.as_deref(), Some("Residence"));
        assert_eq!(filter.agency_level, Some(AgencyLevel::Police));
        assert_eq!(filter.online, Some(true));
    }

    #[test]
    fn anything_else_is_refused() {
        for bad in
            ["online", "online = maybe", "field = Residence", "color = \"red\"", "online=true AND "]
        {
            assert!(parse(bad).is_err(), "{bad}");
        }
        assert!(parse(&"x".repeat(LONGEST + 1)).is_err());
    }
}
