//! The door: where commands come in and answers go out.

use std::marker::PhantomData;
use std::sync::Arc;

use sqlx::PgPool;
use tokio::sync::{mpsc, oneshot};

use super::batch::{Shared, carry_out};
use super::lane::{self, Boxed, Entrances, Envelope, Passing, Verdict, Waiting};
use super::{Command, Failure, FingerprintKey, Once, Store, Stream};
use crate::clock::Clock;
use crate::events::Bell;
use crate::refusal::{Refusal, overloaded};
use crate::telemetry::{Metrics, current_traceparent};

/// How wide the door is.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Lanes: transactions at once. Two keep one gathering while the other commits; more gained nothing when measured.
    pub lanes: usize,
    /// Commands of one batch, at most.
    pub batch: usize,
    /// Calls, and apart from them events, that may wait in a lane; a call beyond is refused as OVERLOADED.
    pub queue: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { lanes: 2, batch: 256, queue: 1024 }
    }
}

/// The one way to change the state of a service's root noun. Clones share the lanes.
pub struct Door<S: Store> {
    lanes: Arc<[Entrances<S::Root>]>,
    shared: Arc<Shared<S>>,
    fingerprints: FingerprintKey,
}

impl<S: Store> Clone for Door<S> {
    fn clone(&self) -> Self {
        Self {
            lanes: self.lanes.clone(),
            shared: self.shared.clone(),
            fingerprints: self.fingerprints.clone(),
        }
    }
}

impl<S: Store> Door<S> {
    /// Opens the door of one root: its lanes run until the last clone is dropped and all commands are answered.
    pub fn open(
        service: &'static str,
        pool: PgPool,
        store: S,
        rules: Arc<<S::Root as super::Root>::Rules>,
        around: Around,
    ) -> Self {
        let Around { clock, metrics, bell, settings, fingerprints } = around;
        let shared =
            Arc::new(Shared { service, pool, store, rules, clock, metrics, bell, settings });
        let lanes = (0..settings.lanes.max(1)).map(|_| lane::open(shared.clone())).collect();
        Self { lanes, shared, fingerprints }
    }

    /// Carries a command out and waits for its answer.
    ///
    /// # Errors
    /// [`Failure`] tells whether a repeat is of use. A refusal OVERLOADED left no trace.
    pub async fn run<C>(&self, once: Once, command: C) -> Result<C::Answer, Failure>
    where
        C: Command<Root = S::Root>,
    {
        let stream = command.stream();
        let (reply, answer) = oneshot::channel();
        let traceparent = current_traceparent();
        let once = self.fingerprints.keyed(once);
        let envelope = Envelope { command, once, traceparent, reply };
        match self.lane(stream).calls.try_send(Waiting::now(Box::new(envelope))) {
            Ok(()) => Pending::<C::Answer>::of(answer).answer().await,
            Err(mpsc::error::TrySendError::Full(_)) => Err(overloaded().into()),
            Err(mpsc::error::TrySendError::Closed(_)) => Err(closing()),
        }
    }

    /// Hands in the command that follows from an event and does not wait: events handed in one after the other are decided in that order.
    pub async fn react<C>(&self, once: Once, command: C) -> Pending<()>
    where
        C: Command<Root = S::Root>,
    {
        let stream = command.stream();
        let (reply, answer) = oneshot::channel();
        let envelope = Envelope { command, once, traceparent: current_traceparent(), reply };
        self.hand_in(stream, Box::new(envelope), answer).await
    }

    /// Counts an event that concerns nobody here.
    pub async fn pass(&self, once: Once, stream: Stream) -> Pending<()> {
        let (reply, answer) = oneshot::channel();
        self.hand_in(stream, Box::new(Passing { stream, once, reply }), answer).await
    }

    /// Hands in the command that ends a job, and waits.
    ///
    /// # Errors
    /// As [`Door::run`]; the refusal LEASE_LOST tells that another holds the job, or that it has ended.
    pub(crate) async fn finish<C>(&self, once: Once, command: C) -> Result<(), Failure>
    where
        C: Command<Root = S::Root, Answer = ()>,
    {
        self.react(once, command).await.answer().await
    }

