//! What an operator may choose about telemetry.

use crate::config::{Declaration, Setting, Settings, SettingsError, Value};

const LOG_FILTER: Setting<String> = Setting::new(
    "telemetry.log.filter",
    "info",
    "Which log lines are written: levels by target, such as info,sqlx=warn.",
);
const LOG_FORMAT: Setting<LogFormat> = Setting::new(
    "telemetry.log.format",
    "text",
    "How a log line is written: text for a person, json for a collector.",
);
const OTLP_ENDPOINT: Setting<Option<String>> = Setting::new(
    "telemetry.otlp.endpoint",
    "",
    "The OTLP/gRPC collector that traces are sent to, such as http://collector:4317.",
);
const TRACE_SHARE: Setting<Percent> = Setting::new(
    "telemetry.trace.percent",
    "100",
    "The share of traces that is recorded, decided where a trace begins.",
);

/// How a log line is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For a person; in colour when standard error is a terminal.
    Text,
    /// One JSON object a line.
    Json,
}

impl Value for LogFormat {
    const ACCEPTED: &'static str = "text or json";

    fn parse(text: &str) -> Option<Self> {
        match text {
            "text" => Some(Self::Text),
            "json" => Some(Self::Json),
            _ => None,
        }
    }
}

/// A share of a whole, 0 to 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Percent(u16);

impl Percent {
    /// The share as a number from 0 to 1.
    pub fn ratio(self) -> f64 {
        f64::from(self.0) / 100.0
    }
}

impl Value for Percent {
    const ACCEPTED: &'static str = "a whole number from 0 to 100";

    fn parse(text: &str) -> Option<Self> {
        u16::parse(text).filter(|number| *number <= 100).map(Self)
    }
}

/// What [`Telemetry::start`](super::Telemetry::start) needs to know.
#[derive(Clone, Debug)]
pub struct TelemetrySettings {
    /// The name the process has in traces: a service's, or `motcua` for all in one.
    pub service: String,
    /// Levels by target, in the syntax of `tracing_subscriber::EnvFilter`.
    pub log_filter: String,
    /// How a log line is written.
    pub log_format: LogFormat,
    /// Where traces are sent, if anywhere.
    pub otlp_endpoint: Option<String>,
    /// The share of traces begun here that is recorded; a trace begun elsewhere is decided there.
    pub trace_share: Percent,
}

impl TelemetrySettings {
    /// The lines this room adds to the table of settings.
    pub const TABLE: [Declaration; 4] = [
        LOG_FILTER.declaration(),
        LOG_FORMAT.declaration(),
        OTLP_ENDPOINT.declaration(),
        TRACE_SHARE.declaration(),
    ];

    /// Reads them for the process that calls itself `service`.
    ///
    /// # Errors
    /// When [`TelemetrySettings::TABLE`] was left out of the table that was loaded.
    pub fn read(settings: &Settings, service: &str) -> Result<Self, SettingsError> {
        Ok(Self {
            service: service.to_owned(),
            log_filter: settings.get(&LOG_FILTER)?,
            log_format: settings.get(&LOG_FORMAT)?,
            otlp_endpoint: settings.get(&OTLP_ENDPOINT)?,
            trace_share: settings.get(&TRACE_SHARE)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Sources;

    #[test]
    fn the_defaults_are_text_without_a_collector() {
        let settings = Settings::load(&TelemetrySettings::TABLE, &Sources::default()).unwrap();
        let read = TelemetrySettings::read(&settings, "dossier").unwrap();
        assert_eq!((read.log_filter.as_str(), read.log_format), ("info", LogFormat::Text));
        assert_eq!((read.otlp_endpoint, read.trace_share), (None, Percent(100)));
    }

    #[test]
    fn a_share_is_a_whole_percentage() {
        assert_eq!(Percent::parse("25").map(Percent::ratio), Some(0.25));
        assert_eq!(
            (Percent::parse("101"), Percent::parse("-1"), Percent::parse("")),
            (None, None, None)
        );
    }
}
