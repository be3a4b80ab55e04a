//! What the services count, read as an operator reads it, and quantiles.

use std::ops::Sub;
use std::time::Duration;

use chassis::telemetry::Metrics;

/// Counts of the services at one moment, or between two.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Counted {
    commands: f64,
    commits: f64,
    /// Facts of dossier that workflow took in: each opened a case.
    pub cases_opened: f64,
    /// Facts of workflow that dossier took in.
    pub facts_of_workflow: f64,
}

impl Counted {
    /// Now.
    pub fn now(metrics: &Metrics) -> Self {
        Self::read(&metrics.render())
    }

    fn read(text: &str) -> Self {
        let value = |series: &str| {
            let mut lines = text.lines();
            let found = lines.find_map(|line| line.strip_prefix(series)?.trim().parse().ok());
            found.unwrap_or_default()
        };
        let taken = |by: &str, of: &str| {
            value(&format!(
                r#"motcua_events_handled_total{{outcome="effective",service="{by}",source="{of}"}}"#
            ))
        };
        Self {
            commands: value(r#"motcua_write_batch_size_sum{service="dossier"}"#),
            commits: value(r#"motcua_write_batch_size_count{service="dossier"}"#),
            cases_opened: taken("workflow", "dossier"),
            facts_of_workflow: taken("dossier", "workflow"),
        }
    }

    /// Commands that shared one commit of dossier, on average.
    pub fn batch(self) -> f64 {
        self.commands / self.commits
    }
}

impl Sub for Counted {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        Self {
            commands: self.commands - earlier.commands,
            commits: self.commits - earlier.commits,
            cases_opened: self.cases_opened - earlier.cases_opened,
            facts_of_workflow: self.facts_of_workflow - earlier.facts_of_workflow,
        }
    }
}

/// The value that so many of a hundred of the sorted values do not exceed; nought if there are none.
pub fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

/// The middle value, or the mean of the two in the middle; nought if there are none.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let half = sorted.len() / 2;
    match sorted.len() {
        0 => 0.0,
        odd if odd % 2 == 1 => sorted[half],
        _ => f64::midpoint(sorted[half - 1], sorted[half]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read_by_name_and_labels() {
        let metrics = Metrics::new();
        metrics.batched("dossier", 30);
        metrics.batched("dossier", 10);
        metrics.batched("workflow", 7);
        metrics.event_handled("workflow", "dossier", "effective");
        let now = Counted::now(&metrics);
        assert_eq!(now.batch(), 20.0);
        assert_eq!((now.cases_opened, now.facts_of_workflow), (1.0, 0.0));
    }

    #[test]
    fn percentiles_and_medians() {
        let hundred: Vec<_> = (1..=100).map(Duration::from_millis).collect();
        assert_eq!(percentile(&hundred, 50), Duration::from_millis(50));
        assert_eq!(percentile(&hundred, 99), Duration::from_millis(99));
        assert_eq!(percentile(&[], 99), Duration::ZERO);
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0]), 2.5);
        assert_eq!(median(&[]), 0.0);
    }
}
