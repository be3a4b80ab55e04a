//! Where a carrier delivers: every event takes effect, or is parked with its stream, before the carrier moves on.

use std::sync::Arc;

use tracing::{Instrument, info_span};

use super::dead_letters::{Cause, DeadLetters};
use super::{Event, Reactions};
use crate::refusal::Failure;
use crate::telemetry::{Metrics, set_parent};
use crate::write::{Stream, Taken};

/// One service's reactions to one other's facts. Clones share them.
#[derive(Clone)]
pub struct Sink {
    service: &'static str,
    reactions: Arc<Reactions>,
    letters: DeadLetters,
    metrics: Metrics,
}

impl Sink {
    /// The sink of `service` for what its `reactions` name.
    pub fn new(
        service: &'static str,
        reactions: Reactions,
        letters: DeadLetters,
        metrics: Metrics,
    ) -> Self {
        Self { service, reactions: Arc::new(reactions), letters, metrics }
    }

    /// The service that reacts; also the name of its reader and of its Kafka group.
    pub fn service(&self) -> &'static str {
        self.service
    }

    /// The service whose facts it takes.
    pub fn source(&self) -> &'static str {
        self.reactions.source
    }

    /// Takes events in the order given. When it returns, each has taken effect, was a repeat, or lies among the dead letters.
    ///
    /// # Errors
    /// The database is away: deliver the same events again.
    pub async fn take(&self, events: &[Event]) -> Result<(), Failure> {
        let mut handed_in = Vec::with_capacity(events.len());
        for event in events {
            let span = info_span!(
                "react",
                service = self.service,
                event = event.kind,
                dossier = %event.stream.0
            );
            if let Some(traceparent) = &event.traceparent {
                set_parent(&span, traceparent);
            }
            handed_in.push(self.reactions.hand_in(event).instrument(span).await);
        }
        for (event, pending) in events.iter().zip(handed_in) {
            let taken = match pending {
                Ok(pending) => pending.taken().await,
                Err(undecodable) => Err(Failure::Broken(undecodable)),
            };
            // An event that is unavailable ends the loop before a later one of its stream is judged as a gap.
            let outcome = self.settle(event, taken).await?;
            self.metrics.event_handled(self.service, self.source(), outcome);
        }
        Ok(())
    }

    async fn settle(
        &self,
        event: &Event,
        taken: Result<Taken, Failure>,
    ) -> Result<&'static str, Failure> {
        let (cause, detail) = match taken {
            Ok(Taken::Effective) => return Ok("effective"),
            Ok(Taken::Repeat) => return Ok("repeat"),
            Ok(Taken::Ignored(refusal)) => {
                tracing::info!(
                    event = event.kind, dossier = %event.stream.0, reason = refusal.reason,
                    "nothing follows from an event"
                );
                return Ok("ignored");
            }
            Ok(Taken::Gap { expected }) => (Cause::Gap, format!("expected {expected}")),
            Ok(Taken::Parked) => (Cause::Waiting, String::new()),
            Err(Failure::Broken(why)) => (Cause::Poison, why),
            Err(Failure::Refused(refusal)) => (Cause::Poison, refusal.reason.into()),
            Err(unavailable @ Failure::Unavailable(_)) => return Err(unavailable),
        };
        self.letters.park(event, cause, &detail).await?;
        Ok(cause.name())
    }

    /// Takes the dead letters of a parked stream again, in order, and unparks it if all took effect. Returns whether they did.
    ///
    /// # Errors
    /// The database is away; what was taken stays taken.
    pub async fn replay(&self, stream: Stream) -> Result<bool, Failure> {
        for event in self.letters.of(self.source(), stream).await? {
            self.letters.unpark(stream).await?;
            let taken = match self.reactions.hand_in(&event).await {
                Ok(pending) => pending.taken().await,
                Err(undecodable) => Err(Failure::Broken(undecodable)),
            };
            match taken {
                Ok(Taken::Effective | Taken::Repeat | Taken::Ignored(_)) => {
                    self.letters.remove(&event).await?;
                }
                other => {
                    self.settle(&event, other).await?;
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }
}
