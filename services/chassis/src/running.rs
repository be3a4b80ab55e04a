//! What runs, and how it is stopped: the calls first, then the work behind them.

use std::future::Future;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::server::DRAIN;
use crate::service::BoxError;

/// How long either half may take to stop: the drain, and as much again for what follows it.
const PATIENCE: Duration = DRAIN.saturating_mul(2);

/// Everything that services have started in a process. A call that is let finish finds what it needs still at work: so servers stop
/// before carriers, relays and jobs.
#[derive(Default)]
pub struct Running {
    servers: Half,
    work: Half,
}

#[derive(Default)]
struct Half {
    stop: CancellationToken,
    tasks: JoinSet<Result<(), BoxError>>,
}

impl Running {
    /// Runs a server; `serve` gets the signal at which it lets calls finish and ends.
    pub fn serve<F>(&mut self, serve: impl FnOnce(CancellationToken) -> F)
    where
        F: Future<Output = Result<(), BoxError>> + Send + 'static,
    {
        self.servers.tasks.spawn(serve(self.servers.stop.clone()));
    }

    /// Runs work that is dropped, wherever it stands, once the servers have ended.
    pub fn work(&mut self, work: impl Future<Output = Result<(), BoxError>> + Send + 'static) {
        let stop = self.work.stop.clone();
        self.work.tasks.spawn(async move {
            tokio::select! {
                ended = work => ended,
                () = stop.cancelled() => Ok(()),
            }
        });
    }

    /// Returns when anything ends although nobody stopped it.
    pub async fn failed(&mut self) -> BoxError {
        tokio::select! {
            error = self.servers.failed() => error,
            error = self.work.failed() => error,
        }
    }

    /// Lets running calls finish, then stops the work.
    pub async fn stop(self) {
        self.servers.stop().await;
        self.work.stop().await;
    }
}

impl Half {
    async fn failed(&mut self) -> BoxError {
        match self.tasks.join_next().await {
            Some(Ok(Err(error))) => error,
            Some(Err(panic)) => panic.into(),
            Some(Ok(Ok(()))) => "a part of a service ended by itself".into(),
            None => std::future::pending().await,
        }
    }

    async fn stop(mut self) {
        self.stop.cancel();
        let ended = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(PATIENCE, ended).await.is_err() {
            tracing::warn!("some tasks did not end and were cut off");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    /// Tells that it is gone.
    struct Lives(Arc<AtomicBool>);

    impl Drop for Lives {
        fn drop(&mut self) {
            self.0.store(false, Ordering::SeqCst);
        }
    }

    #[tokio::test]
    async fn the_work_goes_on_until_the_last_call_is_answered() {
        let (lives, mut running) = (Arc::new(AtomicBool::new(true)), Running::default());
        let work = Lives(lives.clone());
        running.work(async move {
            let _held = work;
            std::future::pending().await
        });
        let seen = lives.clone();
        running.serve(|stop| async move {
            stop.cancelled().await;
            tokio::task::yield_now().await;
            assert!(seen.load(Ordering::SeqCst), "the last call needs the work");
            Ok(())
        });
        running.stop().await;
        assert!(!lives.load(Ordering::SeqCst));
    }

    #[tokio::test]
    async fn an_end_that_nobody_asked_for_is_a_failure() {
        let mut running = Running::default();
        running.serve(|stop| async move {
            stop.cancelled().await;
            Ok(())
        });
        running.work(async { Err("broken".into()) });
        assert_eq!(running.failed().await.to_string(), "broken");
    }
}
