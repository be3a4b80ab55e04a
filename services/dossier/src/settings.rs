//! What an operator may choose about dossiers.

use chassis::config::{Declaration, Setting};
use chassis::service::{BoxError, Process};

const DRAFT_DAYS: Setting<u16> = Setting::new(
    "dossier.draft.days",
    "30",
    "Days that a draft is kept after its last change, 1 to 365; then it and its answers are deleted. It holds for drafts opened from then on.",
);

/// The lines this service adds to the table of settings.
pub const TABLE: [Declaration; 1] = [DRAFT_DAYS.declaration()];

/// Days that a draft is kept after its last change.
///
/// # Errors
/// The setting is not in the table, or out of its bounds.
pub(crate) fn draft_days(process: &Process) -> Result<u16, BoxError> {
    match process.settings.get(&DRAFT_DAYS)? {
        days @ 1..=365 => Ok(days),
        days => Err(format!("dossier.draft.days is {days}: it takes 1 to 365").into()),
    }
}
