//! The gauges of what waits: each is set by a light reading every few seconds.

use prometheus::{IntGaugeVec, Opts, Registry};

use super::Metrics;
use super::metrics::Described;

/// What waits now.
#[derive(Clone, Debug)]
pub(super) struct Waiting {
    reader_lag: IntGaugeVec,
    reader_lag_seconds: IntGaugeVec,
    reader_stopped: IntGaugeVec,
    parked_streams: IntGaugeVec,
    dead_letters: IntGaugeVec,
    jobs: IntGaugeVec,
    timers: IntGaugeVec,
    connections: IntGaugeVec,
}

/// A number that a service measures of its own. A clone sets the same one.
#[derive(Clone, Debug)]
pub struct Gauge(pub(super) IntGaugeVec);

impl Gauge {
    /// It stands at so much now for these values of its labels, one for each.
    pub fn set(&self, labels: &[&str], count: u64) {
        self.0.with_label_values(labels).set(whole(count));
    }
}

impl Waiting {
    pub(super) fn registered(registry: &Registry) -> prometheus::Result<Self> {
        let of = |described, labels: &[&str]| gauge(registry, described, labels);
        let reader = ["service", "source"];
        Ok(Self {
            reader_lag: of(
                ("motcua_reader_lag_events", "Events written but not yet taken in."),
                &reader,
            )?,
            reader_lag_seconds: of(
                ("motcua_reader_lag_seconds", "Age of the first event not yet taken in."),
                &reader,
            )?,
            reader_stopped: of(
                ("motcua_reader_stopped", "1 while a reader waits for an operator to decide."),
                &reader,
            )?,
            parked_streams: of(
                ("motcua_parked_streams", "Streams that wait for an operator."),
                &["service"],
            )?,
            dead_letters: of(
                ("motcua_dead_letters", "Events that could not be taken in, or wait behind such."),
                &["service"],
            )?,
            jobs: of(
                ("motcua_jobs", "Work on the world outside that is not finished."),
                &["service", "kind", "state"],
            )?,
            timers: of(
                ("motcua_timers", "Timers that are due for over 10 s, or were put aside."),
                &["service", "kind", "state"],
            )?,
            connections: of(
                ("db_client_connection_count", "Connections to the database."),
                &["service", "db_client_connection_state"],
            )?,
        })
    }
}

impl Metrics {
    /// So many events of `source` wait for `service` now, the first for so many seconds.
    pub fn reader_lags(&self, service: &str, source: &str, events: u64, seconds: u64) {
        self.waiting.reader_lag.with_label_values(&[service, source]).set(whole(events));
        self.waiting.reader_lag_seconds.with_label_values(&[service, source]).set(whole(seconds));
    }

    /// Whether `service` takes in nothing of `source` until an operator decides.
    pub fn reader_stopped(&self, service: &str, source: &str, stopped: bool) {
        self.waiting.reader_stopped.with_label_values(&[service, source]).set(stopped.into());
    }

    /// So many dead letters lie at `service` now.
    pub fn dead_letters_lie(&self, service: &str, letters: u64) {
        self.waiting.dead_letters.with_label_values(&[service]).set(whole(letters));
    }

    /// So many jobs of a kind are to be done yet, so many were given up.
    pub fn jobs_wait(&self, service: &str, job: &str, waiting: u64, failed: u64) {
        self.waiting.jobs.with_label_values(&[service, job, "waiting"]).set(whole(waiting));
        self.waiting.jobs.with_label_values(&[service, job, "failed"]).set(whole(failed));
    }

    /// So many timers of a kind are overdue, so many were put aside.
    pub fn timers_wait(&self, service: &str, timer: &str, overdue: u64, failed: u64) {
        self.waiting.timers.with_label_values(&[service, timer, "overdue"]).set(whole(overdue));
        self.waiting.timers.with_label_values(&[service, timer, "failed"]).set(whole(failed));
    }

    /// So many connections of `service` to its database are at work, so many idle (OpenTelemetry's `db.client.connection.count`).
    pub fn pooled(&self, service: &str, used: u64, idle: u64) {
        self.waiting.connections.with_label_values(&[service, "used"]).set(whole(used));
        self.waiting.connections.with_label_values(&[service, "idle"]).set(whole(idle));
    }

    /// So many streams of `service` wait for an operator now.
    pub fn streams_parked(&self, service: &str, streams: u64) {
        self.waiting.parked_streams.with_label_values(&[service]).set(whole(streams));
    }
}

pub(super) fn gauge(
    registry: &Registry,
    (name, help): Described,
    labels: &[&str],
) -> prometheus::Result<IntGaugeVec> {
    let gauge = IntGaugeVec::new(Opts::new(name, help), labels)?;
    registry.register(Box::new(gauge.clone()))?;
    Ok(gauge)
}

/// A gauge is signed; a count beyond its range is as good as endless.
fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
