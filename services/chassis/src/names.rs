//! Resource names: `collection/{id}`, nested as `collection/{id}/child/{id}` (AIP-122).

use uuid::Uuid;

use crate::refusal::Refusal;

/// The UUID in a name `collection/{uuid}`.
///
/// # Errors
/// Names the field and the shape it must have.
pub fn id(collection: &str, name: &str, field: &str) -> Result<Uuid, Refusal> {
    let parsed = name
        .strip_prefix(collection)
        .and_then(|rest| rest.strip_prefix('/'))
        .and_then(|id| Uuid::try_parse(id).ok())
        .filter(|id| !id.is_nil());
    parsed.ok_or_else(|| malformed(field, &format!("{collection}/{{uuid}}")))
}

/// A UUID by itself.
///
/// # Errors
/// Names the field.
pub fn uuid(text: &str, field: &str) -> Result<Uuid, Refusal> {
    let parsed = Uuid::try_parse(text).ok().filter(|id| !id.is_nil());
    parsed.ok_or_else(|| malformed(field, "{uuid}"))
}

/// The refusal of a name that has not the shape it must have.
pub fn malformed(field: &str, shape: &str) -> Refusal {
    Refusal::field(
        field,
        "NAME_MALFORMED",
        format!("Tên phải có dạng `{shape}`."),
        format!("The name must have the form `{shape}`."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_its_collection_and_a_uuid() {
        let uuid = Uuid::from_u128(7);
        assert_eq!(id("dossiers", &format!("dossiers/{uuid}"), "name"), Ok(uuid));
        for bad in ["", "dossiers", "dossiers/", "dossiers/x", &format!("cases/{uuid}")] {
            assert!(id("dossiers", bad, "name").is_err(), "{bad}");
        }
    }
}
