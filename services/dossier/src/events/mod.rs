//! Facts as messages, and what follows from others' facts.

mod decisions;
mod others;

use chassis::clock::timestamp;
use chassis::write::Outgoing;
use proto::motcua::dossier::v1::{
    DocumentAdded, DocumentKind, DossierStatusChanged, DossierSubmitted, DossierSupplemented,
    SupplementLapsed, WithdrawalRequested,
};
use proto::motcua::r#type::v1::DossierRef;
use uuid::Uuid;

use crate::document::Content;
use crate::dossier::{Dossier, Fact};

pub use others::reactions;

/// A fact as the message to publish.
pub fn message(fact: &Fact) -> Outgoing {
    match fact {
        Fact::Submitted { dossier, limit } => {
            let message = DossierSubmitted {
                dossier: Some(reference(dossier)),
                submit_time: dossier.submitted_at.map(timestamp),
                legal_limit: Some(*limit),
                return_way: dossier.return_way.into(),
            };
            Outgoing::of(&message, &name(dossier), &dossier.agency)
        }
        Fact::StatusChanged { dossier, before, at } => {
            let message = DossierStatusChanged {
                dossier: Some(reference(dossier)),
                before: (*before).into(),
                after: dossier.status.into(),
                change_time: Some(timestamp(*at)),
            };
            Outgoing::of(&message, &name(dossier), &dossier.agency)
        }
        Fact::Supplemented { dossier, number } => {
            let answered = dossier.supplements.last().and_then(|last| last.answered_at);
            let message = DossierSupplemented {
                dossier: Some(reference(dossier)),
                supplement: supplement_name(dossier.id, *number),
                number: i32::from(*number),
                answer_time: answered.map(timestamp),
                return_way: dossier.return_way.into(),
            };
            Outgoing::of(&message, &message.supplement, &dossier.agency)
        }
        Fact::SupplementLapsed { dossier, number, lapsed_at } => {
            let message = SupplementLapsed {
                dossier: Some(reference(dossier)),
                supplement: supplement_name(dossier.id, *number),
                number: i32::from(*number),
                lapse_time: Some(timestamp(*lapsed_at)),
            };
            Outgoing::of(&message, &message.supplement, &dossier.agency)
        }
        Fact::WithdrawalRequested { dossier, at } => {
            let message = WithdrawalRequested {
                dossier: Some(reference(dossier)),
                request_time: Some(timestamp(*at)),
            };
            Outgoing::of(&message, &name(dossier), &dossier.agency)
        }
        Fact::DocumentAdded { dossier, document } => {
            let message = DocumentAdded {
                dossier: Some(reference(dossier)),
                document: document_name(dossier.id, document.id),
                kind: kind(&document.content).into(),
                add_time: Some(timestamp(document.added_at)),
            };
            Outgoing::of(&message, &message.document, &dossier.agency)
        }
    }
}

/// What a document is, in the contract.
pub fn kind(content: &Content) -> DocumentKind {
    match content {
        Content::AcceptanceSlip(_) => DocumentKind::AcceptanceSlip,
        Content::RefusalSlip(_) => DocumentKind::RefusalSlip,
        Content::SupplementSlip(_) => DocumentKind::SupplementSlip,
        Content::StopSlip(_) => DocumentKind::StopSlip,
        Content::ApologySlip(_) => DocumentKind::ApologySlip,
        Content::WithdrawalDenial(_) => DocumentKind::WithdrawalDenial,
        Content::Result(_) => DocumentKind::Result,
    }
}

/// A document's resource name.
pub fn document_name(dossier: Uuid, id: Uuid) -> String {
    format!("dossiers/{dossier}/documents/{id}")
}

/// A supplement's resource name.
pub fn supplement_name(dossier: Uuid, number: u8) -> String {
    format!("dossiers/{dossier}/supplements/{number}")
}

/// A dossier's resource name.
pub fn name(dossier: &Dossier) -> String {
    format!("dossiers/{}", dossier.id)
}

/// The resource name of the procedure version a dossier is under.
pub fn procedure(dossier: &Dossier) -> String {
    format!("procedures/{}/versions/{}", dossier.procedure, dossier.version)
}

fn reference(dossier: &Dossier) -> DossierRef {
    DossierRef {
        name: name(dossier),
        code: dossier.code.as_ref().map(ToString::to_string).unwrap_or_default(),
        procedure: procedure(dossier),
        agency: dossier.agency.clone(),
        channel: dossier.channel.into(),
    }
}
