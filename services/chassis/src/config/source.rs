//! Where a value may come from.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use secrecy::{ExposeSecret, SecretString};

const PREFIX: &str = "MOTCUA_";
const CONFIG_VARIABLE: &str = "MOTCUA_CONFIG";

/// The variable that gives the setting `name`: `MOTCUA_DATA_DIRECTORY` for `data.directory`.
pub fn variable(name: &str) -> String {
    format!("{PREFIX}{}", name.replace('.', "_").to_ascii_uppercase())
}

/// Everything that was said about settings when the process started.
///
/// All values are held as secrets: which of them are is known only by the table.
#[derive(Debug, Default)]
pub struct Sources {
    /// The file named by `--config`; `MOTCUA_CONFIG` names it otherwise.
    pub config: Option<PathBuf>,
    /// Variables beginning with `MOTCUA_`.
    pub environment: BTreeMap<String, SecretString>,
    /// What followed each `--set`: `name=value`, the last of a name wins.
    pub command_line: Vec<SecretString>,
}

impl Sources {
    /// The environment of this process, beside what its command line said by `--config`, `--set`.
    ///
    /// A byte that is no UTF-8 becomes U+FFFD, so that the parser of the setting can object to it.
    pub fn of_process(config: Option<PathBuf>, set: Vec<String>) -> Self {
        let environment = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
            .filter(|(name, _)| name.starts_with(PREFIX))
            .map(|(name, value)| (name, value.to_string_lossy().into_owned().into()))
            .collect();
        let command_line = set.into_iter().map(SecretString::from).collect();
        Self { config, environment, command_line }
    }

    /// The file to read, if one was named; an empty `MOTCUA_CONFIG` names none.
    pub(super) fn file(&self) -> Option<PathBuf> {
        let named_by_variable = || {
            let path = self.environment.get(CONFIG_VARIABLE)?.expose_secret();
            (!path.is_empty()).then(|| PathBuf::from(path))
        };
        self.config.clone().or_else(named_by_variable)
    }
}

/// Which source a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody said anything.
    Default,
    /// The settings file at this path.
    File(PathBuf),
    /// The variable of this name.
    Environment(String),
    /// A `--set`.
    CommandLine,
    /// A key that this installation made for itself.
    Installation,
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => formatter.write_str("default"),
            Self::File(path) => write!(formatter, "file {}", path.display()),
            Self::Environment(variable) => write!(formatter, "environment {variable}"),
            Self::CommandLine => formatter.write_str("command line"),
            Self::Installation => formatter.write_str("key of this installation"),
        }
    }
}
