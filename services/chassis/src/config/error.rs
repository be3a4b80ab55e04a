//! What can be wrong with settings, said so that the reader knows what to change where.

use std::io;
use std::path::PathBuf;

use super::nearest::nearest;
use super::source::variable;
use super::{Declaration, MAX_TEXT, Origin};

/// How much of a refused value or name an error repeats, in characters.
const MAX_SHOWN: usize = 80;

/// A mistake in the settings, or in the table of them.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A name that is in no table.
    #[error("{origin}: there is no setting {name}{}", meant(*nearest))]
    Unknown {
        /// Who named it.
        origin: Origin,
        /// The name as written, quoted and cut.
        name: String,
        /// The name that was probably meant.
        nearest: Option<&'static str>,
    },
    /// A value that its type does not accept.
    #[error("{origin}: {name} was given {given}; it takes {accepted}")]
    Refused {
        /// Who gave it.
        origin: Origin,
        /// The setting.
        name: &'static str,
        /// The value quoted and cut, or for a secret only that it is one.
        given: String,
        /// What would be accepted.
        accepted: &'static str,
    },
    /// A value longer than any setting needs.
    #[error("{origin}: the value of {name} is longer than {MAX_TEXT} bytes")]
    TooLong {
        /// Who gave it.
        origin: Origin,
        /// The setting.
        name: &'static str,
    },
    /// A setting the process cannot do without.
    #[error("{name} is not set ({meaning}): give it in the file, as {variable}, or by --set")]
    Missing {
        /// The setting.
        name: &'static str,
        /// What it decides.
        meaning: &'static str,
        /// The variable that would give it.
        variable: String,
    },
    /// A `--set` without an equals sign. It is not repeated, for it may be a secret.
    #[error("command line: --set takes name=value")]
    NoAssignment,
    /// The settings file cannot be read.
    #[error("file {}: cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The settings file is longer than any table needs.
    #[error("file {}: is larger than {limit} bytes", path.display())]
    FileTooLarge {
        /// The file.
        path: PathBuf,
        /// The bound, in bytes.
        limit: u64,
    },
    /// The settings file is not TOML.
    #[error("file {}, line {line}: is not TOML: {reason}", path.display())]
    Garbled {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// The parser's reason, without the line itself.
        reason: String,
    },
    /// A value in the file that no other source could write.
    #[error(
        "file {}: {name} must be a plain value or a list of them, no item with a comma",
        path.display()
    )]
    NoPlainValue {
        /// The file.
        path: PathBuf,
        /// The dotted name.
        name: String,
    },
    /// Two lines of the table that one variable would set: a mistake in the program.
    #[error("the settings {first} and {second} share one environment variable: rename one")]
    Clash {
        /// The earlier line.
        first: &'static str,
        /// The later line.
        second: &'static str,
    },
    /// A setting that is read but not in the table: a mistake in the program.
    #[error("the setting {name} is not in the table: add its declaration")]
    Undeclared {
        /// The setting.
        name: &'static str,
    },
}

impl SettingsError {
    pub(super) fn unknown(
        name: &str,
        origin: Origin,
        known: impl IntoIterator<Item = &'static str>,
    ) -> Self {
        Self::Unknown { origin, name: quoted(name), nearest: nearest(name, known) }
    }

    pub(super) fn refused(declaration: &Declaration, origin: &Origin, text: &str) -> Self {
        let given =
            if declaration.secret { "a secret it cannot use".to_owned() } else { quoted(text) };
        Self::Refused {
            origin: origin.clone(),
            name: declaration.name,
            given,
            accepted: declaration.accepted,
        }
    }

    pub(super) fn missing(declaration: &Declaration) -> Self {
        Self::Missing {
            name: declaration.name,
            meaning: declaration.meaning.trim_end_matches('.'),
            variable: variable(declaration.name),
        }
    }
}

fn meant(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |name| format!("; did you mean {name}?"))
}

/// In quotes, cut, and with control characters escaped, so that it cannot forge a log line.
fn quoted(text: &str) -> String {
    let shown: String = text.chars().take(MAX_SHOWN).collect();
    let more = if shown.len() < text.len() { "…" } else { "" };
    format!("{shown:?}{more}")
}
