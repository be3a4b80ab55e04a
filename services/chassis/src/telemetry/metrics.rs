//! The numbers of a process, for Prometheus.
//!
//! A registry is a value that is handed on, not a global: two services in one process share one,
//! two tests do not. Labels come from the program and its contracts, never from a caller: the name
//! of a method from the descriptors, a reason from an enum. So the number of series is bounded.

use std::time::Duration;

use prometheus::{
    Encoder, HistogramOpts, HistogramVec, IntCounterVec, Opts, Registry, TextEncoder,
};
use tonic::Code;

use super::waiting::{Gauge, Waiting, gauge};

/// Upper bounds in seconds, from a commit on a fast disk to a caller's deadline.
const SECONDS: [f64; 13] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// Upper bounds in commands, up to the largest batch.
const COMMANDS: [f64; 10] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0];

/// Everything a process counts. A clone counts into the same numbers.
#[derive(Clone, Debug)]
pub struct Metrics {
    registry: Registry,
    rpc_duration: HistogramVec,
    connections_turned_away: IntCounterVec,
    batch_size: HistogramVec,
    write_wait: HistogramVec,
    write_duration: HistogramVec,
    write_retries: IntCounterVec,
    events_handled: IntCounterVec,
    pub(super) waiting: Waiting,
    job_attempts: IntCounterVec,
    timers_handled: IntCounterVec,
}

impl Metrics {
    /// A registry of its own, all numbers at nought.
    pub fn new() -> Self {
        Self::registered().expect("names and labels are constants, each valid and given once")
    }

    fn registered() -> prometheus::Result<Self> {
        let registry = Registry::new();
        Ok(Self {
            rpc_duration: histogram(
                &registry,
                ("rpc_server_call_duration_seconds", "Time to answer a call."),
                &["service", "rpc_method", "rpc_response_status_code"],
                &SECONDS,
            )?,
            connections_turned_away: counter(
                &registry,
                (
                    "motcua_connections_turned_away_total",
                    "Connections closed because as many were open as a server takes.",
                ),
                &["server"],
            )?,
            batch_size: histogram(
                &registry,
                ("motcua_write_batch_size", "Commands that shared one transaction."),
                &["service"],
                &COMMANDS,
            )?,
            write_wait: histogram(
                &registry,
                (
                    "motcua_write_wait_seconds",
                    "Time a command waited in its lane for a transaction to begin.",
                ),
                &["service"],
                &SECONDS,
            )?,
            write_duration: histogram(
                &registry,
                ("motcua_write_duration_seconds", "Time of a write from begin to commit."),
                &["service", "transaction", "outcome"],
                &SECONDS,
            )?,
            write_retries: counter(
                &registry,
                ("motcua_write_retries_total", "Writes that ran again."),
                &["service", "reason"],
            )?,
            events_handled: counter(
                &registry,
                ("motcua_events_handled_total", "Events that were taken in."),
                &["service", "source", "outcome"],
            )?,
            job_attempts: counter(
                &registry,
                ("motcua_job_attempts_total", "Attempts at work on the world outside."),
                &["service", "kind", "outcome"],
            )?,
            timers_handled: counter(
                &registry,
                ("motcua_timers_handled_total", "Timers that were due and taken."),
                &["service", "kind", "outcome"],
            )?,
            waiting: Waiting::registered(&registry)?,
            registry,
        })
    }

    /// A call was answered. `method` is a name of the contract with its gRPC service; a path that names none is counted under one fixed
    /// word. Name and labels are those of OpenTelemetry's conventions for RPC (`rpc.server.call.duration`), as Prometheus spells them.
    pub fn rpc_answered(&self, service: &str, method: &str, code: Code, took: Duration) {
        let labels = [service, method, code_name(code)];
        self.rpc_duration.with_label_values(&labels).observe(took.as_secs_f64());
    }

    /// A connection was closed because `server` had as many as it takes.
    pub fn connection_turned_away(&self, server: &str) {
        self.connections_turned_away.with_label_values(&[server]).inc();
    }

    /// A transaction ended, well or not. `transaction` is its name, `outcome` a word such as
    /// `committed`, `refused` or `failed`.
    pub fn written(&self, service: &str, transaction: &str, outcome: &str, took: Duration) {
        let labels = [service, transaction, outcome];
        self.write_duration.with_label_values(&labels).observe(took.as_secs_f64());
    }

