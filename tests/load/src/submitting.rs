//! The mesh's turn: drafts submitted over gRPC, so many at a time, then the facts that follow.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use chassis::service::BoxError;
use journeys::{in_name_of, wish};
use proto::motcua::dossier::v1 as pb;
use proto::motcua::dossier::v1::dossier_service_client::DossierServiceClient;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tonic::Status;
use tonic::transport::Channel;

use crate::cost::Cpu;
use crate::drafts::{self, Draft};
use crate::ground::Ground;
use crate::measures::{Counted, percentile};

/// How long the services may take to take in every fact once the last submission was answered.
const PATIENCE: Duration = Duration::from_secs(120);

/// Facts that follow from one submission: dossier's own, and workflow's that a case and its first task were opened.
const FACTS: f64 = 3.0;

/// One turn of the mesh.
#[derive(Debug)]
pub struct Turn {
    /// Dossiers submitted.
    pub submitted: usize,
    /// From the first submission to the last answer.
    pub took: Duration,
    /// Half of the submissions were answered within this time, seen by the caller.
    pub p50: Duration,
    /// 99 of 100 were.
    pub p99: Duration,
    /// Commands that shared one commit of dossier, on average.
    pub batch: f64,
    /// Processor time until the last answer.
    pub cpu: Cpu,
    /// From the first submission until workflow had opened the last case.
    pub opened: Duration,
    /// From the first submission until every fact was taken in by the other service.
    pub quiet: Duration,
    /// Processor time until then.
    pub cpu_quiet: Cpu,
}

impl Turn {
    /// Facts taken in per second, until there were none.
    pub fn facts_per_second(&self) -> f64 {
        FACTS * self.submitted as f64 / self.quiet.as_secs_f64()
    }
}

/// Submits every draft, `in_flight` at a time.
///
/// # Errors
/// A submission failed, or the facts were not taken in.
pub async fn run(
    ground: &Ground<'_>,
    drafts: Vec<Draft>,
    in_flight: u16,
) -> Result<Turn, BoxError> {
    let load = Load::of(ground, drafts)?;
    let clients = drafts::clients(ground, in_flight).await?;
    let (before, began) = (Counted::now(&ground.metrics), Instant::now());
    let cpu_before = ground.cpu()?;
    let mut latencies = submit_all(load.clone(), clients).await?;
    let took = began.elapsed();
    let cpu = ground.cpu()? - cpu_before;
    let batch = (Counted::now(&ground.metrics) - before).batch();
    let count = load.drafts.len() as f64;
    let taken = |counted: Counted| counted - before;
    wait(ground, |now| taken(now).cases_opened >= count).await?;
    let opened = began.elapsed();
    wait(ground, |now| taken(now).facts_of_workflow >= (FACTS - 1.0) * count).await?;
    latencies.sort_unstable();
    Ok(Turn {
        submitted: latencies.len(),
        took,
        p50: percentile(&latencies, 50),
        p99: percentile(&latencies, 99),
        batch,
        cpu,
        opened,
        quiet: began.elapsed(),
        cpu_quiet: ground.cpu()? - cpu_before,
    })
}

/// What the workers share.
#[derive(Clone)]
struct Load {
    drafts: Arc<[Draft]>,
    tokens: Arc<HashMap<Arc<str>, String>>,
    next: Arc<AtomicUsize>,
}

impl Load {
    fn of(ground: &Ground<'_>, drafts: Vec<Draft>) -> Result<Self, BoxError> {
        let mut tokens = HashMap::new();
        for draft in &drafts {
            if !tokens.contains_key(&draft.owner) {
                let token = drafts::token(&ground.mesh.issuer, &draft.owner)?;
                tokens.insert(draft.owner.clone(), token);
            }
        }
        Ok(Self { drafts: drafts.into(), tokens: tokens.into(), next: Arc::default() })
    }
}

async fn submit_all(
    load: Load,
    clients: Vec<DossierServiceClient<Channel>>,
) -> Result<Vec<Duration>, BoxError> {
    let mut tasks = JoinSet::new();
    for client in clients {
        tasks.spawn(worker(load.clone(), client));
    }
    let mut latencies = Vec::new();
    while let Some(done) = tasks.join_next().await {
        let done = done?.map_err(|status| {
            let reason = chassis::status::reason(&status).unwrap_or_default();
            format!("a submission failed: {:?} {reason} {}", status.code(), status.message())
        })?;
        latencies.extend(done);
    }
    Ok(latencies)
}

async fn worker(
    load: Load,
    mut client: DossierServiceClient<Channel>,
) -> Result<Vec<Duration>, Status> {
    let mut latencies = Vec::new();
    while let Some(draft) = load.drafts.get(load.next.fetch_add(1, Ordering::Relaxed)) {
        let asked = pb::SubmitDossierRequest {
            name: draft.name.clone(),
            etag: draft.etag.clone(),
            request_id: wish(),
        };
        let request = in_name_of(&load.tokens[&draft.owner], asked);
        let began = Instant::now();
        client.submit_dossier(request).await?;
        latencies.push(began.elapsed());
    }
    Ok(latencies)
}

/// Looks at the services' own counts, which costs the database nothing.
async fn wait(ground: &Ground<'_>, holds: impl Fn(Counted) -> bool) -> Result<(), BoxError> {
    let waiting = async {
        while !holds(Counted::now(&ground.metrics)) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let late = |_| format!("facts were not taken in within {} s", PATIENCE.as_secs());
    Ok(tokio::time::timeout(PATIENCE, waiting).await.map_err(late)?)
}
