//! What the papers say is so: every reason for a refusal has its line, and every test that shows a promise is there.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use journeys::{Refusals, is_reason};

/// Words in capitals that the sources hold for other ends: variables of the environment, the names of gRPC's own codes, a file of PostgreSQL's.
const NO_REASONS: [&str; 16] = [
    "ALREADY_EXISTS",
    "CARGO_PKG_VERSION",
    "DATA_LOSS",
    "DEADLINE_EXCEEDED",
    "FAILED_PRECONDITION",
    "INVALID_ARGUMENT",
    "LC_ALL",
    "LC_MESSAGES",
    "LD_LIBRARY_PATH",
    "MOTCUA_CONFIG",
    "NOT_FOUND",
    "OUT_DIR",
    "PERMISSION_DENIED",
    "PG_VERSION",
    "RESOURCE_EXHAUSTED",
    "XDG_DATA_HOME",
];

#[test]
fn every_reason_is_documented_and_every_documented_reason_is_given() {
    let (given, page) = (reasons_given(), Refusals::read());
    let told: BTreeSet<_> = page.reasons().map(str::to_owned).collect();
    assert!(given.len() > 100, "the sources are read: {} reasons", given.len());
    let untold: Vec<_> = given
        .iter()
        .filter(|word| word.contains('_') && !told.contains(*word))
        .filter(|word| !NO_REASONS.contains(&word.as_str()))
        .collect();
    let unheard: Vec<_> = told.difference(&given).collect();
    assert!(untold.is_empty(), "docs/refusals.md lacks {untold:?}");
    assert!(
        unheard.is_empty(),
        "nothing is refused for {unheard:?}, which docs/refusals.md tells of"
    );
}

#[test]
fn every_test_that_shows_a_promise_is_there() {
    let page = std::fs::read_to_string(house().join("docs/promises.md")).expect("the page");
    let (shown, _) = page.split_once("## Not shown yet").expect("its end");
    let named: Vec<_> = shown.split('`').skip(1).step_by(2).filter(|word| is_test(word)).collect();
    assert!(named.len() > 30, "the page is read: {} tests", named.len());
    let mut sources = Vec::new();
    collect_all(&house().join("services"), &mut sources);
    collect_all(&house().join("tests"), &mut sources);
    let sources: String =
        sources.iter().filter_map(|it| std::fs::read_to_string(it).ok()).collect();
    let absent: Vec<_> =
        named.into_iter().filter(|name| !sources.contains(&format!("fn {name}("))).collect();
    assert!(absent.is_empty(), "there are no such tests: {absent:?}");
}

/// Names of tests are sentences.
fn is_test(word: &str) -> bool {
    word.matches('_').count() > 2 && !word.contains(' ')
}

fn house() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Literals in capitals of everything that runs.
fn reasons_given() -> BTreeSet<String> {
    let mut sources = Vec::new();
    collect(&house().join("services"), &mut sources);
    collect(&house().join("proto/src"), &mut sources);
    let mut words = BTreeSet::new();
    for source in sources {
        let text = std::fs::read_to_string(&source).expect("a source");
        let runs = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        words.extend(runs.split('"').filter(|literal| is_reason(literal)).map(str::to_owned));
    }
    words
}

/// Rust files below a folder, but for those that only tests read.
fn collect(folder: &Path, into: &mut Vec<PathBuf>) {
    let mut all = Vec::new();
    collect_all(folder, &mut all);
    let of_tests = |part: &Path| part.iter().any(|part| part == "tests" || part == "tests.rs");
    all.retain(|path| path.strip_prefix(folder).is_ok_and(|part| !of_tests(part)));
    into.extend(all);
}

/// Rust files below a folder.
fn collect_all(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect_all(&path, into);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            into.push(path);
        }
    }
}