    /// A command waited so long before its transaction began.
    pub fn waited(&self, service: &str, wait: Duration) {
        self.write_wait.with_label_values(&[service]).observe(wait.as_secs_f64());
    }

    /// So many commands shared one transaction.
    pub fn batched(&self, service: &str, commands: u32) {
        self.batch_size.with_label_values(&[service]).observe(f64::from(commands));
    }

    /// A write ran again, because of a `deadlock`, a `lock_timeout`, a `split`.
    pub fn retried(&self, service: &str, reason: &str) {
        self.write_retries.with_label_values(&[service, reason]).inc();
    }

    /// An event of `source` was taken in by `service`: `applied`, `ignored`, `repeated`, `parked`.
    pub fn event_handled(&self, service: &str, source: &str, outcome: &str) {
        self.events_handled.with_label_values(&[service, source, outcome]).inc();
    }

    /// An attempt at a job ended: `finished`, `deferred` by the work itself, `put_off`, `lost` to another worker, or `failed` for good.
    pub fn job_attempted(&self, service: &str, job: &str, outcome: &str) {
        self.job_attempts.with_label_values(&[service, job, outcome]).inc();
    }

    /// A timer was taken when due: `effective`, `ignored` by the rules, or `failed` by itself and put aside.
    pub fn timer_handled(&self, service: &str, timer: &str, outcome: &str) {
        self.timers_handled.with_label_values(&[service, timer, outcome]).inc();
    }

    /// A number that a service measures of its own, for what no other has: what it is, by these labels. Its name begins with the service's,
    /// `motcua_payment_…`.
    ///
    /// # Errors
    /// Name or labels are none of Prometheus's, or the name is taken in this process.
    pub fn gauge(&self, described: Described, labels: &[&str]) -> prometheus::Result<Gauge> {
        Ok(Gauge(gauge(&self.registry, described, labels)?))
    }

