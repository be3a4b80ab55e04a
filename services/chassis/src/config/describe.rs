//! The settings as `motcua config` prints them.

use secrecy::ExposeSecret;

use super::{Entry, Origin, Settings};

/// A column grows to its widest cell but no further than this, in characters: one long value must
/// not push the meaning of all others off the screen.
const MAX_WIDTH: usize = 40;

/// One setting as an operator sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    /// Dotted name.
    pub name: &'static str,
    /// The value on one line; `(set)` for a secret, `(not set)` for an empty value.
    pub value: String,
    /// Where the value came from.
    pub origin: Origin,
    /// What it decides.
    pub meaning: &'static str,
}

impl Settings {
    /// Every setting of the table, by name.
    pub fn describe(&self) -> Vec<Described> {
        self.entries.values().map(describe).collect()
    }
}

fn describe(entry: &Entry) -> Described {
    Described {
        name: entry.declaration.name,
        value: shown(entry),
        origin: entry.origin.clone(),
        meaning: entry.declaration.meaning,
    }
}

fn shown(entry: &Entry) -> String {
    match entry.text.expose_secret() {
        "" => "(not set)".to_owned(),
        _ if entry.declaration.secret => "(set)".to_owned(),
        text => text.replace(char::is_control, " "),
    }
}

/// Aligned columns of plain text under a heading: name, value, source, meaning.
pub fn render(settings: &[Described]) -> String {
    let heading = ["NAME", "VALUE", "SOURCE", "MEANING"].map(str::to_owned);
    let rows: Vec<_> = std::iter::once(heading).chain(settings.iter().map(row)).collect();
    let [name, value, source] = [0, 1, 2].map(|column| width(&rows, column));
    rows.iter().map(|[a, b, c, d]| format!("{a:name$}  {b:value$}  {c:source$}  {d}\n")).collect()
}

fn row(line: &Described) -> [String; 4] {
    let name = line.name.to_owned();
    [name, line.value.clone(), line.origin.to_string(), line.meaning.to_owned()]
}

fn width(rows: &[[String; 4]], column: usize) -> usize {
    let widest = rows.iter().map(|row| row[column].chars().count()).max();
    widest.unwrap_or_default().min(MAX_WIDTH)
}
