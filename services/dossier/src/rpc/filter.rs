//! The filters of lists.

use chassis::filter::{Terms, quoted};
use chassis::refusal::Refusal;
use proto::motcua::r#type::v1::DossierStatus;

use super::convert::agency_level;
use crate::procedure::{AgencyLevel, Filter, SearchWords};
use crate::store::Sought;

/// What the catalogue can be filtered by.
const OF_PROCEDURES: &str =
    r#"field = "…", agency_level = "police|ward|city", online = true|false, text = "…""#;

/// What a citizen's dossiers can be filtered by.
const OF_DOSSIERS: &str = r#"status = DOSSIER_STATUS_IN_PROCESSING, draft = true|false, procedure = "procedures/1.012575""#;

/// Reads a filter of the catalogue.
///
/// # Errors
/// Names the field `filter` and what it may say.
pub fn of_procedures(text: &str) -> Result<Filter, Refusal> {
    let mut terms = Terms::read(text, OF_PROCEDURES)?;
    let words = |value| SearchWords::parse(quoted(value)?).ok();
    let filter = Filter {
        field: terms.take("field", |value| quoted(value).map(Into::into))?,
        agency_level: terms.take("agency_level", |value| level(quoted(value)?))?,
        online: terms.take("online", |value| value.parse().ok())?,
        words: terms.take("text", words)?.unwrap_or_default(),
    };
    terms.end()?;
    Ok(filter)
}

/// Reads a filter of a citizen's dossiers.
///
/// # Errors
/// Names the field `filter` and what it may say.
pub fn of_dossiers(text: &str) -> Result<Sought, Refusal> {
    let mut terms = Terms::read(text, OF_DOSSIERS)?;
    let submitted =
        |value| DossierStatus::from_str_name(value).filter(|it| *it != DossierStatus::Unspecified);
    let sought = Sought {
        status: terms.take("status", submitted)?,
        draft: terms.take("draft", |value| value.parse().ok())?,
        procedure: terms
            .take("procedure", |value| quoted(value)?.strip_prefix("procedures/")?.parse().ok())?,
    };
    terms.end()?;
    Ok(sought)
}

fn level(word: &str) -> Option<AgencyLevel> {
    let levels = [AgencyLevel::Police, AgencyLevel::Ward, AgencyLevel::City];
    levels.into_iter().find(|level| agency_level(*level) == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_term_is_understood() {
        let text = r#"field = "Residence" AND agency_level = "police" AND online = true AND text = "tạm trú""#;
        let filter = of_procedures(text).expect("a filter");
        assert_eq!(filter.field.as_deref(), Some("Residence"));
        assert_eq!(filter.agency_level, Some(AgencyLevel::Police));
        assert_eq!(filter.online, Some(true));
    }

    #[test]
    fn anything_else_is_refused() {
        for bad in
            ["online", "online = maybe", "field = Residence", "color = \"red\"", "online=true AND "]
        {
            assert!(of_procedures(bad).is_err(), "{bad}");
        }
        assert!(of_procedures(&"x".repeat(301)).is_err());
    }

    #[test]
    fn dossiers_are_sought_by_status_draft_and_procedure() {
        let text = r#"status = DOSSIER_STATUS_IN_PROCESSING AND procedure = "procedures/1.012575""#;
        let sought = of_dossiers(text).expect("a filter");
        assert_eq!(sought.status, Some(DossierStatus::InProcessing));
        assert_eq!(sought.procedure, "1.012575".parse().ok());
        assert_eq!(of_dossiers("draft = true").expect("a filter").draft, Some(true));
        assert_eq!(of_dossiers("").expect("none"), Sought::default());
        for bad in
            ["status = DOSSIER_STATUS_UNSPECIFIED", "status = 4", r#"procedure = "1.012575""#]
        {
            assert!(of_dossiers(bad).is_err(), "{bad}");
        }
    }
}
