//! Settings: what an operator may choose, in one table, from four sources.
//!
//! A setting is a constant, [`Setting<T>`], that knows its dotted name, its default, its meaning
//! and, by its type, what text it accepts and whether it is a secret. The constants of all rooms
//! together are the table; nothing outside it is read, so `motcua config` is never incomplete.
//!
//! Sources, the later wins: default, file (TOML), environment (`MOTCUA_DATA_DIRECTORY` for
//! `data.directory`), command line (`--set data.directory=/srv/motcua`). Every source speaks text
//! and every text goes through the one parser of its type, the default included. A value is checked
//! where it is given, even if a later source overrules it: a mistake is told, not hidden.
//!
//! A file or a command line with an unknown name is refused. An unknown variable is not: Kubernetes
//! injects variables of its own for a Service whose name begins with `motcua`.

mod describe;
mod error;
mod file;
mod nearest;
mod source;
mod value;

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use secrecy::{ExposeSecret, SecretString};

pub use describe::{Described, render};
pub use error::SettingsError;
pub use source::{Origin, Sources, variable};
pub use value::{ByteSize, Value};

/// The longest text a single setting may be given, in bytes.
pub const MAX_TEXT: usize = 16 * 1024;

/// One choice of the operator, read as a `T`.
///
/// ```
/// use chassis::config::{ByteSize, Setting};
///
/// const LARGEST_BODY: Setting<ByteSize> =
///     Setting::new("dossier.grpc.largest_body", "4MiB", "The largest request that is read.");
/// ```
pub struct Setting<T> {
    declaration: Declaration,
    value: PhantomData<fn() -> T>,
}

impl<T: Value> Setting<T> {
    /// Declares a setting: `name` in dotted lower case, `default` written as a user would write it,
    /// `meaning` in one sentence.
    pub const fn new(name: &'static str, default: &'static str, meaning: &'static str) -> Self {
        let declaration = Declaration {
            name,
            default,
            meaning,
            accepted: T::ACCEPTED,
            secret: T::SECRET,
            accepts: accepts::<T>,
        };
        Self { declaration, value: PhantomData }
    }

    /// The line of the table that stands for this setting.
    pub const fn declaration(&self) -> Declaration {
        self.declaration
    }
}

fn accepts<T: Value>(text: &str) -> bool {
    T::parse(text).is_some()
}

/// A setting without its type: one line of the table.
#[derive(Clone, Copy, Debug)]
pub struct Declaration {
    /// Dotted name, for example `dossier.grpc.listen`.
    pub name: &'static str,
    /// The value when no source gives one, as text.
    pub default: &'static str,
    /// What it decides, in one sentence.
    pub meaning: &'static str,
    /// What a value looks like, in words.
    pub accepted: &'static str,
    /// Whether the value must never be shown.
    pub secret: bool,
    accepts: fn(&str) -> bool,
}

/// All settings of the table, each with its value and where that came from.
///
/// Values are wiped from memory when dropped, and `Debug` shows what `motcua config` shows.
pub struct Settings {
    entries: BTreeMap<&'static str, Entry>,
}

#[derive(Clone)]
struct Entry {
    declaration: Declaration,
    text: SecretString,
    origin: Origin,
}

impl Settings {
    /// Reads all sources in order and checks every value.
    ///
    /// # Errors
    /// The first mistake found, naming the source, the setting and what would be accepted; or
    /// [`SettingsError::Clash`] when the table itself is ambiguous.
    pub fn load(table: &[Declaration], sources: &Sources) -> Result<Self, SettingsError> {
        let mut settings = Self::defaults(table)?;
        settings.take_file(sources)?;
        settings.take_environment(sources)?;
        settings.take_command_line(sources)?;
        Ok(settings)
    }

