//! `motcua ctl readers` and `motcua ctl jobs`: who is behind, and what is still to do.

use chassis::service::BoxError;
use proto::motcua::admin::v1 as pb;
use proto::motcua::admin::v1::job_service_client::JobServiceClient;
use proto::motcua::admin::v1::reader_service_client::ReaderServiceClient;
use serde::Serialize;

use super::mesh::{Service, Services, known, table, time};
use super::wish;

/// Rows asked for of each service: of jobs and timers no more are shown.
const MOST: i32 = 200;

#[derive(Serialize)]
struct Reader {
    service: &'static str,
    reads: String,
    state: String,
    lag_facts: Option<i64>,
    lag_seconds: Option<i64>,
    parked_streams: i64,
    detail: String,
}

/// How far every reader of the mesh is.
///
/// # Errors
/// A service does not answer, or its refusal.
pub async fn readers(services: &Services, json: bool) -> Result<String, BoxError> {
    let mut rows = Vec::new();
    for service in services.all() {
        let mut asking = ReaderServiceClient::new(service.channel.clone());
        let asked = service.signed(pb::ListReadersRequest::default())?;
        let listed = asking.list_readers(asked).await.map_err(|status| service.refused(status))?;
        let readers = listed.into_inner().readers.into_iter();
        rows.extend(readers.map(|reader| reader_row(service, reader)));
    }
    if json { Ok(serde_json::to_string_pretty(&rows)?) } else { Ok(readers_table(&rows)) }
}

fn reader_row(service: &Service, reader: pb::Reader) -> Reader {
    let state = reader.state().as_str_name().trim_start_matches("READER_STATE_");
    Reader {
        service: service.name,
        reads: reader.name.trim_start_matches("readers/").into(),
        state: state.to_lowercase().replace('_', " "),
        lag_facts: reader.lag_facts,
        lag_seconds: reader.lag_seconds,
        parked_streams: reader.parked_streams,
        detail: reader.detail,
    }
}

/// What is wrong with a reader takes a line of its own below the table.
fn readers_table(rows: &[Reader]) -> String {
    let cells: Vec<_> = rows.iter().map(Reader::cells).collect();
    let headings = ["SERVICE", "READS", "STATE", "BEHIND", "SECONDS", "PARKED"];
    let mut told = table(headings, &cells, "No service reads another.");
    for row in rows.iter().filter(|row| !row.detail.is_empty()) {
        told.push_str(&format!(
            "\n\n{} takes nothing of {}: {}",
            row.service, row.reads, row.detail
        ));
    }
    told
}

impl Reader {
    fn cells(&self) -> [String; 6] {
        [
            self.service.into(),
            self.reads.clone(),
            self.state.clone(),
            known(self.lag_facts),
            known(self.lag_seconds),
            self.parked_streams.to_string(),
        ]
    }
}

/// What one service has still to do.
#[derive(Serialize)]
struct Todo {
    service: &'static str,
    waiting: Vec<Count>,
    troubled: Vec<Troubled>,
}

#[derive(Serialize)]
struct Count {
    what: &'static str,
    kind: String,
    waiting: i64,
    failed: i64,
}

/// A job or timer that does not go well.
#[derive(Serialize)]
struct Troubled {
    what: String,
    kind: String,
    stream: String,
    attempts: Option<i32>,
    next: String,
    failed: String,
    detail: String,
}

/// What every service has still to do, and what of it does not go well.
///
/// # Errors
/// A service does not answer, or its refusal.
pub async fn jobs(services: &Services, json: bool) -> Result<String, BoxError> {
    let mut all = Vec::new();
    for service in services.all() {
        all.push(todo(service).await?);
    }
    if json { Ok(serde_json::to_string_pretty(&all)?) } else { Ok(jobs_table(&all)) }
}

