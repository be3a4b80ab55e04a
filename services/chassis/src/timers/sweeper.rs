//! Whoever finds timers of one kind that are due and hands in what follows.

use std::time::Duration;

use super::{Due, queue};
use crate::database::failed;
use crate::refusal::Failure;
use crate::write::{Command, Door, Once, Store, Taken};

/// Timers taken in one transaction.
const PORTION: i64 = 256;

/// How often timers are looked for. Legal time is the timer's own, so nothing is lost by a second.
const LOOK: Duration = Duration::from_secs(1);

/// Takes the timers of one kind. Several may run at once, in one process or many.
pub struct Sweeper<S: Store, C> {
    kind: &'static str,
    door: Door<S>,
    command: Box<dyn Fn(Due) -> C + Send + Sync>,
}

impl<S, C> Sweeper<S, C>
where
    S: Store,
    C: Command<Root = S::Root, Answer = ()>,
{
    /// What follows when a timer of `kind` is due: `command`, of the timer's own stream, through `door`. A refusal of it lets the timer
    /// go as well: nothing follows.
    pub fn new(
        kind: &'static str,
        door: &Door<S>,
        command: impl Fn(Due) -> C + Send + Sync + 'static,
    ) -> Self {
        Self { kind, door: door.clone(), command: Box::new(command) }
    }

    /// Sweeps for as long as it is polled. What is cut off then is rolled back, and found again.
    pub async fn run(self) {
        loop {
            let pause = match self.sweep().await {
                Ok(Swept::Nothing) => LOOK,
                Ok(Swept::Some) => Duration::ZERO,
                Ok(Swept::Elsewhere) => Duration::from_millis(rand::random_range(5..50)),
                Err(failure) => {
                    tracing::warn!(%failure, timer = self.kind, "timers cannot be taken now");
                    LOOK
                }
            };
            tokio::time::sleep(pause).await;
        }
    }

    /// One that cannot be taken now keeps no other from its turn: it is told of at the end.
    async fn sweep(&self) -> Result<Swept, Failure> {
        let (pool, clock) = (self.door.pool(), self.door.clock());
        let found = queue::look(pool, self.kind, PORTION, clock.now()).await.map_err(failed)?;
        if found.is_empty() {
            return Ok(Swept::Nothing);
        }
        let commands = found.iter().map(|due| (self.once(due), (self.command)(*due))).collect();
        let (mut swept, mut ailing) = (Swept::Elsewhere, None);
        for (due, taken) in found.iter().zip(self.door.take_due(commands).await) {
            match self.conclude(due, taken.taken().await).await {
                Ok(Some(outcome)) => {
                    self.door.metrics().timer_handled(self.door.service(), self.kind, outcome);
                    swept = Swept::Some;
                }
                Ok(None) => {}
                Err(failure) => ailing = Some(failure),
            }
        }
        ailing.map_or(Ok(swept), Err)
    }

    fn once(&self, due: &Due) -> Once {
        let actor = format!("services/{}", self.door.service());
        Once::Timer { stream: due.stream, kind: self.kind, due: due.at, actor }
    }

    /// What became of a timer, in a word for the measures; none if somebody else has it.
    async fn conclude(
        &self,
        due: &Due,
        taken: Result<Taken, Failure>,
    ) -> Result<Option<&'static str>, Failure> {
        let (timer, dossier) = (self.kind, due.stream.0);
        match taken {
            Ok(Taken::Effective) => Ok(Some("effective")),
            Ok(Taken::Ignored(refusal)) => {
                tracing::info!(timer, %dossier, reason = refusal.reason, "nothing follows from a timer");
                Ok(Some("ignored"))
            }
            Ok(Taken::Repeat | Taken::Parked | Taken::Gap { .. }) => Ok(None),
            Err(Failure::Broken(why)) => {
                tracing::error!(timer, %dossier, detail = why, "a timer could not be taken; it is put aside");
                let now = self.door.clock().now();
                queue::put_aside(self.door.pool(), timer, due, now, &why).await.map_err(failed)?;
                Ok(Some("failed"))
            }
            Err(failure @ (Failure::Refused(_) | Failure::Unavailable(_))) => Err(failure),
        }
    }
}

/// What a sweep came to.
enum Swept {
    /// Nothing is due.
    Nothing,
    /// Some were taken: there may be more.
    Some,
    /// All that are due are in other hands.
    Elsewhere,
}