    /// Decides timers that were found due, in a batch apart from the lanes: it waits for no lock.
    pub(crate) async fn take_due<C>(&self, due: Vec<(Once, C)>) -> Vec<Pending<()>>
    where
        C: Command<Root = S::Root, Answer = ()>,
    {
        let (mut batch, mut taken) = (Vec::<Boxed<S::Root>>::new(), Vec::new());
        for (once, command) in due {
            let (reply, answer) = oneshot::channel();
            batch.push(Box::new(Envelope { command, once, traceparent: None, reply }));
            taken.push(Pending::of(answer));
        }
        carry_out(&self.shared, batch).await;
        taken
    }

    /// The service whose door it is.
    pub(crate) fn service(&self) -> &'static str {
        self.shared.service
    }

    pub(crate) fn pool(&self) -> &PgPool {
        &self.shared.pool
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.shared.metrics
    }

    async fn hand_in(
        &self,
        stream: Stream,
        queued: Boxed<S::Root>,
        answer: oneshot::Receiver<Verdict>,
    ) -> Pending<()> {
        // A closed lane drops the command, and with it the sender that `answer` waits for.
        let _ = self.lane(stream).events.send(Waiting::now(queued)).await;
        Pending::of(answer)
    }

    fn lane(&self, stream: Stream) -> &Entrances<S::Root> {
        let (_, low) = stream.0.as_u64_pair();
        let lanes = u64::try_from(self.lanes.len()).unwrap_or(1);
        &self.lanes[usize::try_from(low % lanes).unwrap_or_default()]
    }
}

/// What a door needs from the process it opens in.
#[derive(Clone)]
pub struct Around {
    /// The service's clock.
    pub clock: Clock,
    /// Where its measures go.
    pub metrics: Metrics,
    /// Rung after each commit that published something.
    pub bell: Bell,
    /// How wide it is.
    pub settings: Settings,
    /// Keys what is kept of calls.
    pub fingerprints: FingerprintKey,
}

/// A command handed in, its answer to come.
#[derive(Debug)]
pub struct Pending<A> {
    answer: oneshot::Receiver<Verdict>,
    kind: PhantomData<fn() -> A>,
}

/// What became of an event.
#[derive(Debug)]
pub enum Taken {
    /// It took effect.
    Effective,
    /// It had been taken before.
    Repeat,
    /// The rules said no to what would follow: nothing follows.
    Ignored(Refusal),
    /// An event before it is missing.
    Gap {
        /// The sequence that should have come.
        expected: i64,
    },
    /// Its stream is parked.
    Parked,
}

impl<A> Pending<A> {
    fn of(answer: oneshot::Receiver<Verdict>) -> Self {
        Self { answer, kind: PhantomData }
    }

    async fn verdict(self) -> Verdict {
        self.answer.await.unwrap_or_else(|_| Verdict::Failed(closing()))
    }
}

impl Pending<()> {
    /// What became of the event.
    ///
    /// # Errors
    /// `Unavailable`: hand it in again. `Broken`: it is poison.
    pub async fn taken(self) -> Result<Taken, Failure> {
        match self.verdict().await {
            Verdict::Answered(_) => Ok(Taken::Effective),
            Verdict::Refused(refusal) => Ok(Taken::Ignored(refusal)),
            Verdict::Repeat => Ok(Taken::Repeat),
            Verdict::Gap { expected } => Ok(Taken::Gap { expected }),
            Verdict::Parked => Ok(Taken::Parked),
            Verdict::Failed(failure) => Err(failure),
        }
    }
}

impl<A: super::Kept> Pending<A> {
    async fn answer(self) -> Result<A, Failure> {
        match self.verdict().await {
            Verdict::Answered(answer) => serde_json::from_str(&answer)
                .map_err(|error| Failure::Broken(format!("a kept answer does not read: {error}"))),
            Verdict::Refused(refusal) => Err(refusal.into()),
            Verdict::Failed(failure) => Err(failure),
            Verdict::Repeat | Verdict::Gap { .. } | Verdict::Parked => {
                Err(Failure::Broken("a call was judged as an event".into()))
            }
        }
    }
}

fn closing() -> Failure {
    Failure::Unavailable("the service is stopping".into())
}
