//! What a carrier tells in one callback: up to a hundred scans of any parcels.
//!
//! ```json
//! {"scans": [{"item_number": "RR000000014VN", "scan_id": "A1", "kind": "delivered",
//!             "time": "2026-11-25T03:00:00Z", "place_code": "700000"}]}
//! ```

use std::collections::BTreeMap;

use chassis::refusal::Violation;
use proto::motcua::mailing::v1::ScanKind;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
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
    #[error("the body must be a JSON object with the list scans")]
    Shape,
    /// It holds none or too many.
    #[error("scans must hold 1 to {MOST} of them")]
    Count,
}

#[derive(Deserialize)]
struct Body {
    scans: Vec<Box<RawValue>>,
}

/// A scan as it came. It is read by itself, so that whatever it is keeps out no other.
struct Told(Value);

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
            match Told::read(&told).check(index) {
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
    /// What JSON does not hold (a number beyond all bounds, nesting without end) has no field.
    fn read(raw: &RawValue) -> Self {
        Self(serde_json::from_str(raw.get()).unwrap_or_default())
    }

    fn check(&self, index: usize) -> Result<(TrackingNumber, Scan), Vec<Violation>> {
        let number = self.text("item_number").and_then(|number| number.parse().ok());
        let id = self.text("scan_id").filter(|id| (1..=LONGEST_ID).contains(&id.len()));
        let id = id.filter(|id| visible(id));
        let kind = self.text("kind").and_then(kind);
        let at = self.text("time").and_then(|time| time.parse().ok()).map(microseconds);
        let place =
            if self.0.get("place_code").is_some() { self.text("place_code") } else { Some("") };
        let place = place.filter(|place| place.len() <= LONGEST_PLACE && visible(place));
        if let (Some(number), Some(id), Some(kind), Some(at), Some(place)) =
            (number, id, kind, at, place)
        {
            return Ok((number, Scan { id: id.into(), kind, at, place: place.into() }));
        }
        let forms = [
            (number.is_some(), "item_number", "UPU S10: RR000000014VN"),
            (id.is_some(), "scan_id", "1–64 ASCII"),
            (
                kind.is_some(),
                "kind",
                "accepted, in_transit, out_for_delivery, attempted, delivered, returned",
            ),
            (at.is_some(), "time", "RFC 3339: 2026-11-25T03:00:00Z"),
            (place.is_some(), "place_code", "0–20 ASCII"),
        ];
        let wrong = forms.into_iter().filter(|(sound, ..)| !sound);
        Err(wrong.map(|(_, field, form)| malformed(index, field, form)).collect())
    }

    fn text(&self, field: &str) -> Option<&str> {
        self.0.get(field)?.as_str()
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

    fn faults(field: &str, value: impl Into<Value>) -> Vec<String> {
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
            ("time", "yesterday"),
            ("time", "2026-11-25"),
        ] {
            assert_eq!(faults(field, value), [format!("scans[1].{field}")], "{value}");
        }
        for field in ["item_number", "scan_id", "kind", "time", "place_code"] {
            assert_eq!(faults(field, Value::Null), [format!("scans[1].{field}")]);
            assert_eq!(faults(field, 7), [format!("scans[1].{field}")]);
        }
    }

    #[test]
    fn what_is_no_scan_keeps_out_no_other() {
        let deep = format!("{}{}", "[".repeat(500), "]".repeat(500));
        for wrong in ["{}", "7", r#"{"weight": 1e999}"#, &deep] {
            let body = format!(r#"{{"scans": [{wrong}, {}]}}"#, told());
            let Batch { parcels, faults } = Batch::parse(body.as_bytes()).expect("a batch");
            assert_eq!((parcels.len(), faults.len()), (1, 4));
        }
    }

    #[test]
    fn what_is_no_batch_is_refused() {
        let many = json!({"scans": vec![told(); 101]}).to_string();
        for (body, error) in [
            ("", BatchError::Shape),
            ("[]", BatchError::Shape),
            (r#"{"scans": {}}"#, BatchError::Shape),
            (r#"{"scans": []}"#, BatchError::Count),
            (&many, BatchError::Count),
        ] {
            assert_eq!(Batch::parse(body.as_bytes()).unwrap_err(), error);
        }
    }
}
