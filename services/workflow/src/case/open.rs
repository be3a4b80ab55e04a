//! Opening a case for a submitted dossier.

use chassis::refusal::{Kind, Refusal};
use chassis::write::{At, Command, Decided, Stream};
use jiff::Timestamp;
use proto::motcua::r#type::v1::{Channel, DossierStatus, ReturnWay, Visitor};
use uuid::Uuid;

use super::{Beside, Case, Fact};
use crate::rules::Rules;
use crate::working_time::Limit;

/// Opens a case, as DossierSubmitted asks for it.
#[derive(Clone, Debug)]
pub struct OpenCase {
    /// The dossier's id.
    pub id: Uuid,
    /// Its code.
    pub code: String,
    /// Its procedure version.
    pub procedure: String,
    /// Its agency.
    pub agency: String,
    /// How it came in.
    pub channel: Channel,
    /// How long the agency may take by law.
    pub limit: Limit,
    /// How the citizen wants the result.
    pub return_way: ReturnWay,
    /// When it was submitted.
    pub submitted_at: Timestamp,
}

impl Command for OpenCase {
    const NAME: &'static str = "OpenCase";
    type Root = Case;
    type Answer = ();

    fn stream(&self) -> Stream {
        Stream(self.id)
    }

    fn decide(
        &self,
        before: Option<&Case>,
        rules: &Rules,
        at: &mut At<'_>,
    ) -> Result<Decided<Case, ()>, Refusal> {
        if before.is_some() {
            return Err(open_already());
        }
        let process = rules.process_for(&self.procedure);
        let mut case = Case {
            id: self.id,
            code: self.code.clone(),
            procedure: self.procedure.clone(),
            agency: self.agency.clone(),
            channel: self.channel,
            status: DossierStatus::NewlyRegistered,
            limit: self.limit,
            submitted_at: self.submitted_at,
            accepted_at: None,
            due_at: None,
            warned_at: None,
            late: None,
            return_way: self.return_way,
            issued_at: None,
            parcel: None,
            returned_to: Visitor::Unspecified,
            closed_at: None,
            process: process.id.clone(),
            process_version: process.version,
            revision: 1,
            tasks: Vec::new(),
            pauses: Vec::new(),
            obligation: None,
            draw: None,
            grounds: 0,
            new_grounds: Vec::new(),
            beside: Beside::default(),
        };
        let opened = Fact::Opened(Box::new(case.clone()), at.now);
        let begun = case.arrive(process.first(), rules, at)?;
        let facts = std::iter::once(opened).chain(begun).collect();
        Ok(Decided { after: case, facts, answer: () })
    }
}

fn open_already() -> Refusal {
    Refusal::new(
        Kind::Exists,
        "CASE_EXISTS",
        "Hồ sơ này đã được mở xử lý.",
        "The dossier has its case already.",
    )
}
