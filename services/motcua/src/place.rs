//! Where data and keys lie on this machine.

use std::path::PathBuf;

use chassis::config::{Settings, SettingsError};

use crate::settings::{DATA_DIRECTORY, KEYS_DIRECTORY};

/// The two folders of an installation.
#[derive(Clone, Debug)]
pub struct Place {
    /// Data: may be wiped to begin anew.
    pub data: PathBuf,
    /// Keys: without them sealed data do not open and tokens do not verify.
    pub keys: PathBuf,
}

impl Place {
    /// As the settings say, else where this user keeps such things.
    ///
    /// # Errors
    /// The settings lack their table.
    pub fn of(settings: &Settings) -> Result<Self, SettingsError> {
        let data = settings.get(&DATA_DIRECTORY)?.unwrap_or_else(usual);
        let keys = settings.get(&KEYS_DIRECTORY)?.unwrap_or_else(|| {
            let mut name = data.file_name().unwrap_or_default().to_owned();
            name.push("-keys");
            data.with_file_name(name)
        });
        Ok(Self { data, keys })
    }
}

fn usual() -> PathBuf {
    if rustix::process::geteuid().is_root() {
        return PathBuf::from("/var/lib/motcua");
    }
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".local/share"));
    let shared = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from).or_else(home);
    shared.unwrap_or_default().join("motcua")
}
