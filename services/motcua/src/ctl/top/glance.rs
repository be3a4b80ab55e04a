//! The mesh at a glance: of each service what it does a second, how long that takes, and what waits.

use chassis::clock::Clock;
use motcua::settings;
use prometheus_parse::{Labels, Sample};

use super::measured::{Measured, buckets, number};
use crate::ctl::mesh::table;

const CALLS: &str = "rpc_server_call_duration_seconds";
const COMMITS: &str = "motcua_write_duration_seconds";
const RESULTS: &str = "motcua_workflow_promised_results";

/// Codes of calls that fail by our fault.
const FAILS: [&str; 4] = ["INTERNAL", "UNKNOWN", "UNAVAILABLE", "DATA_LOSS"];

/// Between two looks at every process.
pub struct Glance<'a> {
    /// Those that answered both times.
    pairs: Vec<(&'a Measured, &'a Measured)>,
    silent: Vec<&'a str>,
}

impl<'a> Glance<'a> {
    /// Between these looks. A process that is new since has no rates yet.
    pub fn between(before: &'a [Measured], after: &'a [Measured]) -> Self {
        let answered = |one: &&Measured| one.samples.is_some();
        let earlier = |now: &Measured| {
            before.iter().filter(answered).find(|then| then.address == now.address)
        };
        let pairs = after.iter().filter(answered).map(|now| (earlier(now).unwrap_or(now), now));
        let silent = after.iter().filter(|one| one.samples.is_none());
        Self { pairs: pairs.collect(), silent: silent.map(|one| &*one.address).collect() }
    }

    /// In words.
    pub fn told(&self) -> String {
        let headings = [
            "SERVICE", "PROCS", "CALLS/S", "FAIL/S", "P50 MS", "P99 MS", "WRITES/S", "LAG S",
            "PARKED", "JOBS", "GIVEN UP", "OVERDUE",
        ];
        let services = settings::SERVICES.iter().map(|of| of.service);
        let rows: Vec<_> = services.map(|service| self.row(service)).collect();
        let (answer, all) = (self.pairs.len(), self.pairs.len() + self.silent.len());
        let now = Clock::system().now().strftime("%FT%TZ");
        let mut told = format!("{now}   {answer} of {all} processes answer\n\n");
        told.push_str(&table(headings, &rows, ""));
        told.push_str(&self.results().map(|results| format!("\n\n{results}")).unwrap_or_default());
        let troubles = self.troubles();
        if !troubles.is_empty() {
            told.push_str(&format!("\n\nLook into\n{}", troubles.join("\n")));
        }
        told
    }

    fn row(&self, service: &str) -> [String; 12] {
        let calls = self.histogram(CALLS, service, |_| true);
        let fails = |labels: &Labels| {
            labels.get("rpc_response_status_code").is_some_and(|code| FAILS.contains(&code))
        };
        let commits =
            |labels: &Labels| labels.get("outcome").is_some_and(|outcome| outcome == "committed");
        [
            service.into(),
            self.processes(service).to_string(),
            rate(calls.a_second()),
            rate(self.histogram(CALLS, service, fails).a_second()),
            milliseconds(calls.quantile(0.5)),
            milliseconds(calls.quantile(0.99)),
            rate(self.histogram(COMMITS, service, commits).a_second()),
            whole(self.behind(service)),
            whole(self.most("motcua_parked_streams", service, |_| true)),
            whole(self.most("motcua_jobs", service, |labels| is(labels, "waiting"))),
            whole(self.given_up(service)),
            whole(self.overdue(service)),
        ]
    }

    /// How the dates that were promised are kept; none where nobody tells.
    fn results(&self) -> Option<String> {
        let due = |when: &str| self.in_all(RESULTS, |labels| labels.get("due") == Some(when));
        let told = self.pairs.iter().any(|(_, now)| now.named(RESULTS).next().is_some());
        told.then(|| {
            let (late, soon, later) = (due("late"), due("soon"), due("later"));
            format!("Promised results: {late} late, {soon} due within a working day, {later} later")
        })
    }

