//! The parcel with the result of a dossier. Neither what is in it nor where it goes is kept.

mod batch;
mod confirm;
mod record;
mod scan;
mod send;

use chassis::write::At;
use jiff::Timestamp;
use proto::motcua::mailing::v1::{ScanKind, ShipmentState};
use proto::motcua::r#type::v1::Channel;
use uuid::Uuid;

use crate::mail::{Fact, Mail};
use crate::message::Notice;
use crate::s10::TrackingNumber;

pub use batch::Batch;
pub use confirm::ConfirmPosting;
pub use record::{Numbered, RecordScans};
pub use scan::{Scan, Scans};
pub use send::SendResult;

/// What a fact or a row says of a dossier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dossier {
    /// Its id, which is the stream.
    pub id: Uuid,
    /// Its code.
    pub code: String,
    /// `procedures/{code}/versions/{number}`.
    pub procedure: String,
    /// `agencies/{unit code}`.
    pub agency: String,
    /// How it came in.
    pub channel: Channel,
}

/// What never changes about a shipment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parcel {
    /// Whose result it is; the shipment has its id.
    pub dossier: Dossier,
    /// What it is followed by.
    pub item_number: TrackingNumber,
}

/// A parcel on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shipment {
    /// Which.
    pub parcel: Parcel,
    /// When it was opened, by our clock.
    pub opened_at: Timestamp,
    /// When the carrier took it, by its clock; none before.
    pub posted_at: Option<Timestamp>,
    /// What the carrier told since.
    pub scans: Scans,
}

impl Shipment {
    /// Where it stands: it follows from the scans alone, whatever order they came in.
    pub fn state(&self) -> ShipmentState {
        match self.scans.decisive() {
            Some(ScanKind::Delivered) => ShipmentState::Delivered,
            Some(ScanKind::Returned) => ShipmentState::Returned,
            Some(ScanKind::Attempted) => ShipmentState::Attempted,
            Some(ScanKind::OutForDelivery) => ShipmentState::OutForDelivery,
            Some(ScanKind::InTransit) => ShipmentState::InTransit,
            Some(ScanKind::Accepted | ScanKind::Unspecified) => ShipmentState::Posted,
            None if self.posted_at.is_some() => ShipmentState::Posted,
            None => ShipmentState::Opened,
        }
    }
}

/// Records that the carrier took a parcel, and tells the owner its number; nothing if that is known already.
fn post(mail: &mut Mail, posted_at: Timestamp, at: &mut At<'_>) -> Option<Fact> {
    let shipment = mail.shipment.as_mut().filter(|shipment| shipment.posted_at.is_none())?;
    shipment.posted_at = Some(posted_at);
    let parcel = shipment.parcel.clone();
    let dossier = parcel.dossier.id;
    let notice = Notice::ShipmentPosted {
        code: parcel.dossier.code.clone(),
        item_number: parcel.item_number.to_string(),
    };
    mail.tell(dossier, &format!("shipments/{dossier}"), notice, at);
    Some(Fact::Posted(parcel, posted_at))
}

/// An instant as the database keeps it, so that one read again equals the one written.
fn microseconds(at: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(at.as_microsecond()).unwrap_or(at)
}
