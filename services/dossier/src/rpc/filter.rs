//! Filters of lists: terms joined by ` AND `, each `name = value`.

use chassis::refusal::Refusal;
use proto::motcua::r#type::v1::DossierStatus;

use super::convert::agency_level;
use crate::procedure::{AgencyLevel, Filter, SearchWords};
use crate::store::DossierFilter;

/// The longest filter that is looked at, in bytes.
const LONGEST: usize = 300;

/// What the catalogue can be filtered by.
const OF_CATALOGUE: &str =
    r#"field = "…", agency_level = "police|ward|city", online = true|false, text = "…""#;

/// What an owner's dossiers can be filtered by.
const OF_DOSSIERS: &str =
    r#"status = DOSSIER_STATUS_IN_PROCESSING, procedure = "procedures/1.012575""#;

/// Reads a filter of the catalogue.
///
/// # Errors
/// Names the field `filter` and what it may say.
pub fn parse(text: &str) -> Result<Filter, Refusal> {
    let mut filter = Filter::default();
    let read = |(name, value)| read(&mut filter, name, value);
    let terms = terms(text).and_then(|terms| terms.into_iter().try_for_each(read));
    terms.map(|()| filter).ok_or_else(|| refused(OF_CATALOGUE))
}

/// Reads a filter of dossiers, each term once at most.
///
/// # Errors
/// Names the field `filter` and what it may say.
pub fn of_dossiers(text: &str) -> Result<DossierFilter, Refusal> {
    let mut filter = DossierFilter::default();
    let read = |(name, value)| read_of_dossier(&mut filter, name, value);
    let terms = terms(text).and_then(|terms| terms.into_iter().try_for_each(read));
    terms.map(|()| filter).ok_or_else(|| refused(OF_DOSSIERS))
}

/// Names and values, if the text is short enough and made of such terms.
fn terms(text: &str) -> Option<Vec<(&str, &str)>> {
    if text.trim().is_empty() {
        return Some(Vec::new());
    }
    if text.len() > LONGEST {
        return None;
    }
    let terms = text.split(" AND ").map(|term| term.split_once('='));
    terms.map(|term| term.map(|(name, value)| (name.trim(), value.trim()))).collect()
}

fn read_of_dossier(filter: &mut DossierFilter, name: &str, value: &str) -> Option<()> {
    let is_first = match name {
        "status" => filter.status.replace(DossierStatus::from_str_name(value)?).is_none(),
        "procedure" => {
            let code = quoted(value)?.strip_prefix("procedures/")?.parse().ok()?;
            filter.procedure.replace(code).is_none()
        }
        _ => false,
    };
    is_first.then_some(())
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

fn refused(terms: &str) -> Refusal {
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

    #[test]
    fn a_filter_of_dossiers_is_read_whole_or_refused() {
        let draft = Some(DossierStatus::Unspecified);
        for (text, told) in [
            ("", Some((None, None))),
            ("  ", Some((None, None))),
            ("status = DOSSIER_STATUS_UNSPECIFIED", Some((draft, None))),
            (r#"procedure="procedures/1.012575""#, Some((None, Some("1.012575")))),
            (
                r#"procedure = "procedures/1.012575" AND status = DOSSIER_STATUS_UNSPECIFIED"#,
                Some((draft, Some("1.012575"))),
            ),
            ("status = 4", None),
            ("status = \"DOSSIER_STATUS_UNSPECIFIED\"", None),
            ("status = DOSSIER_STATUS_UNSPECIFIED AND status = DOSSIER_STATUS_UNSPECIFIED", None),
            ("procedure = procedures/1.012575", None),
            (r#"procedure = "1.012575""#, None),
            (r#"procedure = "procedures/1.012575/versions/1""#, None),
            ("online = true", None),
            ("status", None),
            (" AND ", None),
        ] {
            let found = of_dossiers(text).ok();
            let found = found.map(|found| (found.status, found.procedure));
            let told = told.map(|(status, code)| (status, code.map(|code| code.parse().unwrap())));
            assert_eq!(found, told, "{text}");
        }
        assert!(of_dossiers(&"x".repeat(LONGEST + 1)).is_err());
    }
}
