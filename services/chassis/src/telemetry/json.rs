//! Log lines as JSON: one object a line, flat where a reader filters.
//!
//! At the top stand the time, the level, the target, the message, the trace, and what says whose
//! line it is: `service`, `dossier` and `rpc` of the nearest span around it that has them. All else
//! the event itself says is under `fields`. A line is written in one piece, so that lines of
//! several threads do not mix.

use std::fmt::{self, Write as _};
use std::sync::OnceLock;

use opentelemetry::trace::TraceContextExt;
use serde::Serialize;
use serde_json::{Map, Value};
use tracing::dispatcher::{Dispatch, WeakDispatch};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_opentelemetry::get_otel_context;
use tracing_subscriber::Layer;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

/// The longest text of one field, in bytes; what is beyond is cut.
const MAX_TEXT: usize = 4096;

/// Writes every event as a line of JSON to `writer`, with the time from `timer`.
pub(super) struct JsonLines<W, T> {
    writer: W,
    timer: T,
    /// Where the trace of a span is looked up. Asking for the current dispatcher would not do:
    /// while it hands out an event it answers nobody.
    dispatch: OnceLock<WeakDispatch>,
}

impl<W, T> JsonLines<W, T> {
    pub(super) fn new(writer: W, timer: T) -> Self {
        Self { writer, timer, dispatch: OnceLock::new() }
    }

    /// Trace and span id of the span, in hexadecimal.
    fn trace(&self, span: &Id) -> Option<(String, String)> {
        let dispatch = self.dispatch.get()?.upgrade()?;
        let context = get_otel_context(span, &dispatch)?;
        let span = context.span();
        let span = Some(span.span_context()).filter(|span| span.is_valid())?;
        Some((span.trace_id().to_string(), span.span_id().to_string()))
    }
}

impl<S, W, T> Layer<S> for JsonLines<W, T>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'w> MakeWriter<'w> + 'static,
    T: FormatTime + 'static,
{
    fn on_register_dispatch(&self, dispatch: &Dispatch) {
        // A second registration would be of the same layer in the same stack.
        let _ = self.dispatch.set(dispatch.downgrade());
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut whose = Whose::default();
        attributes.record(&mut whose);
        span.extensions_mut().insert(whose);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(whose) = span.extensions_mut().get_mut::<Whose>() {
            values.record(whose);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let span = context.event_span(event).map(|span| span.id());
        let (trace_id, span_id) = span.and_then(|span| self.trace(&span)).unzip();
        let mut said = Said::default();
        event.record(&mut said);
        let line = Line {
            timestamp: now(&self.timer),
            level: event.metadata().level().as_str(),
            target: said.target.as_deref().unwrap_or(event.metadata().target()),
            message: &said.message,
            whose: whose(event, &context),
            trace_id,
            span_id,
            fields: &said.fields,
        };
        write(&line, &mut self.writer.make_writer_for(event.metadata()));
    }
}

#[derive(Serialize)]
struct Line<'a> {
    timestamp: String,
    level: &'static str,
    target: &'a str,
    message: &'a str,
    #[serde(flatten)]
    whose: Whose,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    span_id: Option<String>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    fields: &'a Map<String, Value>,
}

/// A line that cannot be written is lost: there is nowhere left to say so.
fn write(line: &Line<'_>, writer: &mut impl std::io::Write) {
    if let Ok(mut bytes) = serde_json::to_vec(line) {
        bytes.push(b'\n');
        let _ = writer.write_all(&bytes);
    }
}

fn now(timer: &impl FormatTime) -> String {
    let mut text = String::new();
    // A String takes whatever is written to it.
    let _ = timer.format_time(&mut Writer::new(&mut text));
    text
}

/// Whose line it is, by the spans around it; the nearest span that says so wins.
#[derive(Clone, Default, Serialize)]
struct Whose {
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dossier: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rpc: Option<String>,
}

impl Whose {
    fn or(self, outer: &Self) -> Self {
        Self {
            service: self.service.or_else(|| outer.service.clone()),
            dossier: self.dossier.or_else(|| outer.dossier.clone()),
            rpc: self.rpc.or_else(|| outer.rpc.clone()),
        }
    }
}

fn whose<S>(event: &Event<'_>, context: &Context<'_, S>) -> Whose
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    context.event_scope(event).into_iter().flatten().fold(
        Whose::default(),
        |found, span| match span.extensions().get::<Whose>() {
            Some(outer) => found.or(outer),
            None => found,
        },
    )
}

impl Visit for Whose {
    fn record_str(&mut self, field: &Field, value: &str) {
        let place = match field.name() {
            "service" => &mut self.service,
            "dossier" => &mut self.dossier,
            "rpc" => &mut self.rpc,
            _ => return,
        };
        *place = Some(cut(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if matches!(field.name(), "service" | "dossier" | "rpc") {
            self.record_str(field, &text(value));
        }
    }
}

/// What the event itself says. `log.target` stands for the target of a line that came through the
/// `log` crate; its other `log.*` fields are places in someone's source and are left out.
#[derive(Default)]
struct Said {
    message: String,
    target: Option<String>,
    fields: Map<String, Value>,
}

impl Said {
    fn put(&mut self, field: &Field, value: impl Into<Value>) {
        if !field.name().starts_with("log.") {
            self.fields.insert(field.name().to_owned(), value.into());
        }
    }
}

impl Visit for Said {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "message" => self.message = cut(value),
            "log.target" => self.target = Some(cut(value)),
            _ => self.put(field, cut(value)),
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &text(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value);
    }
}

fn cut(text: &str) -> String {
    text[..text.floor_char_boundary(MAX_TEXT)].to_owned()
}

/// The value in its own words, stopped at the bound rather than cut after it.
fn text(value: &dyn fmt::Debug) -> String {
    let mut bounded = Bounded(String::new());
    // The only error is the bound.
    let _ = write!(bounded, "{value:?}");
    bounded.0
}

struct Bounded(String);

impl fmt::Write for Bounded {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        let room = MAX_TEXT - self.0.len();
        self.0.push_str(&piece[..piece.floor_char_boundary(room)]);
        if piece.len() > room { Err(fmt::Error) } else { Ok(()) }
    }
}
