//! What an operator may choose about dossiers.

use std::path::PathBuf;

use chassis::config::{ByteSize, Declaration, Setting};
use chassis::service::{BoxError, Process};

const DRAFT_DAYS: Setting<u16> = Setting::new(
    "dossier.draft.days",
    "30",
    "Days that a draft is kept after its last change, 1 to 365; then it and its answers are deleted. It holds for drafts opened from then on.",
);

const FILES_DIRECTORY: Setting<Option<PathBuf>> = Setting::new(
    "dossier.files.directory",
    "",
    "Where files of dossiers lie, encrypted with the key dossier-files; not set: files, in the folder for data.",
);

const LARGEST_FILE: Setting<ByteSize> = Setting::new(
    "dossier.files.largest",
    "10MiB",
    "The largest file that is taken; more than 60MiB, what a dossier may have, is of no use.",
);

/// The lines this service adds to the table of settings.
pub const TABLE: [Declaration; 3] =
    [DRAFT_DAYS.declaration(), FILES_DIRECTORY.declaration(), LARGEST_FILE.declaration()];

/// Where files lie.
///
/// # Errors
/// The setting is not in the table.
pub(crate) fn files_directory(process: &Process) -> Result<PathBuf, BoxError> {
    let chosen = process.settings.get(&FILES_DIRECTORY)?;
    Ok(chosen.unwrap_or_else(|| process.data.join("files")))
}

/// Bytes of the largest file.
///
/// # Errors
/// The setting is not in the table.
pub(crate) fn largest_file(process: &Process) -> Result<u64, BoxError> {
    Ok(process.settings.get(&LARGEST_FILE)?.0)
}

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
