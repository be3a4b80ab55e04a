//! Facts of other services.

use chassis::clock::Clock;
use chassis::events::Event;
use chassis::write::Stream;
use prost::{Message, Name};
use uuid::Uuid;

/// Ten o'clock on a working Wednesday in Vietnam.
pub const NOW: &str = "2026-11-25T03:00:00Z";

/// The agency concerned by what happens in tests.
pub const AGENCY: &str = "agencies/26860";

/// A clock that stands at [`NOW`].
pub fn clock() -> Clock {
    Clock::manual(NOW.parse().expect("an instant"))
}

/// The `sequence`-th fact of a service about a dossier, as of [`NOW`].
pub fn event<M: Message + Name>(source: &str, dossier: Uuid, sequence: i64, fact: &M) -> Event {
    Event {
        id: Uuid::now_v7(),
        source: source.into(),
        kind: M::full_name(),
        subject: format!("dossiers/{dossier}"),
        time: NOW.parse().expect("an instant"),
        stream: Stream(dossier),
        sequence,
        agency: AGENCY.into(),
        actor: format!("services/{source}"),
        causation: String::new(),
        traceparent: None,
        body: fact.encode_to_vec(),
    }
}
