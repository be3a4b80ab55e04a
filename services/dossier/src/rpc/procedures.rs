//! `ProcedureService`: the catalogue, read by anyone.

use std::sync::Arc;

use chassis::names::malformed;
use chassis::pages::{Page, PageSize};
use chassis::refusal::{Kind, Refusal};
use proto::motcua::dossier::v1::procedure_service_server::ProcedureService;
use proto::motcua::dossier::v1::{
    Form, GetFormRequest, GetProcedureVersionRequest, ListProcedureVersionsRequest,
    ListProcedureVersionsResponse, ProcedureVersion,
};
use tonic::{Request, Response, Status};

use super::dossiers::without_form;
use super::{convert, filter, forms};
use crate::procedure::{Catalogue, Procedure, ProcedureCode};

const SIZES: PageSize = PageSize { default: 50, most: 200 };

/// Reads the catalogue.
pub struct Procedures {
    /// The catalogue.
    pub catalogue: Arc<Catalogue>,
}

/// The version that a name `procedures/{code}/versions/{number}` names; `versions/-` is the current one.
///
/// # Errors
/// The name is malformed (told for `field`), or the catalogue has no such version.
pub(super) fn find<'a>(
    catalogue: &'a Catalogue,
    name: &str,
    field: &str,
) -> Result<&'a Procedure, Refusal> {
    let shape = || malformed(field, "procedures/{code}/versions/{number}");
    let rest = name.strip_prefix("procedures/").ok_or_else(shape)?;
    let (code, version) = rest.split_once("/versions/").ok_or_else(shape)?;
    let code: ProcedureCode = code.parse().map_err(|_| shape())?;
    let found = match version {
        "-" => catalogue.current(&code),
        number => catalogue.get(&code, number.parse().map_err(|_| shape())?),
    };
    found.ok_or_else(not_found)
}

#[tonic::async_trait]
impl ProcedureService for Procedures {
    async fn get_procedure_version(
        &self,
        request: Request<GetProcedureVersionRequest>,
    ) -> Result<Response<ProcedureVersion>, Status> {
        let procedure = find(&self.catalogue, &request.get_ref().name, "name")?;
        Ok(Response::new(convert::procedure_version(procedure)))
    }

    async fn get_form(&self, request: Request<GetFormRequest>) -> Result<Response<Form>, Status> {
        let name = &request.get_ref().name;
        let shape = || malformed("name", "procedures/{code}/versions/{number}/form");
        let version = name.strip_suffix("/form").ok_or_else(shape)?;
        let procedure = find(&self.catalogue, version, "name")?;
        let form = procedure.form.as_ref().ok_or_else(without_form)?;
        Ok(Response::new(forms::message(procedure, form)))
    }

    async fn list_procedure_versions(
        &self,
        request: Request<ListProcedureVersionsRequest>,
    ) -> Result<Response<ListProcedureVersionsResponse>, Status> {
        let asked = request.into_inner();
        if asked.parent != "procedures/-" {
            return Err(malformed("parent", "procedures/-").into());
        }
        let filter = filter::of_procedures(&asked.filter)?;
        let list = format!("procedures {}", asked.filter);
        let page = Page::<String>::asked(asked.page_size, &asked.page_token, SIZES, &list)?;
        let after = page.after.as_deref().and_then(|code| code.parse().ok());
        let limit = usize::try_from(page.size).unwrap_or_default();
        let found = self.catalogue.list(&filter, after.as_ref(), limit);
        let last = found.last().map(|procedure| procedure.code.to_string());
        Ok(Response::new(ListProcedureVersionsResponse {
            next_page_token: page.next(last, found.len()),
            procedure_versions: found.into_iter().map(convert::procedure_version).collect(),
        }))
    }
}

fn not_found() -> Refusal {
    Refusal::new(
        Kind::Missing,
        "PROCEDURE_NOT_FOUND",
        "Danh mục không có phiên bản thủ tục này.",
        "The catalogue has no such procedure version.",
    )
}
