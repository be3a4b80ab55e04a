//! Leased jobs: work on the world outside (a bank, a post, a gateway of messages) that a commit asked for.
//!
//! ```text
//! command ▶ commit with the job ▶ claim: lease and token ▶ one step outside ▶ command that ends it ▶ commit without the job
//! ```
//!
//! A process may die at any point of this: then the lease runs out and another worker takes the step again, under the same id, which
//! the world outside knows it by. A worker that was frozen and wakes after its lease holds an old token, and its end is refused.

mod backoff;
mod queue;
mod troubled;
mod worker;

use std::future::Future;

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

use crate::refusal::Failure;
use crate::write::Command;

pub(crate) use queue::{lock_tokens, settle};
pub(crate) use troubled::{Troubled, retry, troubled};
pub use worker::Worker;

/// What a job needs to know: names and numbers, no personal data.
pub trait Work: Serialize + DeserializeOwned + Send + 'static {
    /// What has to be done; jobs are claimed by it.
    const KIND: &'static str;
}

/// How one kind of work is done.
pub trait Job: Send + Sync + 'static {
    /// What it needs to know.
    type Work: Work;
    /// Records that it was done. The job is gone with that commit.
    type Done: Command<Answer = ()>;

    /// Does the work, which may have been done before: everything outside is told the lease's id, and takes it once.
    ///
    /// # Errors
    /// `Unavailable` and a refusal: it is tried again, later and later. `Broken`: it is given up at once. Their text is kept for
    /// operators and holds no personal data.
    fn step(
        &self,
        work: Self::Work,
        lease: &Lease,
    ) -> impl Future<Output = Result<Progress<Self::Done>, Failure>> + Send;
}

/// How far a step brought a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress<D> {
    /// It is done: what records that.
    Done(D),
    /// The world outside has nothing to say yet: the step is taken again at this instant, but not within a second. That is no
    /// failure, so attempts are counted from 1 again.
    Later(Timestamp),
}

/// A claim on a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The job's id: the idempotency key of everything done for it.
    pub id: Uuid,
    /// Which attempt this is, from 1, since the work was asked for or last put off by itself.
    pub attempt: i32,
    pub(crate) token: i64,
}

/// A job that a decision asks for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct NewJob {
    pub(crate) id: Uuid,
    pub(crate) kind: &'static str,
    pub(crate) body: Value,
    pub(crate) due: Timestamp,
}

impl NewJob {
    pub(crate) fn of<W: Work>(id: Uuid, work: &W, due: Timestamp) -> Self {
        let body = serde_json::to_value(work).expect("work is plain data");
        Self { id, kind: W::KIND, body, due }
    }
}
