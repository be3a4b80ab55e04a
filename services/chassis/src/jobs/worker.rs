//! Whoever claims jobs of one kind and takes their steps.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use sqlx::PgPool;
use tokio::task::JoinSet;
use tracing::{Instrument, info_span};

use super::backoff::{MOST_ATTEMPTS, pause};
use super::queue::{self, Claimed};
use super::{Job, Lease, Progress, Work};
use crate::refusal::Failure;
use crate::telemetry::set_parent;
use crate::write::{Around, Command, Door, LEASE_LOST, Once, Store};

/// For how long a claim holds.
const LEASE: Duration = Duration::from_secs(30);

/// How long a step may take: well within the lease, so that only a frozen worker outlives it.
const STEP: Duration = Duration::from_secs(20);

/// Jobs that one worker holds at once.
const AT_ONCE: usize = 16;

/// How often jobs are looked for without being woken: those put off, and those of a worker that died.
const LOOK: Duration = Duration::from_secs(1);

/// Does one kind of work. Several may run at once, in one process or many.
pub struct Worker<J: Job, S: Store> {
    service: &'static str,
    pool: PgPool,
    job: J,
    door: Door<S>,
    around: Around,
}

impl<J, S> Worker<J, S>
where
    J: Job,
    S: Store<Root = <J::Done as Command>::Root>,
{
    const KIND: &'static str = <J::Work as Work>::KIND;

    /// A worker of a service; what it does ends through `door`.
    pub fn new(service: &'static str, pool: PgPool, job: J, door: Door<S>, around: Around) -> Self {
        Self { service, pool, job, door, around }
    }

    /// Works for as long as it is polled. Steps that are cut off then are taken again when their lease has run out.
    pub async fn run(self) {
        let worker = Arc::new(self);
        let mut bell = worker.around.bell.listen();
        let mut steps = JoinSet::new();
        loop {
            // There is room: the loop goes on only when a step has ended or fewer are taken than may be.
            for claimed in worker.claim(AT_ONCE - steps.len()).await {
                steps.spawn(worker.clone().carry_out(claimed));
            }
            tokio::select! {
                Some(_) = steps.join_next() => {}
                Ok(()) = bell.changed(), if steps.len() < AT_ONCE => {}
                () = tokio::time::sleep(LOOK), if steps.len() < AT_ONCE => {}
            }
        }
    }

    async fn claim(&self, most: usize) -> Vec<Claimed> {
        let now = self.around.clock.now();
        let most = i64::try_from(most).unwrap_or_default();
        let claimed = queue::claim(&self.pool, Self::KIND, most, now, LEASE).await;
        claimed.unwrap_or_else(|error| {
            tracing::warn!(%error, job = Self::KIND, "jobs cannot be claimed now");
            Vec::new()
        })
    }

    async fn carry_out(self: Arc<Self>, claimed: Claimed) {
        let span = info_span!(
            "job",
            service = self.service,
            job = Self::KIND,
            dossier = %claimed.stream.0,
            otel.name = Self::KIND,
        );
        if let Some(traceparent) = &claimed.traceparent {
            set_parent(&span, traceparent);
        }
        let lease = claimed.lease;
        let work = async {
            let outcome = self.attempt(claimed).await;
            let outcome = self.conclude(&lease, outcome).await;
            self.around.metrics.job_attempted(self.service, Self::KIND, outcome);
        };
        work.instrument(span).await;
    }

    async fn attempt(&self, claimed: Claimed) -> Result<Attempted, Failure> {
        let lease = claimed.lease;
        if lease.attempt > MOST_ATTEMPTS {
            return Err(Failure::Broken("its worker died or froze at every attempt".into()));
        }
        let work = serde_json::from_value(claimed.body)
            .map_err(|error| Failure::Broken(format!("the job's body does not read: {error}")))?;
        let step = tokio::time::timeout(STEP, self.job.step(work, &lease));
        let late = |_| Failure::Unavailable(format!("the step took longer than {STEP:?}"));
        match step.await.map_err(late)?? {
            Progress::Done(done) => {
                let actor = format!("services/{}", self.service);
                let once = Once::Job { id: lease.id, token: lease.token, actor };
                self.door.finish(once, done).await?;
                Ok(Attempted::Finished)
            }
            Progress::Later(due) => Ok(Attempted::Deferred(due)),
        }
    }

    /// What follows from an attempt, in a word for the measures.
    async fn conclude(&self, lease: &Lease, outcome: Result<Attempted, Failure>) -> &'static str {
        match outcome {
            Ok(Attempted::Finished) => "finished",
            Ok(Attempted::Deferred(due)) => self.defer(lease, due).await,
            Err(Failure::Refused(refusal)) if refusal.reason == LEASE_LOST => "lost",
            Err(failure) => self.put_off(lease, &failure).await,
        }
    }

    async fn defer(&self, lease: &Lease, due: Timestamp) -> &'static str {
        let due = due.max(self.around.clock.now() + LOOK);
        told(lease, queue::defer(&self.pool, lease, due).await);
        "deferred"
    }

    async fn put_off(&self, lease: &Lease, failure: &Failure) -> &'static str {
        let now = self.around.clock.now();
        let detail = failure.to_string();
        let hopeless = matches!(failure, Failure::Broken(_)) || lease.attempt >= MOST_ATTEMPTS;
        let written = if hopeless {
            tracing::error!(job = %lease.id, detail, "a job was given up");
            queue::give_up(&self.pool, lease, now, &detail).await
        } else {
            tracing::warn!(job = %lease.id, attempt = lease.attempt, detail, "a job is tried again");
            let due = now + pause(lease.attempt, rand::random());
            queue::put_off(&self.pool, lease, due, &detail).await
        };
        told(lease, written);
        if hopeless { "failed" } else { "put_off" }
    }
}

/// What an attempt that did not fail came to.
enum Attempted {
    Finished,
    Deferred(Timestamp),
}

fn told(lease: &Lease, written: sqlx::Result<()>) {
    if let Err(error) = written {
        tracing::warn!(%error, job = %lease.id, "it is tried again when its lease has run out");
    }
}
