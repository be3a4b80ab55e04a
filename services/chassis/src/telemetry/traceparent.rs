//! A trace crosses a call or an event in one header: W3C Trace Context, `traceparent`.
//!
//! The SDK's own reader forgives fields of the wrong length and would break a chain by trusting
//! them; this one takes exactly what the recommendation allows.

use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// `00-` trace id (32) `-` span id (16) `-` flags (2).
const LENGTH: usize = 55;

/// The header that makes its receiver a child of the current span, or nothing outside of any.
pub fn current_traceparent() -> Option<String> {
    let context = Span::current().context();
    let span = context.span();
    Some(span.span_context()).filter(|span| span.is_valid()).map(write)
}

/// Makes `span` a child of the span that `traceparent` names. A garbled header is ignored, as the
/// recommendation asks: the span then begins a trace of its own.
///
/// Call it before the span is entered; from then on its parent is fixed and this does nothing.
pub fn set_parent(span: &Span, traceparent: &str) {
    if let Some(parent) = read(traceparent) {
        // Refused only for a span that is filtered out or already entered, and then there is
        // nothing to be a child.
        let _ = span.set_parent(Context::new().with_remote_span_context(parent));
    }
}

fn write(span: &SpanContext) -> String {
    let flags = span.trace_flags() & TraceFlags::SAMPLED;
    format!("00-{}-{}-{flags:02x}", span.trace_id(), span.span_id())
}

/// W3C Trace Context, section 3.2: version ff and all-zero ids are invalid; version 00 is exactly
/// 55 characters, a later one may go on after a dash; of the flags only "sampled" is known.
fn read(header: &str) -> Option<SpanContext> {
    let (known, rest) = header.split_at_checked(LENGTH)?;
    let mut fields = known.split('-');
    let version = hex(fields.next()?, 2)?;
    let trace = hex(fields.next()?, 32)?;
    let span = hex(fields.next()?, 16)?;
    let flags = hex(fields.next()?, 2)?;
    let ends_well = rest.is_empty() || (version != "00" && rest.starts_with('-'));
    if version == "ff" || !ends_well || fields.next().is_some() {
        return None;
    }
    let flags = TraceFlags::new(u8::from_str_radix(flags, 16).ok()?) & TraceFlags::SAMPLED;
    let trace = TraceId::from_hex(trace).ok()?;
    let span = SpanId::from_hex(span).ok()?;
    let context = SpanContext::new(trace, span, flags, true, TraceState::default());
    Some(context).filter(SpanContext::is_valid)
}

/// The field, if it is of that length in lower-case hexadecimal digits.
fn hex(field: &str, length: usize) -> Option<&str> {
    let digits = field.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    (field.len() == length && digits).then_some(field)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HEADER: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn only_what_the_recommendation_allows_is_read() {
        let cases = [
            (HEADER.to_owned(), true),
            (HEADER.replace("-01", "-00"), true),
            (HEADER.replace("-01", "-ff"), true),
            (HEADER.replacen("00", "cc", 1), true),
            (HEADER.replacen("00", "cc", 1) + "-what-comes", true),
            (HEADER.replacen("00", "cc", 1) + "x", false),
            (HEADER.replacen("00", "ff", 1), false),
            (HEADER.to_owned() + "-more", false),
            (HEADER.to_uppercase(), false),
            (HEADER.replace("0af7651916cd43dd8448eb211c80319c", &"0".repeat(32)), false),
            (HEADER.replace("b7ad6b7169203331", &"0".repeat(16)), false),
            (HEADER.replace("-01", "-0g"), false),
            (HEADER.replace('-', "_"), false),
            (HEADER[..54].to_owned(), false),
            (String::new(), false),
            ("ộ".repeat(30), false),
        ];
        for (header, good) in cases {
            assert_eq!(read(&header).is_some(), good, "{header}");
        }
    }

    #[test]
    fn of_the_flags_only_sampled_is_kept() {
        let context = read(&HEADER.replace("-01", "-ff")).unwrap();
        assert!(context.is_sampled() && context.is_remote());
        assert_eq!(write(&context), HEADER);
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(trace in 1_u128.., span in 1_u64.., sampled: bool) {
            let header = format!("00-{trace:032x}-{span:016x}-{:02x}", u8::from(sampled));
            prop_assert_eq!(read(&header).map(|context| write(&context)), Some(header));
        }

        #[test]
        fn no_text_panics(text in "(00-)?.{0,60}") {
            read(&text);
        }
    }
}
