//! Which name someone may have meant.

/// The longest mistyped name worth comparing, in characters; also bounds the work.
const MAX_NAME: usize = 100;

/// The name fewest edits away, if it is near enough to be a likely slip: two edits, or a third of
/// what was written.
pub(super) fn nearest<'a>(
    written: &str,
    names: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let length = written.chars().count();
    if length > MAX_NAME {
        return None;
    }
    names
        .into_iter()
        .map(|name| (edits(written, name), name))
        .filter(|(edits, _)| *edits <= (length / 3).max(2))
        .min()
        .map(|(_, name)| name)
}

/// Levenshtein distance: the fewest characters to insert, drop or replace.
fn edits(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (done, letter) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = done + 1;
        for (column, wanted) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != *wanted);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_slip_finds_its_name_and_a_stranger_none() {
        let names = ["data.directory", "dossier.grpc.listen", "kafka.brokers"];
        let cases = [
            ("dossier.grcp.listen", Some("dossier.grpc.listen")),
            ("kafka.broker", Some("kafka.brokers")),
            ("data.dir", None),
            ("data", None),
            ("weather", None),
        ];
        for (written, meant) in cases {
            assert_eq!(nearest(written, names), meant, "{written}");
        }
        assert_eq!(nearest(&"x".repeat(MAX_NAME + 1), names), None);
    }

    proptest! {
        #[test]
        fn distance_is_a_metric(a in "[a-c.]{0,8}", b in "[a-c.]{0,8}", c in "[a-c.]{0,8}") {
            prop_assert_eq!(edits(&a, &b) == 0, a == b);
            prop_assert_eq!(edits(&a, &b), edits(&b, &a));
            prop_assert!(edits(&a, &c) <= edits(&a, &b) + edits(&b, &c));
        }
    }
}
