//! Names of what belongs to a dossier.

use chassis::names::malformed;
use chassis::refusal::Refusal;
use uuid::Uuid;

/// The two UUIDs in a name `dossiers/{uuid}/{collection}/{uuid}`.
///
/// # Errors
/// Names the field and the shape it must have.
pub fn child(collection: &str, name: &str, field: &str) -> Result<(Uuid, Uuid), Refusal> {
    parse(collection, name)
        .ok_or_else(|| malformed(field, &format!("dossiers/{{uuid}}/{collection}/{{uuid}}")))
}

fn parse(collection: &str, name: &str) -> Option<(Uuid, Uuid)> {
    let (dossier, rest) = name.strip_prefix("dossiers/")?.split_once('/')?;
    let id = rest.strip_prefix(collection)?.strip_prefix('/')?;
    let uuid = |text| Uuid::try_parse(text).ok().filter(|id| !id.is_nil());
    Some((uuid(dossier)?, uuid(id)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_is_named_below_its_dossier() {
        let (dossier, file) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let name = format!("dossiers/{dossier}/files/{file}");
        assert_eq!(child("files", &name, "name"), Ok((dossier, file)));
        for bad in ["", "dossiers/x/files/y", &format!("dossiers/{dossier}"), &format!("{name}/x")]
        {
            assert!(child("files", bad, "name").is_err(), "{bad}");
        }
        assert!(child("documents", &name, "name").is_err());
    }
}