    /// All numbers in Prometheus's text format, version 0.0.4.
    pub fn render(&self) -> String {
        let mut text = Vec::new();
        TextEncoder::new()
            .encode(&self.registry.gather(), &mut text)
            .expect("every family gathered has a name and a metric, and a Vec takes every write");
        String::from_utf8_lossy(&text).into_owned()
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

/// The name and the help of a family.
pub type Described = (&'static str, &'static str);

fn histogram(
    registry: &Registry,
    (name, help): Described,
    labels: &[&str],
    buckets: &[f64],
) -> prometheus::Result<HistogramVec> {
    let options = HistogramOpts::new(name, help).buckets(buckets.to_vec());
    let histogram = HistogramVec::new(options, labels)?;
    registry.register(Box::new(histogram.clone()))?;
    Ok(histogram)
}

fn counter(
    registry: &Registry,
    (name, help): Described,
    labels: &[&str],
) -> prometheus::Result<IntCounterVec> {
    let counter = IntCounterVec::new(Opts::new(name, help), labels)?;
    registry.register(Box::new(counter.clone()))?;
    Ok(counter)
}

/// The code as the contract writes it (`google.rpc.Code`).
fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each number counted once.
    fn all_counted() -> Metrics {
        let metrics = Metrics::new();
        let method = "motcua.dossier.v1.DossierService/SubmitDossier";
        metrics.rpc_answered("dossier", method, Code::NotFound, Duration::from_millis(3));
        metrics.waited("dossier", Duration::from_millis(4));
        metrics.pooled("dossier", 3, 1);
        metrics.connection_turned_away("dossier");
        metrics.batched("dossier", 7);
        metrics.written("dossier", "submit", "committed", Duration::from_millis(30));
        metrics.retried("dossier", "deadlock");
        metrics.event_handled("dossier", "payment", "applied");
        metrics.reader_lags("dossier", "payment", 12, 34);
        metrics.reader_stopped("dossier", "payment", true);
        metrics.dead_letters_lie("dossier", 5);
        metrics.jobs_wait("mailing", "send_notice", 3, 1);
        metrics.timers_wait("dossier", "lapse_draft", 4, 1);
        metrics.timer_handled("dossier", "lapse_draft", "effective");
        metrics.streams_parked("dossier", 2);
        metrics.job_attempted("mailing", "send_notice", "put_off");
        metrics
    }

    #[test]
    fn every_number_is_rendered_with_its_labels() {
        let text = all_counted().render();
        let lines = [
            r#"rpc_server_call_duration_seconds_count{rpc_method="motcua.dossier.v1.DossierService/SubmitDossier",rpc_response_status_code="NOT_FOUND",service="dossier"} 1"#,
            r#"motcua_write_wait_seconds_bucket{service="dossier",le="0.005"} 1"#,
            r#"db_client_connection_count{db_client_connection_state="used",service="dossier"} 3"#,
            r#"db_client_connection_count{db_client_connection_state="idle",service="dossier"} 1"#,
            r#"motcua_connections_turned_away_total{server="dossier"} 1"#,
            r#"motcua_write_batch_size_bucket{service="dossier",le="8"} 1"#,
            r#"motcua_write_batch_size_sum{service="dossier"} 7"#,
            r#"motcua_write_duration_seconds_bucket{outcome="committed",service="dossier",transaction="submit",le="0.025"} 0"#,
            r#"motcua_write_retries_total{reason="deadlock",service="dossier"} 1"#,
            r#"motcua_events_handled_total{outcome="applied",service="dossier",source="payment"} 1"#,
            r#"motcua_reader_lag_events{service="dossier",source="payment"} 12"#,
            r#"motcua_reader_lag_seconds{service="dossier",source="payment"} 34"#,
            r#"motcua_reader_stopped{service="dossier",source="payment"} 1"#,
            r#"motcua_dead_letters{service="dossier"} 5"#,
            r#"motcua_jobs{kind="send_notice",service="mailing",state="waiting"} 3"#,
            r#"motcua_jobs{kind="send_notice",service="mailing",state="failed"} 1"#,
            r#"motcua_timers{kind="lapse_draft",service="dossier",state="overdue"} 4"#,
            r#"motcua_timers{kind="lapse_draft",service="dossier",state="failed"} 1"#,
            r#"motcua_timers_handled_total{kind="lapse_draft",outcome="effective",service="dossier"} 1"#,
            r#"motcua_parked_streams{service="dossier"} 2"#,
            r#"motcua_job_attempts_total{kind="send_notice",outcome="put_off",service="mailing"} 1"#,
        ];
        for line in lines {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    }

    /// What alerts and dashboards ask for.
    const ASKED: [&str; 3] = [
        include_str!("../../../../deploy/observability/alerts.yaml"),
        include_str!("../../../../deploy/observability/dashboards/mesh.json"),
        include_str!("../../../../deploy/observability/dashboards/waiting.json"),
    ];

    /// What services measure of their own, and hold to this themselves.
    const OWN: [&str; 2] = ["motcua_payment_", "motcua_workflow_"];

    #[test]
    fn alerts_and_dashboards_ask_for_what_is_measured() {
        let text = all_counted().render();
        let words =
            ASKED.iter().flat_map(|text| text.split(|c: char| !c.is_alphanumeric() && c != '_'));
        let families = ["motcua_", "rpc_server_", "db_client_connection_count"];
        let ours = |word: &&str| {
            families.iter().any(|family| word.starts_with(family))
                && !OWN.iter().any(|own| word.starts_with(own))
        };
        let asked = words.filter(ours);
        for name in asked {
            let parts = ["_bucket", "_sum", "_count"];
            let family = parts.iter().find_map(|part| name.strip_suffix(part)).unwrap_or(name);
            let known = |family: &str| text.contains(&format!("# TYPE {family} "));
            assert!(known(family) || known(name), "{name} is not measured");
        }
    }

    #[test]
    fn no_label_is_one_that_a_scrape_gives() {
        let text = all_counted().render();
        for label in ["job", "instance"] {
            let as_label = [format!("{{{label}="), format!(",{label}=")];
            assert!(!as_label.iter().any(|label| text.contains(label)), "{label}\n{text}");
        }
    }

    #[test]
    fn two_registries_do_not_mix() {
        let (one, other) = (Metrics::new(), Metrics::default());
        one.retried("dossier", "deadlock");
        assert_eq!(other.render(), "");
    }

    #[test]
    fn every_code_is_named_as_in_the_contract() {
        for number in 0..17 {
            let code = Code::from_i32(number);
            let spelled = format!("{code:?}").to_uppercase();
            assert_eq!(code_name(code).replace('_', ""), spelled);
        }
    }
}
