//! Where a carrier delivers: every event takes effect, or is parked with its stream, before the carrier moves on.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;
use tracing::{Instrument, info_span};

use super::dead_letters::{Cause, DeadLetters, Standing};
use super::reactions::Way;
use super::recent::Recent;
use super::{Event, Reactions};
use crate::clock::Clock;
use crate::refusal::Failure;
use crate::telemetry::{Metrics, set_parent};
use crate::write::{Pending, Stream, Taken};

/// One service's reactions to one other's facts. Clones share them.
#[derive(Clone)]
pub struct Sink {
    service: &'static str,
    reactions: Arc<Reactions>,
    letters: DeadLetters,
    metrics: Metrics,
    recent: Arc<Mutex<Recent>>,
    joined: Arc<watch::Sender<bool>>,
}

impl Sink {
    /// The sink of `service` for what its `reactions` name.
    pub fn new(
        service: &'static str,
        reactions: Reactions,
        letters: DeadLetters,
        metrics: Metrics,
    ) -> Self {
        let (reactions, recent, joined) = (Arc::new(reactions), Arc::default(), Arc::default());
        Self { service, reactions, letters, metrics, recent, joined }
    }

    /// Its carrier begins to bring facts.
    pub(super) fn join(&self) {
        self.joined.send_replace(true);
    }

    /// Returns when its carrier has begun to bring facts, be there any or not.
    pub async fn has_joined(&self) {
        // The sender is ours: it is not gone.
        let _ = self.joined.subscribe().wait_for(|joined| *joined).await;
    }

