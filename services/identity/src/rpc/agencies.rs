//! `AgencyService`: who settles dossiers.

use std::sync::Arc;

use chassis::filter::{Terms, quoted};
use chassis::pages::{Page, PageSize};
use chassis::refusal::{Kind, Refusal};
use proto::motcua::identity::v1 as pb;
use proto::motcua::identity::v1::agency_service_server::AgencyService;
use tonic::{Request, Response, Status};

use super::unit_code;
use crate::agency::{Agencies, Agency, Filter, Level, UnitKind, Words};

const PAGES: PageSize = PageSize { default: 50, most: 200 };

/// What agencies can be filtered by.
const FILTER: &str = r#"agency_level = "police|ward|city", text = "…""#;

/// Shows agencies.
pub struct AgencyTable(pub Arc<Agencies>);

#[tonic::async_trait]
impl AgencyService for AgencyTable {
    async fn get_agency(
        &self,
        request: Request<pb::GetAgencyRequest>,
    ) -> Result<Response<pb::Agency>, Status> {
        let code = unit_code(&request.get_ref().name, "name")?;
        Ok(Response::new(shown(self.0.get(code).ok_or_else(unknown)?)))
    }

    async fn list_agencies(
        &self,
        request: Request<pb::ListAgenciesRequest>,
    ) -> Result<Response<pb::ListAgenciesResponse>, Status> {
        let asked = request.get_ref();
        let filter = parsed(&asked.filter)?;
        let list = format!("agencies {}", asked.filter);
        let page = Page::<String>::asked(asked.page_size, &asked.page_token, PAGES, &list)?;
        let size = usize::try_from(page.size).unwrap_or_default();
        let rows: Vec<&Agency> = self.0.list(&filter, page.after.as_deref()).take(size).collect();
        let last = rows.last().map(|agency| agency.code.clone());
        Ok(Response::new(pb::ListAgenciesResponse {
            next_page_token: page.next(last, rows.len()),
            agencies: rows.into_iter().map(shown).collect(),
        }))
    }
}

fn shown(agency: &Agency) -> pb::Agency {
    pb::Agency {
        name: format!("agencies/{}", agency.code),
        title_vi: agency.title_vi.clone(),
        title_en: agency.title_en.clone(),
        agency_levels: agency.levels.iter().map(|level| level.word().to_owned()).collect(),
        unit_kind: match agency.unit_kind {
            UnitKind::Ward => pb::UnitKind::Ward,
            UnitKind::Commune => pb::UnitKind::Commune,
            UnitKind::SpecialZone => pb::UnitKind::SpecialZone,
            UnitKind::City => pb::UnitKind::City,
        }
        .into(),
    }
}

fn parsed(text: &str) -> Result<Filter, Refusal> {
    let mut terms = Terms::read(text, FILTER)?;
    let filter = Filter {
        level: terms.take("agency_level", |value| Level::of_word(quoted(value)?))?,
        words: terms.take("text", |value| quoted(value).map(Words::of))?.unwrap_or_default(),
    };
    terms.end()?;
    Ok(filter)
}

fn unknown() -> Refusal {
    Refusal::new(
        Kind::Missing,
        "AGENCY_UNKNOWN",
        "Không có cơ quan nào mang mã này; hãy tìm trong danh sách cơ quan.",
        "No agency has this code; look it up in the list of agencies.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_says_level_and_words() {
        let filter = parsed(r#"agency_level = "police" AND text = "Côn Đảo""#).unwrap();
        let expected = Filter { level: Some(Level::Police), words: Words::of("con dao") };
        assert_eq!(filter, expected);
        assert_eq!(parsed(" ").unwrap(), Filter::default());
        let long = format!(r#"text = "{}""#, "x".repeat(300));
        for bad in ["text", "text = x", r#"agency_level = "x""#, r#"name = "x""#, &long] {
            assert!(parsed(bad).is_err(), "{bad}");
        }
    }
}
