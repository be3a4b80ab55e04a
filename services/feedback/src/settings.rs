//! What an operator may choose about feedback.

use std::time::Duration;

use chassis::config::{Declaration, Setting, Settings};
use chassis::service::BoxError;
use jiff::SignedDuration;

use crate::rating::Terms;

const OPEN_FOR: Setting<Duration> = Setting::new(
    "feedback.rating.open_for",
    "30d",
    "How long the owner of a closed dossier may rate it, 1h to 365d; no rule of law says.",
);

/// The lines this service adds to the table of settings.
pub const TABLE: [Declaration; 1] = [OPEN_FOR.declaration()];

const SHORTEST: Duration = Duration::from_secs(3600);
const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);

/// The terms of a rating, as settings say.
///
/// # Errors
/// The setting cannot be read or is out of its bounds.
pub(crate) fn terms(settings: &Settings) -> Result<Terms, BoxError> {
    let open_for = settings.get(&OPEN_FOR)?;
    if !(SHORTEST..=LONGEST).contains(&open_for) {
        return Err("feedback.rating.open_for must be 1h to 365d".into());
    }
    Ok(Terms { open_for: SignedDuration::try_from(open_for)? })
}