    /// What a person should look at, and with which command.
    fn troubles(&self) -> Vec<String> {
        let mut told: Vec<_> =
            self.silent.iter().map(|address| format!("  {address} does not answer")).collect();
        for service in settings::SERVICES.iter().map(|of| of.service) {
            let parked = self.most("motcua_parked_streams", service, |_| true);
            let stopped = self.most("motcua_reader_stopped", service, |_| true);
            for (count, what, command) in [
                (parked, "dossiers stand still", "dead-letters list"),
                (stopped, "readers wait for a decision", "readers"),
                (self.given_up(service), "jobs and timers were given up", "jobs"),
                (self.overdue(service), "timers are overdue", "jobs"),
            ] {
                if count > 0.0 {
                    told.push(format!("  {service}: {count} {what}: motcua ctl {command}"));
                }
            }
        }
        told
    }

    /// Processes that serve it.
    fn processes(&self, service: &str) -> usize {
        let serves = |(_, now): &&(&Measured, &Measured)| {
            now.of("db_client_connection_count", service).next().is_some()
        };
        self.pairs.iter().filter(serves).count()
    }

    fn behind(&self, service: &str) -> f64 {
        let each = |now: &Measured| {
            now.of("motcua_reader_lag_seconds", service).map(number).fold(0.0, f64::max)
        };
        self.pairs.iter().map(|(_, now)| each(now)).fold(0.0, f64::max)
    }

    fn given_up(&self, service: &str) -> f64 {
        ["motcua_jobs", "motcua_timers"]
            .iter()
            .map(|family| self.most(family, service, |labels| is(labels, "failed")))
            .sum()
    }

    fn overdue(&self, service: &str) -> f64 {
        self.most("motcua_timers", service, |labels| is(labels, "overdue"))
    }

    /// What a service counts in all.
    fn most(&self, family: &str, service: &str, wanted: impl Fn(&Labels) -> bool) -> f64 {
        self.in_all(family, |labels| labels.get("service") == Some(service) && wanted(labels))
    }

    /// What a process counts in all, the most that one says: replicas count the same database.
    fn in_all(&self, family: &str, wanted: impl Fn(&Labels) -> bool) -> f64 {
        let counted = |now: &Measured| -> f64 {
            now.named(family).filter(|sample| wanted(&sample.labels)).map(number).sum()
        };
        self.pairs.iter().map(|(_, now)| counted(now)).fold(0.0, f64::max)
    }

    /// What was observed between the looks, in all processes together.
    fn histogram(&self, family: &str, service: &str, wanted: impl Fn(&Labels) -> bool) -> Observed {
        let mut observed = Observed::default();
        for (then, now) in &self.pairs {
            observed.seconds = observed.seconds.max((now.at - then.at).as_secs_f64());
            for sample in now.of(family, service).filter(|sample| wanted(&sample.labels)) {
                let earlier = then.of(family, service).find(|it| it.labels == sample.labels);
                observed.add(sample, earlier);
            }
        }
        observed
    }
}

/// Observations of a histogram in a span of time.
#[derive(Default)]
struct Observed {
    seconds: f64,
    /// Up to each bound, in seconds, in the order of the bounds.
    buckets: Vec<(f64, f64)>,
}

impl Observed {
    /// Adds what came between; a process that began anew counts from nought.
    fn add(&mut self, now: &Sample, then: Option<&Sample>) {
        let then = then.map(buckets).unwrap_or_default();
        for (place, (bound, count)) in buckets(now).into_iter().enumerate() {
            let earlier = then.get(place).map_or(0.0, |(_, count)| *count);
            let more = if earlier > count { count } else { count - earlier };
            match self.buckets.get_mut(place) {
                Some((_, sum)) => *sum += more,
                None => self.buckets.push((bound, more)),
            }
        }
    }

    fn all(&self) -> f64 {
        self.buckets.last().map_or(0.0, |(_, count)| *count)
    }

    fn a_second(&self) -> f64 {
        if self.seconds > 0.0 { self.all() / self.seconds } else { 0.0 }
    }

    /// As Prometheus estimates it: evenly spread within a bucket, the last bound where it lies beyond; none where nothing was observed.
    fn quantile(&self, quantile: f64) -> Option<f64> {
        let rank = quantile * self.all();
        let (mut below, mut bound_below) = (0.0, 0.0);
        for (bound, count) in &self.buckets {
            if self.all() > 0.0 && *count >= rank {
                let within = *count - below;
                let part = if within > 0.0 { (rank - below) / within } else { 1.0 };
                let beyond = !bound.is_finite();
                return Some(if beyond {
                    bound_below
                } else {
                    bound_below + part * (bound - bound_below)
                });
            }
            (below, bound_below) = (*count, *bound);
        }
        None
    }
}

