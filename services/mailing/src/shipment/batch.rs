//! What a carrier tells in one callback: up to a hundred scans of any parcels.
//!
//! ```json
//! {"scans": [{"item_number": "RR000000014VN", "scan_id": "A1", "kind": "delivered",
//!             "time": "2026-11-25T03:00:00Z", "place_code": "700000"}]}
//! ```

use std::collections::BTreeMap;

use chassis::refusal::Violation;
use jiff::Timestamp;
use proto::motcua::mailing::v1::ScanKind;
use serde::Deserialize;
use thiserror::Error;

use super::{Numbered, Scan, microseconds};
use crate::s10::TrackingNumber;

/// Scans of one call.
const MOST: usize = 100;

/// Characters of the longest id of a scan.
const LONGEST_ID: usize = 64;

/// Characters of the longest code of a place.
const LONGEST_PLACE: usize = 20;

/// A batch as it can be taken.
#[derive(Debug)]
pub struct Batch {
    /// The sound scans, by parcel.
    pub parcels: BTreeMap<TrackingNumber, Vec<Numbered>>,
    /// What is at fault with the others, field by field.
    pub faults: Vec<Violation>,
}

/// Why a body is no batch. Nothing of it is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BatchError {
    /// It is not the JSON object it must be.
    #[error(
        "the body must be a JSON object with scans, each with item_number, scan_id, kind, time and place_code"
    )]
    Shape,
    /// It holds none or too many.
    #[error("scans must hold 1 to {MOST} of them")]
    Count,
}

#[derive(Deserialize)]
struct Body {
    scans: Vec<Told>,
}

#[derive(Deserialize)]
struct Told {
    item_number: String,
    scan_id: String,
    kind: String,
    time: Timestamp,
    #[serde(default)]
    place_code: String,
}

impl Batch {
    /// Reads the body of a callback whose signature was believed. Fields it does not know are passed over: carriers add some.
    ///
    /// # Errors
    /// It is no batch at all.
    pub fn parse(body: &[u8]) -> Result<Self, BatchError> {
        let body: Body = serde_json::from_slice(body).map_err(|_| BatchError::Shape)?;
        if !(1..=MOST).contains(&body.scans.len()) {
            return Err(BatchError::Count);
        }
        let mut batch = Self { parcels: BTreeMap::new(), faults: Vec::new() };
        for (index, told) in body.scans.into_iter().enumerate() {
            match told.check(index) {
                Ok((number, scan)) => {
                    batch.parcels.entry(number).or_default().push(Numbered { index, scan });
                }
                Err(found) => batch.faults.extend(found),
            }
        }
        Ok(batch)
    }
}

impl Told {
    fn check(self, index: usize) -> Result<(TrackingNumber, Scan), Vec<Violation>> {
        let number = self.item_number.parse::<TrackingNumber>().ok();
        let kind = kind(&self.kind);
        let id = (1..=LONGEST_ID).contains(&self.scan_id.len()) && visible(&self.scan_id);
        let place = self.place_code.len() <= LONGEST_PLACE && visible(&self.place_code);
        match (number, kind) {
            (Some(number), Some(kind)) if id && place => {
                let (id, place) = (self.scan_id, self.place_code);
                Ok((number, Scan { id, kind, at: microseconds(self.time), place }))
            }
            _ => {
                let faults = [
                    (number.is_some(), "item_number", "UPU S10: RR000000014VN"),
                    (id, "scan_id", "1–64 ASCII"),
                    (
                        kind.is_some(),
                        "kind",
                        "accepted, in_transit, out_for_delivery, attempted, delivered, returned",
                    ),
                    (place, "place_code", "0–20 ASCII"),
                ];
                let wrong = faults.into_iter().filter(|(sound, ..)| !sound);
                Err(wrong.map(|(_, field, form)| malformed(index, field, form)).collect())
            }
        }
    }
}

fn visible(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn kind(text: &str) -> Option<ScanKind> {
    Some(match text {
        "accepted" => ScanKind::Accepted,
        "in_transit" => ScanKind::InTransit,
        "out_for_delivery" => ScanKind::OutForDelivery,
        "attempted" => ScanKind::Attempted,
        "delivered" => ScanKind::Delivered,
        "returned" => ScanKind::Returned,
        _ => return None,
    })
}

fn malformed(index: usize, field: &str, form: &str) -> Violation {
    Violation::new(
        format!("scans[{index}].{field}"),
        "MALFORMED",
        format!("Hãy gửi theo dạng {form}."),
        format!("Send it in the form {form}."),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn told() -> Value {
        json!({"item_number": "RR000000014VN", "scan_id": "A1", "kind": "delivered",
            "time": "2026-11-25T03:00:00.0000009Z", "place_code": "700000", "weight": 250})
    }

    fn faults(field: &str, value: &str) -> Vec<String> {
        let mut wrong = told();
        wrong[field] = value.into();
        let body = json!({"scans": [told(), wrong]}).to_string();
        let Batch { parcels, faults } = Batch::parse(body.as_bytes()).expect("a batch");
        assert_eq!(parcels.len(), 1);
        faults.into_iter().map(|fault| fault.field).collect()
    }

    #[test]
    fn a_scan_is_read_to_the_microsecond() {
        let body = json!({"scans": [told()]}).to_string();
        let Batch { parcels, faults } = Batch::parse(body.as_bytes()).unwrap();
        assert!(faults.is_empty());
        let scan = &parcels[&"RR000000014VN".parse().unwrap()][0].scan;
        assert_eq!(scan.kind, ScanKind::Delivered);
        assert_eq!(scan.at.to_string(), "2026-11-25T03:00:00Z");
    }

    #[test]
    fn a_field_at_fault_is_named_and_the_sound_scans_are_kept() {
        let (long_id, long_place) = ("x".repeat(65), "x".repeat(21));
        for (field, value) in [
            ("item_number", "RR000000015VN"),
            ("item_number", ""),
            ("scan_id", ""),
            ("scan_id", "a b"),
            ("scan_id", &long_id),
            ("kind", "lost"),
            ("place_code", &long_place),
            ("place_code", "Huế"),
        ] {
            assert_eq!(faults(field, value), [format!("scans[1].{field}")], "{value}");
        }
    }

    #[test]
    fn what_is_no_batch_is_refused() {
        let many = json!({"scans": vec![told(); 101]}).to_string();
        for (body, error) in [
            ("", BatchError::Shape),
            ("[]", BatchError::Shape),
            (r#"{"scans": [{}]}"#, BatchError::Shape),
            (r#"{"scans": []}"#, BatchError::Count),
            (&many, BatchError::Count),
        ] {
            assert_eq!(Batch::parse(body.as_bytes()).unwrap_err(), error);
        }
    }
}