    /// The value of one setting.
    ///
    /// # Errors
    /// [`SettingsError::Undeclared`] when the setting is not in the table that was loaded.
    pub fn get<T: Value>(&self, setting: &Setting<T>) -> Result<T, SettingsError> {
        let name = setting.declaration.name;
        let entry = self.entries.get(name).ok_or(SettingsError::Undeclared { name })?;
        let text = entry.text.expose_secret();
        T::parse(text)
            .ok_or_else(|| SettingsError::refused(&setting.declaration, &entry.origin, text))
    }

    /// The value of a setting that has no sensible default and that the caller cannot do without.
    ///
    /// # Errors
    /// [`SettingsError::Missing`] when no source gave it, with its meaning and how to give it.
    pub fn require<T: Value>(&self, setting: &Setting<Option<T>>) -> Result<T, SettingsError> {
        self.get(setting)?.ok_or_else(|| SettingsError::missing(&setting.declaration))
    }

    /// The same settings, each of these with the value given here where no source gave one: secrets that an installation made for itself,
    /// which must not be defaults.
    ///
    /// # Errors
    /// A name is not in the table, or takes no such value.
    pub fn completed(&self, own: &[(&str, SecretString)]) -> Result<Self, SettingsError> {
        let mut settings = Self { entries: self.entries.clone() };
        for (name, text) in own {
            let open = |entry: &Entry| entry.text.expose_secret().is_empty();
            if settings.entries.get(name).is_none_or(open) {
                settings.give(name, text.expose_secret(), Origin::Installation)?;
            }
        }
        Ok(settings)
    }

    fn defaults(table: &[Declaration]) -> Result<Self, SettingsError> {
        let mut settings = Self { entries: BTreeMap::new() };
        let mut variables = BTreeMap::new();
        for declaration in table {
            if let Some(first) = variables.insert(variable(declaration.name), declaration.name) {
                return Err(SettingsError::Clash { first, second: declaration.name });
            }
            settings.put(declaration, declaration.default, Origin::Default)?;
        }
        Ok(settings)
    }

    fn take_file(&mut self, sources: &Sources) -> Result<(), SettingsError> {
        let Some(path) = sources.file() else { return Ok(()) };
        for (name, text) in file::read(&path)? {
            self.give(&name, text.expose_secret(), Origin::File(path.clone()))?;
        }
        Ok(())
    }

    fn take_environment(&mut self, sources: &Sources) -> Result<(), SettingsError> {
        let table: Vec<_> = self.entries.values().map(|entry| entry.declaration).collect();
        for declaration in table {
            let variable = variable(declaration.name);
            if let Some(text) = sources.environment.get(&variable) {
                self.put(&declaration, text.expose_secret(), Origin::Environment(variable))?;
            }
        }
        Ok(())
    }

    fn take_command_line(&mut self, sources: &Sources) -> Result<(), SettingsError> {
        for assignment in &sources.command_line {
            let (name, text) =
                assignment.expose_secret().split_once('=').ok_or(SettingsError::NoAssignment)?;
            self.give(name, text, Origin::CommandLine)?;
        }
        Ok(())
    }

    /// Takes a value for a name that someone typed.
    fn give(&mut self, name: &str, text: &str, origin: Origin) -> Result<(), SettingsError> {
        match self.entries.get(name) {
            Some(entry) => self.put(&entry.declaration.clone(), text, origin),
            None => Err(SettingsError::unknown(name, origin, self.entries.keys().copied())),
        }
    }

    fn put(
        &mut self,
        declaration: &Declaration,
        text: &str,
        origin: Origin,
    ) -> Result<(), SettingsError> {
        if text.len() > MAX_TEXT {
            return Err(SettingsError::TooLong { name: declaration.name, origin });
        }
        if !(declaration.accepts)(text) {
            return Err(SettingsError::refused(declaration, &origin, text));
        }
        let entry = Entry { declaration: *declaration, text: text.into(), origin };
        self.entries.insert(declaration.name, entry);
        Ok(())
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_map()
            .entries(self.describe().into_iter().map(|line| (line.name, line.value)))
            .finish()
    }
}

#[cfg(test)]
mod tests;
