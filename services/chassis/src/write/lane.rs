//! A lane: commands of its streams, gathered into batches that run one after the other.
//!
//! Batches form by themselves: while one commits, the next gathers. Calls and events queue apart and share each batch, so that a
//! flood of either leaves the other its half.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::batch::{Shared, carry_out};
use super::{Command, Decided, Failure, Once, Root, Store, Stream};
use crate::refusal::Refusal;
use crate::write::at::At;

/// A command on its way, its types but the root's forgotten.
pub(super) trait Queued<R: Root>: Send + Sync {
    fn name(&self) -> &'static str;
    fn stream(&self) -> Stream;
    fn once(&self) -> &Once;
    fn traceparent(&self) -> Option<&str>;
    fn wants(&self) -> R::Wants;
    /// Nobody waits for the answer any more: its deadline has passed or its caller is gone.
    fn given_up(&self) -> bool;
    /// None: nothing to change but the head, which counts the event.
    fn decide(
        &self,
        before: Option<&R>,
        rules: &R::Rules,
        at: &mut At<'_>,
    ) -> Result<Option<Decided<R, String>>, Refusal>;
    fn finish(self: Box<Self>, verdict: Verdict);
}

/// What became of one command.
#[derive(Clone, Debug)]
pub(super) enum Verdict {
    /// It took effect, now or by an earlier call: the answer, as JSON.
    Answered(String),
    /// The rules said no.
    Refused(Refusal),
    /// An event already taken.
    Repeat,
    /// An event before it is missing.
    Gap { expected: i64 },
    /// An event of a parked stream.
    Parked,
    /// Not carried out, or not known to be.
    Failed(Failure),
}

/// A command with who waits for it.
pub(super) struct Envelope<C> {
    pub(super) command: C,
    pub(super) once: Once,
    pub(super) traceparent: Option<String>,
    pub(super) reply: oneshot::Sender<Verdict>,
}

impl<C: Command> Queued<C::Root> for Envelope<C> {
    fn name(&self) -> &'static str {
        C::NAME
    }

    fn stream(&self) -> Stream {
        self.command.stream()
    }

    fn once(&self) -> &Once {
        &self.once
    }

    fn traceparent(&self) -> Option<&str> {
        self.traceparent.as_deref()
    }

    fn wants(&self) -> <C::Root as Root>::Wants {
        self.command.wants()
    }

    fn given_up(&self) -> bool {
        self.reply.is_closed()
    }

    fn decide(
        &self,
        before: Option<&C::Root>,
        rules: &<C::Root as Root>::Rules,
        at: &mut At<'_>,
    ) -> Result<Option<Decided<C::Root, String>>, Refusal> {
        let Decided { after, facts, answer } = self.command.decide(before, rules, at)?;
        let answer = serde_json::to_string(&answer).expect("an answer is plain data");
        Ok(Some(Decided { after, facts, answer }))
    }

    fn finish(self: Box<Self>, verdict: Verdict) {
        // The caller may be gone; then nobody needs the verdict.
        let _ = self.reply.send(verdict);
    }
}

/// An event that concerns nobody here: the head counts it, so that the next one shows no gap.
pub(super) struct Passing {
    pub(super) stream: Stream,
    pub(super) once: Once,
    pub(super) reply: oneshot::Sender<Verdict>,
}

impl<R: Root> Queued<R> for Passing {
    fn name(&self) -> &'static str {
        "PassEvent"
    }

    fn stream(&self) -> Stream {
        self.stream
    }

    fn once(&self) -> &Once {
        &self.once
    }

    fn traceparent(&self) -> Option<&str> {
        None
    }

    fn wants(&self) -> R::Wants {
        R::Wants::default()
    }

    fn given_up(&self) -> bool {
        self.reply.is_closed()
    }

    fn decide(
        &self,
        _: Option<&R>,
        _: &R::Rules,
        _: &mut At<'_>,
    ) -> Result<Option<Decided<R, String>>, Refusal> {
        Ok(None)
    }

    fn finish(self: Box<Self>, verdict: Verdict) {
        let _ = self.reply.send(verdict);
    }
}

pub(super) type Boxed<R> = Box<dyn Queued<R>>;

/// A command in a queue, and since when.
pub(super) struct Waiting<R: Root> {
    command: Boxed<R>,
    since: Instant,
}

impl<R: Root> Waiting<R> {
    pub(super) fn now(command: Boxed<R>) -> Self {
        Self { command, since: Instant::now() }
    }
}

/// The two entrances of a lane.
pub(super) struct Entrances<R: Root> {
    pub(super) calls: mpsc::Sender<Waiting<R>>,
    pub(super) events: mpsc::Sender<Waiting<R>>,
}

/// Opens a lane; it ends when its entrances are dropped and its queues are empty.
pub(super) fn open<S: Store>(shared: Arc<Shared<S>>) -> Entrances<S::Root> {
    let (calls, mut calling) = mpsc::channel(shared.settings.queue);
    let (events, mut coming) = mpsc::channel(shared.settings.queue);
    tokio::spawn(async move {
        while let Some(batch) = gather(&mut calling, &mut coming, shared.settings.batch).await {
            let wanted = wanted(&shared, batch);
            if !wanted.is_empty() {
                carry_out(&shared, wanted).await;
            }
        }
    });
    Entrances { calls, events }
}

/// Those whose callers still wait, each with its wait measured.
fn wanted<S: Store>(shared: &Shared<S>, batch: Vec<Waiting<S::Root>>) -> Vec<Boxed<S::Root>> {
    let measured = batch.into_iter().inspect(|waiting| {
        shared.metrics.waited(shared.service, waiting.since.elapsed());
    });
    measured.map(|waiting| waiting.command).filter(|command| !command.given_up()).collect()
}

async fn gather<R: Root>(
    calls: &mut mpsc::Receiver<Waiting<R>>,
    events: &mut mpsc::Receiver<Waiting<R>>,
    most: usize,
) -> Option<Vec<Waiting<R>>> {
    let first = tokio::select! {
        Some(call) = calls.recv() => call,
        Some(event) = events.recv() => event,
        else => return None,
    };
    let mut batch = vec![first];
    take_ready(calls, &mut batch, most / 2);
    take_ready(events, &mut batch, most);
    take_ready(calls, &mut batch, most);
    Some(batch)
}

fn take_ready<R: Root>(
    queue: &mut mpsc::Receiver<Waiting<R>>,
    batch: &mut Vec<Waiting<R>>,
    most: usize,
) {
    while batch.len() < most {
        let Ok(next) = queue.try_recv() else { return };
        batch.push(next);
    }
}
