//! The settings file: TOML whose tables are the parts of dotted names.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use secrecy::SecretString;
use toml::{Table, Value};
use zeroize::Zeroizing;

use super::SettingsError;

/// The largest file that is read, in bytes.
const MAX_FILE: u64 = 1024 * 1024;

/// Every value of the file under its dotted name, as text; a list joined by commas.
pub(super) fn read(path: &Path) -> Result<Vec<(String, SecretString)>, SettingsError> {
    let table = parse(path, &text_of(path)?)?;
    let mut found = Vec::new();
    flatten(path, "", table, &mut found)?;
    Ok(found)
}

fn text_of(path: &Path) -> Result<Zeroizing<String>, SettingsError> {
    let unreadable = |source| SettingsError::Unreadable { path: path.into(), source };
    let mut text = Zeroizing::new(String::new());
    let file = File::open(path).map_err(unreadable)?;
    let read = file.take(MAX_FILE + 1).read_to_string(&mut text).map_err(unreadable)?;
    if read as u64 > MAX_FILE {
        return Err(SettingsError::FileTooLarge { path: path.into(), limit: MAX_FILE });
    }
    Ok(text)
}

/// The parser's own error text quotes the line, which may hold a secret: only its reason is kept.
fn parse(path: &Path, text: &str) -> Result<Table, SettingsError> {
    text.parse().map_err(|error: toml::de::Error| {
        let start = error.span().map_or(0, |span| span.start);
        let line = 1 + text.bytes().take(start).filter(|byte| *byte == b'\n').count();
        SettingsError::Garbled { path: path.into(), line, reason: error.message().to_owned() }
    })
}

fn flatten(
    path: &Path,
    above: &str,
    table: Table,
    found: &mut Vec<(String, SecretString)>,
) -> Result<(), SettingsError> {
    for (key, value) in table {
        let name = if above.is_empty() { key } else { format!("{above}.{key}") };
        if let Value::Table(below) = value {
            flatten(path, &name, below, found)?;
            continue;
        }
        match text(&value) {
            Some(text) => found.push((name, text.into())),
            None => return Err(SettingsError::NoPlainValue { path: path.into(), name }),
        }
    }
    Ok(())
}

/// A value as the other sources would write it, or nothing if they could not.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(item).collect::<Option<_>>()?;
            Some(items.join(","))
        }
        other => scalar(other),
    }
}

fn item(value: &Value) -> Option<String> {
    scalar(value).filter(|text| !text.contains(','))
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Float(number) => Some(number.to_string()),
        Value::Boolean(truth) => Some(truth.to_string()),
        Value::Datetime(instant) => Some(instant.to_string()),
        Value::Array(_) | Value::Table(_) => None,
    }
}
