//! Facts as messages, and what follows from others' facts.

mod others;

use chassis::clock::timestamp;
use chassis::write::Outgoing;
use proto::motcua::dossier::v1::{
    DocumentAdded, DocumentKind, DossierStatusChanged, DossierSubmitted,
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
        Content::Result(_) => DocumentKind::Result,
    }
}

/// A document's resource name.
pub fn document_name(dossier: Uuid, id: Uuid) -> String {
    format!("dossiers/{dossier}/documents/{id}")
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