fn is(labels: &Labels, state: &str) -> bool {
    labels.get("state") == Some(state)
}

fn rate(number: f64) -> String {
    format!("{number:.1}")
}

fn whole(number: f64) -> String {
    format!("{number:.0}")
}

fn milliseconds(seconds: Option<f64>) -> String {
    seconds.map_or_else(|| "-".into(), |seconds| format!("{:.1}", seconds * 1000.0))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use prometheus_parse::Scrape;
    use tokio::time::Instant;

    use super::*;

    fn measured(address: &str, at: Instant, page: &str) -> Measured {
        let scrape = Scrape::parse(page.lines().map(|line| Ok(line.to_owned()))).expect("measures");
        Measured { address: address.into(), at, samples: Some(scrape.samples) }
    }

    fn page(quick: u32, slow: u32, fails: u32, parked: u32) -> String {
        let calls = |code: &str, quick: u32, slow: u32| {
            let of = format!(r#"rpc_response_status_code="{code}",service="dossier""#);
            format!(
                "{CALLS}_bucket{{{of},le=\"0.01\"}} {quick}\n{CALLS}_bucket{{{of},le=\"0.1\"}} {slow}\n\
                 {CALLS}_bucket{{{of},le=\"+Inf\"}} {slow}\n"
            )
        };
        format!(
            "# TYPE {CALLS} histogram\n{}{}# TYPE motcua_parked_streams gauge\n\
             motcua_parked_streams{{service=\"dossier\"}} {parked}\n\
             # TYPE db_client_connection_count gauge\n\
             db_client_connection_count{{db_client_connection_state=\"idle\",service=\"dossier\"}} 1\n",
            calls("OK", quick, slow),
            calls("INTERNAL", 0, fails),
        )
    }

    #[test]
    fn rates_are_summed_over_processes_and_what_waits_is_counted_once() {
        let then = Instant::now();
        let now = then + Duration::from_secs(2);
        let before =
            [measured("a", then, &page(10, 10, 0, 0)), measured("b", then, &page(500, 500, 0, 0))];
        // The second began anew.
        let after =
            [measured("a", now, &page(19, 20, 2, 3)), measured("b", now, &page(8, 8, 0, 3))];
        let glance = Glance::between(&before, &after);
        let row = glance.row("dossier");
        let words: Vec<_> = row.iter().map(String::as_str).collect();
        assert_eq!(words[..4], ["dossier", "2", "10.0", "1.0"]);
        assert_eq!(words[8], "3");
        assert_eq!(glance.troubles().len(), 1, "{:?}", glance.troubles());
        assert_eq!(glance.results(), None);
    }

    #[test]
    fn promised_results_are_told_as_one_database_counts_them() {
        let page = r#"
            # TYPE motcua_workflow_promised_results gauge
            motcua_workflow_promised_results{due="late"} 2
            motcua_workflow_promised_results{due="later"} 90
            motcua_workflow_promised_results{due="soon"} 7
        "#;
        let page: String = page.lines().map(|line| format!("{}\n", line.trim())).collect();
        let now = Instant::now();
        let after = [measured("a", now, &page), measured("b", now, &page)];
        let told = Glance::between(&[], &after).told();
        let line = "Promised results: 2 late, 7 due within a working day, 90 later";
        assert!(told.lines().any(|found| found == line), "{told}");
    }

    #[test]
    fn a_quantile_lies_within_its_bucket() {
        let observed = Observed {
            seconds: 1.0,
            buckets: vec![(0.01, 50.0), (0.1, 100.0), (f64::INFINITY, 100.0)],
        };
        for (quantile, expected) in [(0.25, 0.005), (0.5, 0.01), (0.75, 0.055), (1.0, 0.1)] {
            let found = observed.quantile(quantile).expect("something was observed");
            assert!((found - expected).abs() < 1e-9, "{quantile}: {found}");
        }
        assert_eq!(Observed::default().quantile(0.5), None);
    }

    #[test]
    fn who_does_not_answer_is_told_of() {
        let silent = [Measured { address: "c:1".into(), at: Instant::now(), samples: None }];
        let told = Glance::between(&[], &silent).told();
        assert!(told.contains("0 of 1 processes answer"), "{told}");
        assert!(told.contains("c:1 does not answer"), "{told}");
        assert!(told.lines().all(|line| line.chars().count() <= 100), "a usual terminal: {told}");
    }
}
