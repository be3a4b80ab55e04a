//! What the process says about itself: log lines, traces, metrics, none with personal data.
//!
//! Log lines go to standard error, as text for a person or as one JSON object a line for a
//! collector. Every span gets OpenTelemetry ids, with or without a collector to send them to: a
//! trace id is worth having in a log line and in an event even where nobody draws the trace.
//!
//! The filter of the operator chooses log lines only. Spans of level INFO and above always exist,
//! so `warn` makes the log shorter without cutting traces or losing the dossier's name.

mod json;
mod metrics;
mod settings;
mod traceparent;
mod waiting;

use std::io::IsTerminal;
use std::time::Duration;

use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{ExporterBuildError, SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::{EnvFilter, FilterExt, filter_fn};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::time::SystemTime;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry};

use json::JsonLines;
pub use metrics::{Described, Metrics};
pub use settings::{LogFormat, Percent, TelemetrySettings};
pub use traceparent::{current_traceparent, set_parent};
pub use waiting::Gauge;

/// How long the last spans may take to reach the collector when the process ends.
pub const FLUSH_WITHIN: Duration = Duration::from_secs(2);

/// How long one batch of spans may take to reach the collector.
const EXPORT_WITHIN: Duration = Duration::from_secs(5);

/// Why telemetry could not start.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The log filter cannot be read.
    #[error("telemetry.log.filter: {0}; write for example info,sqlx=warn")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    /// The exporter cannot be built from the endpoint.
    #[error("telemetry.otlp.endpoint: {0}; write for example http://collector:4317")]
    Exporter(#[from] ExporterBuildError),
    /// Something in this process already collects log lines.
    #[error("telemetry starts once in a process: {0}")]
    Started(#[from] tracing_subscriber::util::TryInitError),
}

/// The running telemetry of this process. Hold it for as long as the process works.
///
/// Dropping it sends what spans are left, blocking for at most [`FLUSH_WITHIN`].
#[must_use = "dropping it ends the export of traces"]
#[derive(Debug)]
pub struct Telemetry {
    provider: SdkTracerProvider,
}

impl Telemetry {
    /// Starts logging and tracing for the whole process. Call it inside the tokio runtime, which
    /// the exporter's connection lives in; the connection itself is made with the first batch.
    ///
    /// # Errors
    /// [`TelemetryError`], naming the setting to change.
    pub fn start(settings: &TelemetrySettings) -> Result<Self, TelemetryError> {
        let provider = provider(settings)?;
        let ansi = std::io::stderr().is_terminal();
        subscriber(settings, &provider, std::io::stderr, ansi)?.try_init()?;
        Ok(Self { provider })
    }
}

impl Drop for Telemetry {
    fn drop(&mut self) {
        // A collector that is gone must not hold up the end of the process, nor change its outcome.
        if let Err(error) = self.provider.shutdown_with_timeout(FLUSH_WITHIN) {
            tracing::warn!(%error, "the last spans did not reach the collector");
        }
    }
}

/// Gives every span its ids; exports them only where an endpoint is set.
fn provider(settings: &TelemetrySettings) -> Result<SdkTracerProvider, TelemetryError> {
    let sampler = Sampler::TraceIdRatioBased(settings.trace_share.ratio());
    let builder = SdkTracerProvider::builder()
        .with_resource(Resource::builder().with_service_name(settings.service.clone()).build())
        .with_sampler(Sampler::ParentBased(Box::new(sampler)));
    let Some(endpoint) = &settings.otlp_endpoint else { return Ok(builder.build()) };
    let exporter = SpanExporter::builder()
        .with_tonic()
        .with_endpoint(endpoint)
        .with_timeout(EXPORT_WITHIN)
        .build()?;
    Ok(builder.with_batch_exporter(exporter).build())
}

/// Traces below, log lines above. The trace layer stands directly on the registry: it looks itself
/// up by that exact type.
fn subscriber<W>(
    settings: &TelemetrySettings,
    provider: &SdkTracerProvider,
    writer: W,
    ansi: bool,
) -> Result<impl Subscriber + Send + Sync + use<W>, TelemetryError>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let traces = tracing_opentelemetry::layer()
        .with_tracer(provider.tracer("motcua"))
        .with_filter(LevelFilter::INFO);
    let spans = filter_fn(|about| about.is_span() && *about.level() <= tracing::Level::INFO);
    let lines =
        EnvFilter::try_new(&settings.log_filter)?.or(spans.with_max_level_hint(LevelFilter::INFO));
    let logs = logs(settings.log_format, writer, ansi).with_filter(lines);
    Ok(Registry::default().with(traces).with(logs))
}

fn logs<S, W>(format: LogFormat, writer: W, ansi: bool) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    match format {
        LogFormat::Text => {
            tracing_subscriber::fmt::layer().with_ansi(ansi).with_writer(writer).boxed()
        }
        LogFormat::Json => JsonLines::new(writer, SystemTime).boxed(),
    }
}

#[cfg(test)]
mod tests;
