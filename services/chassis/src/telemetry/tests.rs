use super::*;
use crate::config::Value as _;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tracing::{Span, info, info_span, warn};

/// Keeps what is written to it.
#[derive(Clone, Default)]
struct Memory(Arc<Mutex<Vec<u8>>>);

impl Memory {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    fn lines(&self) -> Vec<Value> {
        self.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

impl std::io::Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn settings(filter: &str, format: LogFormat) -> TelemetrySettings {
    TelemetrySettings {
        service: "dossier".to_owned(),
        log_filter: filter.to_owned(),
        log_format: format,
        otlp_endpoint: None,
        trace_share: Percent::parse("100").unwrap(),
    }
}

/// Runs `work` under telemetry of these settings and returns what it logged.
fn logged(settings: &TelemetrySettings, work: impl FnOnce()) -> Memory {
    let memory = Memory::default();
    let writer = memory.clone();
    let provider = provider(settings).unwrap();
    let subscriber = subscriber(settings, &provider, move || writer.clone(), false).unwrap();
    tracing::subscriber::with_default(subscriber, work);
    memory
}

fn trace_of(traceparent: &str) -> &str {
    &traceparent[3..35]
}

#[test]
fn a_line_of_json_says_whose_it_is() {
    let memory = logged(&settings("info", LogFormat::Json), || {
        let outer = info_span!("call", service = "dossier", rpc = "Submit", other = 1);
        let inner = outer.in_scope(|| info_span!("step", dossier = tracing::field::Empty));
        inner.record("dossier", tracing::field::display("H29.17-251125-0001"));
        inner.in_scope(|| info!(count = 3, paid = true, by = ?"bank", "due\nnow"));
        info!("outside");
    });
    let lines = memory.lines();
    let line = &lines[0];
    assert_eq!(line["level"], "INFO");
    assert_eq!(line["target"], module_path!());
    assert_eq!(line["message"], "due\nnow");
    assert_eq!(line["service"], "dossier");
    assert_eq!(line["rpc"], "Submit");
    assert_eq!(line["dossier"], "H29.17-251125-0001");
    assert_eq!(line["fields"], json!({"count": 3, "paid": true, "by": "\"bank\""}));
    assert_eq!(line["trace_id"].as_str().map(str::len), Some(32));
    assert_eq!(line["span_id"].as_str().map(str::len), Some(16));
    assert!(line["timestamp"].as_str().unwrap().ends_with('Z'));
    let outside = lines[1].as_object().unwrap();
    assert_eq!(outside.keys().collect::<Vec<_>>(), ["level", "message", "target", "timestamp"]);
}

#[test]
fn the_time_of_a_line_is_the_timers() {
    let noon: fn(&mut tracing_subscriber::fmt::format::Writer<'_>) -> std::fmt::Result =
        |writer| writer.write_str("2026-11-25T12:00:00Z");
    let memory = Memory::default();
    let writer = memory.clone();
    let lines = JsonLines::new(move || writer.clone(), noon);
    tracing::subscriber::with_default(Registry::default().with(lines), || warn!("lunch"));
    let target = module_path!();
    assert_eq!(
        memory.text(),
        format!(
            "{{\"timestamp\":\"2026-11-25T12:00:00Z\",\"level\":\"WARN\",\
             \"target\":\"{target}\",\"message\":\"lunch\"}}\n"
        )
    );
}

#[test]
fn the_nearest_span_names_the_dossier() {
    let memory = logged(&settings("info", LogFormat::Json), || {
        let outer = info_span!("outer", dossier = "first").entered();
        let inner = info_span!("inner", dossier = "second").entered();
        info!("inside");
        drop(inner);
        info!("after");
        drop(outer);
    });
    let named: Vec<_> = memory.lines().iter().map(|line| line["dossier"].clone()).collect();
    assert_eq!(named, ["second", "first"]);
}

#[test]
fn a_long_text_is_cut_between_characters() {
    let long = "ộ".repeat(4096);
    let memory = logged(&settings("info", LogFormat::Json), || {
        info!(shown = %long, text = long.as_str(), "{long}");
    });
    let line = &memory.lines()[0];
    for text in [&line["message"], &line["fields"]["shown"], &line["fields"]["text"]] {
        assert_eq!(text.as_str().map(str::len), Some(4095));
    }
}

#[test]
fn a_short_log_keeps_trace_and_dossier() {
    let memory = logged(&settings("warn", LogFormat::Json), || {
        info_span!("call", dossier = "one").in_scope(|| {
            info!("left out");
            warn!("written");
        });
    });
    let lines = memory.lines();
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0]["dossier"], "one");
    assert!(lines[0]["trace_id"].is_string());
}

#[test]
fn a_line_of_text_is_for_a_person() {
    let memory = logged(&settings("info", LogFormat::Text), || {
        info_span!("call", dossier = "one").in_scope(|| info!(count = 3, "due"));
    });
    let text = memory.text();
    assert!(text.contains("INFO call{dossier=\"one\"}: "), "{text}");
    assert!(text.ends_with("due count=3\n"), "{text}");
}

#[test]
fn a_trace_goes_on_in_another_span() {
    let memory = logged(&settings("info", LogFormat::Json), || {
        let sent = info_span!("sender").in_scope(current_traceparent).unwrap();
        let receiver = info_span!("receiver");
        set_parent(&receiver, &sent);
        let received = receiver.in_scope(|| {
            info!("received");
            current_traceparent().unwrap()
        });
        assert_eq!(trace_of(&received), trace_of(&sent));
        assert_ne!(received, sent);
        info!(trace = trace_of(&sent), "sent");
    });
    let lines = memory.lines();
    assert_eq!(lines[0]["trace_id"], lines[1]["fields"]["trace"]);
}

#[test]
fn a_garbled_header_begins_a_trace_of_its_own() {
    logged(&settings("info", LogFormat::Json), || {
        let garbled = "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01";
        let span = info_span!("receiver");
        set_parent(&span, garbled);
        let own = span.in_scope(current_traceparent).unwrap();
        assert_ne!(trace_of(&own), trace_of(&garbled.to_lowercase()));
    });
}

#[test]
fn a_trace_that_is_not_recorded_still_has_ids() {
    let unrecorded = TelemetrySettings {
        trace_share: Percent::parse("0").unwrap(),
        ..settings("info", LogFormat::Json)
    };
    logged(&unrecorded, || {
        let own = info_span!("call").in_scope(current_traceparent).unwrap();
        assert!(own.ends_with("-00"), "{own}");
        let span = info_span!("called");
        set_parent(&span, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        let followed = span.in_scope(current_traceparent).unwrap();
        assert!(followed.ends_with("-01"), "the caller's choice holds: {followed}");
    });
}

#[test]
fn outside_of_spans_there_is_no_header() {
    assert_eq!(current_traceparent(), None);
    set_parent(&Span::none(), "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    logged(&settings("info", LogFormat::Json), || assert_eq!(current_traceparent(), None));
}

#[test]
fn a_wrong_setting_is_named() {
    let mistaken = settings("info,=what=", LogFormat::Text);
    let provider = provider(&mistaken).unwrap();
    let error = subscriber(&mistaken, &provider, std::io::sink, false).map(|_| ()).unwrap_err();
    assert!(error.to_string().starts_with("telemetry.log.filter: "), "{error}");
}

#[tokio::test]
async fn a_collector_that_is_gone_does_not_hold_up_the_end() {
    let nobody = TelemetrySettings {
        otlp_endpoint: Some("http://127.0.0.1:1".to_owned()),
        ..settings("info", LogFormat::Json)
    };
    let telemetry = Telemetry { provider: provider(&nobody).unwrap() };
    let subscriber = subscriber(&nobody, &telemetry.provider, std::io::sink, false).unwrap();
    tracing::subscriber::with_default(subscriber, || info_span!("call").in_scope(|| ()));
    let end = tokio::task::spawn_blocking(move || drop(telemetry));
    tokio::time::timeout(FLUSH_WITHIN * 2, end).await.unwrap().unwrap();
}

#[tokio::test]
async fn an_endpoint_that_is_none_is_named() {
    let wrong = TelemetrySettings {
        otlp_endpoint: Some("not an address".to_owned()),
        ..settings("info", LogFormat::Text)
    };
    let error = provider(&wrong).unwrap_err();
    assert!(error.to_string().starts_with("telemetry.otlp.endpoint: "), "{error}");
}
