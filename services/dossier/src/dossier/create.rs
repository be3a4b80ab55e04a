//! Opening a draft.

use std::collections::BTreeMap;

use chassis::refusal::{Kind, Refusal};
use chassis::write::{At, Command, Decided, Stream};
use proto::motcua::r#type::v1::{Channel, DossierStatus, ReturnWay};
use uuid::Uuid;

use super::{Dossier, Named};
use crate::procedure::ProcedureCode;

/// Opens a draft of a citizen.
#[derive(Clone, Debug)]
pub struct CreateDossier {
    /// The id it will have.
    pub id: Uuid,
    /// The citizen.
    pub owner: String,
    /// Online by the citizen, or at the counter.
    pub channel: Channel,
    /// The procedure, known to the catalogue and online.
    pub procedure: ProcedureCode,
    /// Its version.
    pub version: u32,
    /// The agency.
    pub agency: String,
    /// Days that the draft is kept after its last change.
    pub draft_days: u16,
}

impl Command for CreateDossier {
    const NAME: &'static str = "CreateDossier";
    type Root = Dossier;
    type Answer = Named;

    fn stream(&self) -> Stream {
        Stream(self.id)
    }

    fn decide(
        &self,
        before: Option<&Dossier>,
        (): &(),
        at: &mut At<'_>,
    ) -> Result<Decided<Dossier, Named>, Refusal> {
        match before {
            Some(other) if other.owner == self.owner => return Err(exists()),
            Some(_) => return Err(Refusal::denied()),
            None => {}
        }
        let draft = Dossier {
            id: self.id,
            owner: self.owner.clone(),
            procedure: self.procedure.clone(),
            version: self.version,
            agency: self.agency.clone(),
            channel: self.channel,
            handed_in: None,
            status: DossierStatus::Unspecified,
            code: None,
            created_at: at.now,
            draft_days: self.draft_days,
            expire_at: None,
            lapsed: false,
            submitted_at: None,
            return_way: ReturnWay::Unspecified,
            accepted_at: None,
            due_at: None,
            late_since: None,
            new_due_at: None,
            actions: Vec::new(),
            supplements: Vec::new(),
            withdrawal_asked_at: None,
            withdrawals: 0,
            entries: 0,
            revision: 1,
            new_entries: Vec::new(),
            saved_steps: BTreeMap::new(),
            pending_steps: BTreeMap::new(),
            turn: None,
            files: BTreeMap::new(),
            new_documents: Vec::new(),
        };
        Ok(Decided::quiet(draft.kept_from_now(at), Named { id: self.id }))
    }
}

fn exists() -> Refusal {
    Refusal::new(
        Kind::Exists,
        "DOSSIER_EXISTS",
        "Mã định danh này đã dùng cho một hồ sơ của bạn.",
        "This id is that of a dossier of yours already.",
    )
}
