//! The papers of the journey: a procedure with a form, and invented answers for it.

use prost_reflect::{DescriptorPool, DynamicMessage};
use prost_types::Struct;
use serde_json::Value;
use uuid::Uuid;

/// First registration of a vehicle made in Vietnam, in its current version.
pub const PROCEDURE: &str = "procedures/1.012575/versions/-";

/// The steps of its form, in order.
pub const FORM: [&str; 5] = ["applicant", "vehicle", "origin", "return", "confirmation"];

/// Invented answers that pass every check, by step.
///
/// # Panics
/// The file is not JSON.
pub fn sample() -> Value {
    let text = include_str!("../../../services/dossier/data/forms/1.012575/v1/sample.json");
    serde_json::from_str(text).expect("the sample")
}

/// The vehicle that is filed with a dossier of the tests, a motorcycle: each has its own, for a vehicle draws once.
pub fn vehicle_of(dossier: &str) -> String {
    let random = dossier.rsplit('-').next().unwrap_or_default().to_ascii_uppercase();
    format!("RLSMA{random}")
}

/// JSON as a message takes it.
///
/// # Panics
/// It is no object.
pub fn structure(json: &Value) -> Struct {
    let pool = DescriptorPool::decode(proto::DESCRIPTORS).expect("descriptors");
    let kind = pool.get_message_by_name("google.protobuf.Struct").expect("Struct");
    let message = DynamicMessage::deserialize(kind, json).expect("an object");
    message.transcode_to().expect("a Struct")
}

/// The id of a new wish.
pub fn wish() -> String {
    Uuid::now_v7().to_string()
}