    /// The service that reacts; also the name of its reader and of its Kafka group.
    pub fn service(&self) -> &'static str {
        self.service
    }

    /// The service whose facts it takes.
    pub fn source(&self) -> &'static str {
        self.reactions.source
    }

    pub(super) fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    pub(super) fn clock(&self) -> &Clock {
        self.letters.clock()
    }

    /// Takes events in the order given. When it returns, each has taken effect, was a repeat, or lies among the dead letters.
    ///
    /// # Errors
    /// The database is away, or too many events fail for each to be at fault by itself: deliver the same events again.
    pub async fn take(&self, events: &[Event]) -> Result<(), Failure> {
        let mut handed_in = Vec::with_capacity(events.len());
        for event in events {
            handed_in.push(self.hand_in(event, Way::Carried).await);
        }
        let mut parked = HashSet::new();
        for (event, pending) in events.iter().zip(handed_in) {
            // An event that is unavailable ends the loop before a later one of its stream is judged as a gap.
            let mut outcome = match self.outcome(event, pending, Way::Carried).await? {
                // The one missing is no farther than among the dead letters.
                Outcome::Park(Cause::Gap, _) if parked.contains(&event.stream) => Outcome::WAITS,
                outcome => outcome,
            };
            while outcome == Outcome::WAITS && !self.letters.wait(event).await? {
                // The stream was unparked meanwhile.
                let pending = self.hand_in(event, Way::Carried).await;
                outcome = self.outcome(event, pending, Way::Carried).await?;
            }
            self.judge(&outcome)?;
            if let Outcome::Park(cause, why) = &outcome {
                if *cause != Cause::Waiting {
                    self.letters.park(event, *cause, why).await?;
                }
                parked.insert(event.stream);
            }
            self.metrics.event_handled(self.service, self.source(), outcome.name());
        }
        Ok(())
    }

    async fn hand_in(&self, event: &Event, way: Way) -> Result<Pending<()>, String> {
        let span = info_span!(
            "react",
            service = self.service,
            event = event.kind,
            dossier = %event.stream.0,
            otel.name = %format_args!("process {}", event.kind),
            otel.kind = "consumer",
        );
        if let Some(traceparent) = &event.traceparent {
            set_parent(&span, traceparent);
        }
        self.reactions.hand_in(event, way).instrument(span).await
    }

    async fn outcome(
        &self,
        event: &Event,
        pending: Result<Pending<()>, String>,
        way: Way,
    ) -> Result<Outcome, Failure> {
        let pending = match pending {
            Ok(pending) => pending,
            Err(poison) => return self.outcome_of_poison(event, poison, way).await,
        };
        Ok(match pending.taken().await {
            Ok(Taken::Effective) => Outcome::Effective,
            Ok(Taken::Repeat) => Outcome::Repeat,
            Ok(Taken::Ignored(refusal)) => {
                tracing::info!(
                    event = event.kind, dossier = %event.stream.0, reason = refusal.reason,
                    "nothing follows from an event"
                );
                Outcome::Ignored
            }
            Ok(Taken::Gap { expected }) => {
                Outcome::Park(Cause::Gap, format!("expected {expected}"))
            }
            Ok(Taken::Parked) => Outcome::WAITS,
            Err(Failure::Broken(why)) => Outcome::Park(Cause::Poison, why),
            Err(Failure::Refused(refusal)) => Outcome::Park(Cause::Poison, refusal.reason.into()),
            Err(unavailable @ Failure::Unavailable(_)) => return Err(unavailable),
        })
    }

    /// No command follows from it that the head could have judged; but it may be a repeat of a letter that was mended and taken.
    async fn outcome_of_poison(
        &self,
        event: &Event,
        why: String,
        way: Way,
    ) -> Result<Outcome, Failure> {
        Ok(match self.letters.standing(event).await? {
            Standing::Behind => Outcome::Repeat,
            Standing::Parked if way == Way::Carried => Outcome::WAITS,
            Standing::Parked | Standing::Ahead => Outcome::Park(Cause::Poison, why),
        })
    }

    /// Counts an event that passes or fails, unless one more failure would be too many.
    fn judge(&self, outcome: &Outcome) -> Result<(), Failure> {
        let failed = match outcome {
            Outcome::Effective | Outcome::Ignored => false,
            Outcome::Park(Cause::Poison | Cause::Gap, _) => true,
            // Judged when it came first, or when its stream was parked.
            Outcome::Repeat | Outcome::Park(Cause::Waiting, _) => return Ok(()),
        };
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        if failed && !recent.bears_another() {
            let (service, source) = (self.service, self.source());
            tracing::error!(
                service,
                source,
                ?outcome,
                "too many events fail: none is taken until this one can be"
            );
            return Err(Failure::Unavailable(format!("too many events of {source} fail")));
        }
        recent.count(failed);
        Ok(())
    }

    /// Takes this source's dead letters of a parked stream again, in order. Returns whether all took effect; the stream is unparked if
    /// no letter of another source is left either. Until then what comes meanwhile goes on waiting, and two replays at once only repeat.
    ///
    /// # Errors
    /// The database is away; what was taken stays taken.
    pub async fn replay(&self, stream: Stream) -> Result<bool, Failure> {
        loop {
            // Again, for there may be more than were read at once, and meanwhile more may have come.
            let letters = self.letters.of(self.source(), stream).await?;
            if letters.is_empty() && self.letters.unpark(self.source(), stream).await? {
                return Ok(true);
            }
            for event in letters {
                let pending = self.hand_in(&event, Way::Replayed).await;
                let outcome = self.outcome(&event, pending, Way::Replayed).await?;
                if let Outcome::Park(cause, why) = outcome {
                    self.letters.park(&event, cause, &why).await?;
                    return Ok(false);
                }
                self.letters.remove(&event).await?;
            }
        }
    }
}

/// What became of an event.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Effective,
    Repeat,
    Ignored,
    /// It cannot be taken, for the cause and with the details given.
    Park(Cause, String),
}

impl Outcome {
    /// It waits behind others of its parked stream.
    const WAITS: Self = Self::Park(Cause::Waiting, String::new());

    fn name(&self) -> &'static str {
        match self {
            Self::Effective => "effective",
            Self::Repeat => "repeat",
            Self::Ignored => "ignored",
            Self::Park(cause, _) => cause.name(),
        }
    }
}
