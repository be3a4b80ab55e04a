//! Recording what a carrier told of one parcel.

use chassis::refusal::{Refusal, Violation};
use chassis::write::{At, Command, Decided, Stream};
use jiff::{SignedDuration, Timestamp};
use proto::motcua::mailing::v1::{ScanKind, ShipmentState};
use uuid::Uuid;

use super::confirm::no_such_shipment;
use super::{Parcel, Scan, Shipment, post};
use crate::mail::{Fact, Mail};
use crate::message::Notice;

/// How far the carrier's clock may be from ours, either way.
const TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

/// A scan with its place in the batch it came in, which a fault is told by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbered {
    /// From 0.
    pub index: usize,
    /// What was told.
    pub scan: Scan,
}

/// Records scans of one parcel, all or, where one is at fault, none.
#[derive(Clone, Debug)]
pub struct RecordScans {
    /// The dossier whose result it is.
    pub dossier: Uuid,
    /// In the order of the batch.
    pub scans: Vec<Numbered>,
}

impl Command for RecordScans {
    const NAME: &'static str = "RecordScans";
    type Root = Mail;
    type Answer = ();

    fn stream(&self) -> Stream {
        Stream(self.dossier)
    }

    fn decide(
        &self,
        before: Option<&Mail>,
        (): &(),
        at: &mut At<'_>,
    ) -> Result<Decided<Mail, ()>, Refusal> {
        let mut after = before.cloned().unwrap_or_default();
        let mut facts = Vec::new();
        let mut faults = Vec::new();
        for Numbered { index, scan } in &self.scans {
            let shipment = after.shipment.as_ref().ok_or_else(no_such_shipment)?;
            match judge(shipment, scan, at.now) {
                Ok(Seen::Before | Seen::OneTooMany) => {}
                Ok(Seen::First) => facts.extend(take(&mut after, scan, at)),
                Err(fault) => faults.push(fault.of(*index)),
            }
        }
        if !faults.is_empty() {
            return Err(Refusal::fields(faults));
        }
        if let Some(notice) = after.shipment.as_ref().and_then(|parcel| news(parcel, &facts)) {
            after.tell(self.dossier, &format!("shipments/{}", self.dossier), notice, at);
        }
        Ok(Decided { after, facts, answer: () })
    }
}

/// What the owner is told of new scans, by what is known after them all: that nobody took the parcel, or where it waits once it is back.
/// A parcel at its end is tried no more, so an attempt that is heard of then is no news.
fn news(shipment: &Shipment, facts: &[Fact]) -> Option<Notice> {
    let Parcel { dossier, item_number } = &shipment.parcel;
    let code = dossier.code.clone();
    if facts.iter().any(|fact| matches!(fact, Fact::Returned(..))) {
        return Some(Notice::ShipmentReturned { code, agency: dossier.agency.clone() });
    }
    let attempted = |fact: &Fact| matches!(fact, Fact::Scanned(_, ScanKind::Attempted, _));
    let ended = matches!(shipment.state(), ShipmentState::Delivered | ShipmentState::Returned);
    let news = !ended && facts.iter().any(attempted);
    news.then(|| Notice::ShipmentAttempted { code, item_number: item_number.to_string() })
}

/// Whether a scan is known, and if not, whether it is kept.
enum Seen {
    Before,
    First,
    OneTooMany,
}

/// Why a scan is not taken.
enum Misfit {
    Taken,
    Time,
}

fn judge(shipment: &Shipment, scan: &Scan, now: Timestamp) -> Result<Seen, Misfit> {
    match shipment.scans.get(&scan.id) {
        Some(known) if known == scan => return Ok(Seen::Before),
        Some(_) => return Err(Misfit::Taken),
        None => {}
    }
    let (earliest, latest) = (shipment.opened_at - TOLERANCE, now + TOLERANCE);
    if !(earliest..=latest).contains(&scan.at) {
        return Err(Misfit::Time);
    }
    let kept = shipment.scans.have_room_for(scan.kind);
    Ok(if kept { Seen::First } else { Seen::OneTooMany })
}

/// What follows from a new scan. It proves that the carrier has the parcel, whether or not we heard that it took it.
fn take(mail: &mut Mail, scan: &Scan, at: &mut At<'_>) -> Vec<Fact> {
    let posted = post(mail, scan.at, at);
    let Some(shipment) = mail.shipment.as_mut() else { return Vec::new() };
    let first = shipment.scans.earliest(scan.kind).is_none();
    let delivered = shipment.scans.earliest(ScanKind::Delivered).is_some();
    let parcel = shipment.parcel.clone();
    let scanned = Fact::Scanned(parcel.clone(), scan.kind, scan.at);
    let end = match scan.kind {
        ScanKind::Delivered if first => Some(Fact::Delivered(parcel, scan.at)),
        ScanKind::Returned if first && !delivered => Some(Fact::Returned(parcel, scan.at)),
        _ => None,
    };
    shipment.scans.add(scan.clone());
    posted.into_iter().chain([scanned]).chain(end).collect()
}

impl Misfit {
    /// The fault of the scan at `index`.
    fn of(&self, index: usize) -> Violation {
        match self {
            Self::Taken => Violation::new(
                format!("scans[{index}].scan_id"),
                "SCAN_ID_TAKEN",
                "scan_id này đã dùng cho một lần quét khác; hãy gửi một scan_id mới.",
                "This scan_id is another scan's; send a new one.",
            ),
            Self::Time => Violation::new(
                format!("scans[{index}].time"),
                "SCAN_TIME_UNLIKELY",
                "time phải từ lúc mở bưu gửi đến hiện tại, sai lệch tối đa 5 phút; hãy kiểm tra đồng hồ.",
                "time must lie between the opening of the shipment and now, give or take 5 minutes; check both clocks.",
            ),
        }
    }
}

#[cfg(test)]
mod tests;
