//! What a real OpenTelemetry Collector is told: every span it gets it writes down, and here it is read again.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use support::own_address;
use tokio::process::{Child, Command};

/// A Collector that runs for as long as this stands.
pub struct Collector {
    /// Where it takes traces, OTLP over gRPC.
    pub endpoint: String,
    told: PathBuf,
    _process: Child,
}

/// A span as it came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// Whose.
    pub service: String,
    /// The trace it is of.
    pub trace: String,
    /// Its id.
    pub id: String,
    /// The id of the span it follows from; empty for the first of its trace.
    pub parent: String,
    /// What it is called.
    pub name: String,
}

impl Collector {
    /// Starts it; what it is told goes to a file in `folder`.
    pub fn start(folder: &Path) -> Self {
        let (address, told) = (own_address(), folder.join("spans"));
        let settings = format!(
            "yaml:receivers: {{otlp: {{protocols: {{grpc: {{endpoint: \"{address}\"}}}}}}}}
exporters: {{debug: {{verbosity: detailed, use_internal_logger: false, output_paths: [\"{}\"]}}}}
service:
  telemetry: {{metrics: {{level: none}}}}
  pipelines: {{traces: {{receivers: [otlp], exporters: [debug]}}}}",
            told.display()
        );
        let process = Command::new(program())
            .args(["--config", &settings])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("the Collector");
        Self { endpoint: format!("http://{address}"), told, _process: process }
    }

    /// Every span it was told of so far.
    pub fn spans(&self) -> Vec<Span> {
        read(&std::fs::read_to_string(&self.told).unwrap_or_default())
    }

    /// The traces that begin with a span of this name, each whole: every other span of it follows from one that is there.
    ///
    /// # Errors
    /// A span that does not.
    pub fn trees(&self, root: &str) -> Result<Vec<Vec<Span>>, Span> {
        let spans = self.spans();
        let roots = spans.iter().filter(|span| span.name == root && span.parent.is_empty());
        roots.map(|root| tree(root, &spans)).collect()
    }
}

fn tree(root: &Span, spans: &[Span]) -> Result<Vec<Span>, Span> {
    let of_trace = spans.iter().filter(|span| span.trace == root.trace);
    let all: Vec<Span> = of_trace.cloned().collect();
    let ids: BTreeSet<_> = all.iter().map(|span| span.id.as_str()).collect();
    let orphan = all.iter().find(|it| it.id != root.id && !ids.contains(it.parent.as_str()));
    orphan.map_or_else(|| Ok(all.clone()), |orphan| Err(orphan.clone()))
}

/// Spans as the Collector writes them, a line for each of their fields; before them the resource that they are of.
fn read(told: &str) -> Vec<Span> {
    let (mut spans, mut service) = (Vec::<Span>::new(), String::new());
    for line in told.lines() {
        if let Some(name) = line.trim().strip_prefix("-> service.name: Str(") {
            service = name.trim_end_matches(')').into();
        }
        let Some((field, value)) = line.split_once(':') else { continue };
        let value = value.trim().to_owned();
        if field.trim() == "Trace ID" {
            spans.push(Span { service: service.clone(), trace: value, ..Span::default() });
            continue;
        }
        let Some(span) = spans.last_mut() else { continue };
        match field.trim() {
            "Parent ID" => span.parent = value,
            "ID" => span.id = value,
            "Name" => span.name = value,
            _ => {}
        }
    }
    spans
}

/// The Collector, built by the repository's script.
fn program() -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/collector/get");
    let output = std::process::Command::new(script).output().expect("the script");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