/// Has the jobs and timers of a kind that stand still at a service taken again.
///
/// # Errors
/// The service does not answer, or its refusal.
pub async fn retry(services: &Services, service: &str, kind: &str) -> Result<String, BoxError> {
    let service = services.named(service)?;
    let refused = |status| service.refused(status);
    let mut asking = JobServiceClient::new(service.channel.clone());
    let wished = pb::RetryJobsRequest { kind: kind.into(), request_id: wish() };
    let jobs = asking.retry_jobs(service.signed(wished)?).await.map_err(refused)?;
    let wished = pb::RetryTimersRequest { kind: kind.into(), request_id: wish() };
    let timers = asking.retry_timers(service.signed(wished)?).await.map_err(refused)?;
    let (jobs, timers) = (jobs.into_inner().retried, timers.into_inner().retried);
    Ok(format!("Taken again at {}: {jobs} jobs, {timers} timers of kind {kind}.", service.name))
}

async fn todo(service: &Service) -> Result<Todo, BoxError> {
    let refused = |status| service.refused(status);
    let mut asking = JobServiceClient::new(service.channel.clone());
    let asked = service.signed(pb::GetBacklogRequest {})?;
    let backlog = asking.get_backlog(asked).await.map_err(refused)?.into_inner();
    let asked = pb::ListJobsRequest { page_size: MOST, ..Default::default() };
    let jobs = asking.list_jobs(service.signed(asked)?).await.map_err(refused)?.into_inner().jobs;
    let asked = pb::ListTimersRequest { page_size: MOST, ..Default::default() };
    let listed = asking.list_timers(service.signed(asked)?).await.map_err(refused)?;
    let timers = listed.into_inner().timers;
    let jobs_wait = backlog.jobs.into_iter().map(|kind| count("job", kind));
    let timers_wait = backlog.timers.into_iter().map(|kind| count("timer", kind));
    Ok(Todo {
        service: service.name,
        waiting: jobs_wait.chain(timers_wait).collect(),
        troubled: jobs.into_iter().map(job).chain(timers.into_iter().map(timer)).collect(),
    })
}

fn count(what: &'static str, kind: pb::WaitingKind) -> Count {
    Count { what, kind: kind.kind, waiting: kind.waiting, failed: kind.failed }
}

fn job(job: pb::Job) -> Troubled {
    Troubled {
        what: job.name,
        kind: job.kind,
        stream: job.stream,
        attempts: Some(job.attempts),
        next: time(job.next_attempt_time),
        failed: time(job.fail_time),
        detail: job.detail,
    }
}

fn timer(timer: pb::Timer) -> Troubled {
    Troubled {
        what: "timer".into(),
        kind: timer.kind,
        stream: timer.stream,
        attempts: None,
        next: time(timer.due_time),
        failed: time(timer.fail_time),
        detail: timer.detail,
    }
}

fn jobs_table(all: &[Todo]) -> String {
    let counts = all.iter().flat_map(|todo| todo.waiting.iter().map(|it| it.cells(todo.service)));
    let counts: Vec<_> = counts.collect();
    let headings = ["SERVICE", "WHAT", "KIND", "WAITING", "FAILED"];
    let mut told = table(headings, &counts, "Nothing waits.");
    let troubled =
        all.iter().flat_map(|todo| todo.troubled.iter().map(|it| it.cells(todo.service)));
    let troubled: Vec<_> = troubled.collect();
    if !troubled.is_empty() {
        let headings = ["SERVICE", "WHAT", "KIND", "STREAM", "TRIES", "NEXT", "GIVEN UP", "WHY"];
        told.push_str(&format!("\n\n{}", table(headings, &troubled, "")));
    }
    told
}

impl Count {
    fn cells(&self, service: &str) -> [String; 5] {
        let kind = self.kind.clone();
        let [waiting, failed] = [self.waiting, self.failed].map(|count| count.to_string());
        [service.into(), self.what.into(), kind, waiting, failed]
    }
}

impl Troubled {
    fn cells(&self, service: &str) -> [String; 8] {
        [
            service.into(),
            self.what.clone(),
            self.kind.clone(),
            self.stream.clone(),
            known(self.attempts),
            self.next.clone(),
            self.failed.clone(),
            self.detail.clone(),
        ]
    }
}
