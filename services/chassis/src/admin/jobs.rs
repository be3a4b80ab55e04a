//! `JobService`: what is still to do, and what does not go well.

use proto::motcua::admin::v1 as pb;
use proto::motcua::admin::v1::job_service_server::JobService;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{Operations, failed, operator};
use crate::backlog::{self, Kinds, OVERDUE};
use crate::clock::timestamp;
use crate::jobs::{self, Troubled, troubled};
use crate::pages::{Page, PageSize};
use crate::refusal::Refusal;
use crate::timers::{self, Late, late};
use crate::write::request_id;

/// Letters of a kind, at most.
const LONGEST_KIND: usize = 60;

const SIZES: PageSize = PageSize { default: 50, most: 200 };

#[tonic::async_trait]
impl JobService for Operations {
    async fn get_backlog(
        &self,
        request: Request<pb::GetBacklogRequest>,
    ) -> Result<Response<pb::Backlog>, Status> {
        operator(&request)?;
        let jobs = backlog::jobs(&self.0.pool).await.map_err(failed)?;
        let timers = backlog::timers(&self.0.pool, &self.0.clock).await.map_err(failed)?;
        Ok(Response::new(pb::Backlog { jobs: kinds(jobs), timers: kinds(timers) }))
    }

    async fn list_jobs(
        &self,
        request: Request<pb::ListJobsRequest>,
    ) -> Result<Response<pb::ListJobsResponse>, Status> {
        operator(&request)?;
        let pb::ListJobsRequest { page_size, page_token } = request.into_inner();
        let page = Page::<Uuid>::asked(page_size, &page_token, SIZES, "jobs")?;
        let after = page.after.unwrap_or_default();
        let jobs = troubled(&self.0.pool, after, page.size).await.map_err(failed)?;
        let next_page_token = page.next(jobs.last().map(|job| job.id), jobs.len());
        let jobs = jobs.into_iter().map(job).collect();
        Ok(Response::new(pb::ListJobsResponse { jobs, next_page_token }))
    }

    async fn list_timers(
        &self,
        request: Request<pb::ListTimersRequest>,
    ) -> Result<Response<pb::ListTimersResponse>, Status> {
        operator(&request)?;
        let pb::ListTimersRequest { page_size, page_token } = request.into_inner();
        let page = Page::<(Uuid, String)>::asked(page_size, &page_token, SIZES, "timers")?;
        let after = page.after.clone().unwrap_or_default();
        let overdue = self.0.clock.now() - OVERDUE;
        let timers = late(&self.0.pool, overdue, &after, page.size).await.map_err(failed)?;
        let last = timers.last().map(|timer| (timer.stream, timer.kind.clone()));
        let next_page_token = page.next(last, timers.len());
        let timers = timers.into_iter().map(timer).collect();
        Ok(Response::new(pb::ListTimersResponse { timers, next_page_token }))
    }

    async fn retry_jobs(
        &self,
        request: Request<pb::RetryJobsRequest>,
    ) -> Result<Response<pb::RetryJobsResponse>, Status> {
        let by = operator(&request)?;
        let wish = request.into_inner();
        request_id(&wish.request_id)?;
        let kind = known_form(&wish.kind)?;
        let now = self.0.clock.now();
        let retried = jobs::retry(&self.0.pool, kind, now).await.map_err(failed)?;
        tracing::info!(by, kind, retried, "jobs that were given up are tried again");
        Ok(Response::new(pb::RetryJobsResponse { retried: count(retried) }))
    }

    async fn retry_timers(
        &self,
        request: Request<pb::RetryTimersRequest>,
    ) -> Result<Response<pb::RetryTimersResponse>, Status> {
        let by = operator(&request)?;
        let wish = request.into_inner();
        request_id(&wish.request_id)?;
        let kind = known_form(&wish.kind)?;
        let retried = timers::retry(&self.0.pool, kind).await.map_err(failed)?;
        tracing::info!(by, kind, retried, "timers that were put aside are taken again");
        Ok(Response::new(pb::RetryTimersResponse { retried: count(retried) }))
    }
}

fn known_form(kind: &str) -> Result<&str, Refusal> {
    let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if (1..=LONGEST_KIND).contains(&kind.len()) && kind.bytes().all(letter) {
        return Ok(kind);
    }
    Err(Refusal::field(
        "kind",
        "KIND_MALFORMED",
        format!("Hãy nêu loại việc: 1 đến {LONGEST_KIND} chữ thường, chữ số hoặc gạch dưới."),
        format!("Name the kind: 1 to {LONGEST_KIND} lower case letters, digits and underscores."),
    ))
}

fn count(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn kinds(counted: Kinds) -> Vec<pb::WaitingKind> {
    let kinds = counted.into_iter().map(|(kind, (waiting, failed))| pb::WaitingKind {
        kind,
        waiting: count(waiting),
        failed: count(failed),
    });
    kinds.collect()
}

fn job(job: Troubled) -> pb::Job {
    pb::Job {
        name: format!("jobs/{}", job.id),
        kind: job.kind,
        stream: job.stream.to_string(),
        schedule_time: Some(timestamp(job.scheduled_at)),
        attempts: job.attempts,
        next_attempt_time: job.failed_at.is_none().then(|| timestamp(job.due_at)),
        fail_time: job.failed_at.map(timestamp),
        detail: job.detail,
    }
}

fn timer(timer: Late) -> pb::Timer {
    pb::Timer {
        kind: timer.kind,
        stream: timer.stream.to_string(),
        due_time: Some(timestamp(timer.due_at)),
        fail_time: timer.failed_at.map(timestamp),
        detail: timer.detail,
    }
}
