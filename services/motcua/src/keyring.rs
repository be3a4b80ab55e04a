//! The keys of a mesh whose services are processes of their own: each holds its own and no other's.

use std::path::Path;

use chassis::access::{SigningKey, SpeaksFor, Trusted, write_trusted};
use chassis::keys::Keys;
use chassis::service::BoxError;

use crate::mesh::TOKENS;

/// The name of the key that a service signs its own tokens with.
pub const OWN: &str = "service";

/// The folder of public keys, beside the folders of the services.
pub const TRUSTED: &str = "trusted";

/// What each service needs beside its own key and that of its kept answers.
const TABLE: [(&str, &[&str]); 6] = [
    (
        "identity",
        &[TOKENS, "identity-details", "identity-index", "identity-codes", "identity-sessions"],
    ),
    ("dossier", &["dossier-answers", "dossier-files"]),
    ("workflow", &["draw", "draw-subjects", "workflow-grounds"]),
    ("mailing", &[]),
    ("payment", &[]),
    ("feedback", &["feedback-comments"]),
];

/// What every service needs.
const EVERY: [&str; 2] = [OWN, "fingerprints"];

/// Makes the keys that are missing: in `folder` one folder for each service, and `trusted` with every public key.
///
/// # Errors
/// A file cannot be read or written, or is no key.
pub fn make(folder: &Path) -> Result<(), BoxError> {
    for (service, own) in TABLE {
        let keys = Keys::in_folder(folder.join(service))?;
        for name in EVERY.iter().chain(own) {
            let key = SigningKey::from_bytes(&*keys.secret(name)?).verifying_key();
            let speaks_for = match *name {
                OWN => SpeaksFor::Service(service.into()),
                TOKENS => SpeaksFor::Everybody,
                _ => continue,
            };
            write_trusted(&folder.join(TRUSTED), &Trusted { key, speaks_for })?;
        }
    }
    Ok(())
}
