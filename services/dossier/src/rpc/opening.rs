//! Opening a draft: under which procedure, at which agency, for whom.

use chassis::names::{self, malformed};
use chassis::refusal::{Failure, Refusal, Violation};
use chassis::write::Once;
use proto::motcua::dossier::v1 as pb;

use super::dossiers::{Dossiers, required, without_form};
use super::{convert, procedures};
use crate::dossier::{CreateDossier, Hand};
use crate::procedure::Procedure;

impl Dossiers {
    /// The wish to open a draft, checked.
    pub(super) async fn creation(
        &self,
        hand: &Hand,
        asked: &pb::CreateDossierRequest,
        once: &Once,
    ) -> Result<CreateDossier, Failure> {
        let dossier = asked.dossier.as_ref().ok_or_else(|| required("dossier"))?;
        let id = match asked.dossier_id.as_str() {
            "" => Ok(once.derived_id()),
            chosen => names::uuid(chosen, "dossier_id"),
        };
        let procedure = procedures::find(&self.catalogue, &dossier.procedure, "dossier.procedure")
            .map_err(|refusal| named(refusal, "dossier.procedure"))
            .and_then(|procedure| may_be_drafted(procedure, hand));
        let agency = self.agency(&dossier.agency, procedure.as_ref().ok().copied()).await?;
        let agency = agency.and_then(|agency| of_own_counter(hand, agency));
        let owner = self.owner(hand, &dossier.owner).await?;
        match (id, procedure, agency, owner) {
            (Ok(id), Ok(procedure), Ok(agency), Ok(owner)) => Ok(CreateDossier {
                id,
                owner,
                channel: hand.channel(),
                procedure: procedure.code.clone(),
                version: procedure.version,
                agency,
                draft_days: self.draft_days,
            }),
            (id, procedure, agency, owner) => {
                let refusals = [id.err(), procedure.err(), agency.err(), owner.err()];
                let violations = refusals.into_iter().flatten().flat_map(|r| r.violations);
                Err(Refusal::fields(violations.collect()).into())
            }
        }
    }

    /// The agency of this name, if it is one and settles the procedure; else what is wrong with it.
    async fn agency(
        &self,
        name: &str,
        procedure: Option<&Procedure>,
    ) -> Result<Result<String, Refusal>, Failure> {
        let name = match agency(name) {
            Ok(name) => name,
            Err(malformed) => return Ok(Err(malformed)),
        };
        let Some(procedure) = procedure else { return Ok(Ok(name)) };
        let level = convert::agency_level(procedure.agency_level);
        Ok(self.agencies.judge(&name, level).await?.map_or(Ok(name), Err))
    }

    /// Whose dossier it will be: the citizen's who calls, or the account that an officer names.
    async fn owner(&self, hand: &Hand, named: &str) -> Result<Result<String, Refusal>, Failure> {
        if hand.agency.is_none() {
            return Ok(Ok(hand.name.clone()));
        }
        let name = match names::id("accounts", named, "dossier.owner") {
            Ok(id) => format!("accounts/{id}"),
            Err(malformed) => return Ok(Err(malformed)),
        };
        Ok(self.accounts.judge(&name).await?.map_or(Ok(name), Err))
    }
}

fn agency(name: &str) -> Result<String, Refusal> {
    let unit = name.strip_prefix("agencies/").unwrap_or_default();
    if unit.len() == 5 && unit.bytes().all(|byte| byte.is_ascii_digit()) {
        Ok(name.to_owned())
    } else {
        Err(malformed("dossier.agency", "agencies/{five-digit unit code}"))
    }
}

/// An officer opens dossiers at the counter of their own agency.
fn of_own_counter(hand: &Hand, agency: String) -> Result<String, Refusal> {
    if hand.agency.as_ref().is_none_or(|own| *own == agency) {
        return Ok(agency);
    }
    Err(Refusal::field(
        "dossier.agency",
        "AGENCY_NOT_OWN",
        "Cán bộ chỉ nhận hồ sơ tại quầy của cơ quan mình.",
        "An officer takes dossiers in at the counter of their own agency alone.",
    ))
}

/// A refusal about one thing as a violation of the field that named it.
fn named(refusal: Refusal, field: &str) -> Refusal {
    if refusal.violations.is_empty() {
        let text = refusal.public;
        Refusal::fields(vec![Violation {
            field: field.into(),
            reason: refusal.reason.into(),
            text,
        }])
    } else {
        refusal
    }
}

/// A draft is of a procedure that can be filed here to its end; what is not filed online, at the counter alone.
fn may_be_drafted<'a>(procedure: &'a Procedure, hand: &Hand) -> Result<&'a Procedure, Refusal> {
    match (procedure.online || hand.agency.is_some(), &procedure.form) {
        (false, _) => Err(not_online()),
        (true, None) => Err(named(without_form(), "dossier.procedure")),
        (true, Some(_)) => Ok(procedure),
    }
}

fn not_online() -> Refusal {
    Refusal::field(
        "dossier.procedure",
        "NOT_ONLINE",
        "Thủ tục này chưa nộp trực tuyến được; hãy đến bộ phận một cửa.",
        "This procedure cannot be filed online; go to the one-stop desk.",
    )
}
