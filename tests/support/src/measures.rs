//! What alerts and dashboards ask for.

use std::collections::BTreeSet;

const ASKED: [&str; 3] = [
    include_str!("../../../deploy/observability/alerts.yaml"),
    include_str!("../../../deploy/observability/dashboards/mesh.json"),
    include_str!("../../../deploy/observability/dashboards/waiting.json"),
];

/// The measures of a service's own that alerts and dashboards ask for, by full name.
///
/// # Panics
/// They ask for none.
pub fn asked_of(service: &str) -> BTreeSet<&'static str> {
    let own = format!("motcua_{service}_");
    let words =
        ASKED.iter().flat_map(|asked| asked.split(|c: char| !c.is_alphanumeric() && c != '_'));
    let asked: BTreeSet<_> = words.filter(|word| word.starts_with(&own)).collect();
    assert!(!asked.is_empty(), "nothing is asked of {service}");
    asked
}
