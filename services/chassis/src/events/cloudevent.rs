//! An event as a CloudEvent in Kafka's binary mode: attributes as `ce_*` headers, the protobuf message alone as the value.

use rdkafka::message::{Header, Headers, OwnedHeaders};
use thiserror::Error;
use uuid::Uuid;

use super::Event;
use crate::write::Stream;

/// A record that is not one of our events.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("the record is not an event of ours: header {0} is missing or malformed")]
pub struct Malformed(pub &'static str);

const SOURCE: &str = "/motcua/";

/// The headers of an event.
pub(super) fn headers(event: &Event) -> OwnedHeaders {
    let attributes = [
        ("ce_specversion", Some("1.0".to_owned())),
        ("ce_id", Some(event.id.to_string())),
        ("ce_source", Some(format!("{SOURCE}{}", event.source))),
        ("ce_type", Some(event.kind.clone())),
        ("ce_subject", Some(event.subject.clone())),
        ("ce_time", Some(event.time.to_string())),
        ("ce_partitionkey", Some(event.stream.0.to_string())),
        ("ce_sequence", Some(event.sequence.to_string())),
        ("ce_agency", some(&event.agency)),
        ("ce_actor", some(&event.actor)),
        ("ce_causationid", some(&event.causation)),
        ("ce_traceparent", event.traceparent.clone()),
        ("traceparent", event.traceparent.clone()),
        ("content-type", Some("application/protobuf".to_owned())),
    ];
    attributes
        .iter()
        .filter_map(|(key, value)| Some((key, value.as_ref()?)))
        .fold(OwnedHeaders::new(), |headers, (key, value)| {
            headers.insert(Header { key, value: Some(value) })
        })
}

/// CloudEvents has no empty attributes: one without value is left out.
fn some(value: &str) -> Option<String> {
    (!value.is_empty()).then(|| value.to_owned())
}

/// The event of a record.
pub(super) fn parse(headers: &impl Headers, body: &[u8]) -> Result<Event, Malformed> {
    let optional = |name: &str| -> Option<&str> {
        let header = headers.iter().find(|header| header.key == name)?;
        std::str::from_utf8(header.value?).ok()
    };
    let required = |name: &'static str| optional(name).ok_or(Malformed(name));
    let owned = |name| optional(name).unwrap_or_default().to_owned();
    Ok(Event {
        id: parsed(required("ce_id")?, "ce_id")?,
        source: required("ce_source")?
            .strip_prefix(SOURCE)
            .ok_or(Malformed("ce_source"))?
            .to_owned(),
        kind: required("ce_type")?.to_owned(),
        subject: owned("ce_subject"),
        time: parsed(required("ce_time")?, "ce_time")?,
        stream: Stream(parsed::<Uuid>(required("ce_partitionkey")?, "ce_partitionkey")?),
        sequence: parsed(required("ce_sequence")?, "ce_sequence")?,
        agency: owned("ce_agency"),
        actor: owned("ce_actor"),
        causation: owned("ce_causationid"),
        traceparent: optional("ce_traceparent").or(optional("traceparent")).map(ToOwned::to_owned),
        body: body.to_vec(),
    })
}

fn parsed<T: std::str::FromStr>(text: &str, name: &'static str) -> Result<T, Malformed> {
    text.parse().map_err(|_| Malformed(name))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn event() -> Event {
        Event {
            id: Uuid::from_u128(7),
            source: "dossier".into(),
            kind: "motcua.dossier.v1.DossierSubmitted".into(),
            subject: "dossiers/x".into(),
            time: Timestamp::UNIX_EPOCH,
            stream: Stream(Uuid::from_u128(9)),
            sequence: 3,
            agency: "agencies/27484".into(),
            actor: "accounts/y".into(),
            causation: String::new(),
            traceparent: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".into()),
            body: vec![1, 2, 3],
        }
    }

    #[test]
    fn an_event_survives_the_journey() {
        let event = event();
        assert_eq!(parse(&headers(&event), &event.body), Ok(event));
    }

    #[test]
    fn a_missing_attribute_is_named() {
        assert_eq!(parse(&OwnedHeaders::new(), &[]), Err(Malformed("ce_id")));
    }
}
