//! The server's last words: what it wrote since it was started, for the error that reports its end.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// As much of PostgreSQL's own words as an error text carries, in bytes.
const LONGEST: usize = 2048;

/// How far each file of a log directory had been written at some moment.
#[derive(Debug, Clone)]
pub(super) struct Mark {
    directory: PathBuf,
    lengths: HashMap<PathBuf, u64>,
}

impl Mark {
    pub fn now(directory: &Path) -> Self {
        let lengths = files(directory).collect();
        Self { directory: directory.to_owned(), lengths }
    }

    /// The end of what was written since: first what came before the log was open, then the log.
    pub fn last_words(&self, before_the_log: &Path) -> String {
        let mut words = read_from(before_the_log, 0);
        for (path, length) in files(&self.directory) {
            let known = self.lengths.get(&path).copied().unwrap_or(0);
            // Shorter than known: the file was begun anew by rotation.
            words += &read_from(&path, if length < known { 0 } else { known });
        }
        bounded(&words)
    }
}

/// The end of a text, cut at a character.
pub(super) fn bounded(text: &str) -> String {
    let text = text.trim();
    text[text.ceil_char_boundary(text.len().saturating_sub(LONGEST))..].to_owned()
}

/// Whether PostgreSQL met a full device: the system's own text, or a write cut short, which has
/// none.
///
/// The server's messages are kept in English.
pub(super) fn tells_full_disk(words: &str) -> bool {
    let cut_short = words.contains("could not extend file") && words.contains("wrote only");
    cut_short || words.contains("No space left on device")
}

fn files(directory: &Path) -> impl Iterator<Item = (PathBuf, u64)> + use<> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries.filter_map(|entry| {
        let metadata = entry.metadata().ok()?;
        metadata.is_file().then(|| (entry.path(), metadata.len()))
    })
}

fn read_from(path: &Path, from: u64) -> String {
    // Words that cannot be read must not hide the error they belong to.
    let bytes = try_read_from(path, from).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

fn try_read_from(path: &Path, from: u64) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let end = file.metadata()?.len();
    file.seek(SeekFrom::Start(from.max(end.saturating_sub(LONGEST as u64))))?;
    let mut bytes = Vec::new();
    file.take(LONGEST as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_words_keep_their_end() {
        let text = format!("{}ớ{}", "a".repeat(10), "b".repeat(LONGEST - 1));
        assert_eq!(bounded(&text), "b".repeat(LONGEST - 1));
        assert_eq!(bounded("  short \n"), "short");
    }

    #[test]
    fn a_full_disk_is_told_in_two_ways() {
        let cases = [
            ("FATAL:  could not write to file \"x\": No space left on device", true),
            (
                "FATAL:  could not extend file \"x\": wrote only 4096 of 8192 bytes at block 20",
                true,
            ),
            ("FATAL:  could not extend file \"x\": Input/output error", false),
            ("", false),
        ];
        for (words, full) in cases {
            assert_eq!(tells_full_disk(words), full, "{words}");
        }
    }
}
