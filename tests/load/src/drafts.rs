//! Drafts with every answer, made the way a citizen makes them: CreateDossier, then SaveStep for each step of the form.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use chassis::access::{Assurance, Issuer, Person};
use chassis::service::BoxError;
use indicatif::{ProgressBar, ProgressStyle};
use journeys::{FORM, in_name_of, new_draft, sample, structure, wish};
use motcua::journey::papers;
use proto::motcua::dossier::v1 as pb;
use proto::motcua::dossier::v1::dossier_service_client::DossierServiceClient;
use rand::seq::SliceRandom;
use tokio::task::JoinSet;
use tonic::transport::{Channel, Endpoint};
use uuid::Uuid;

use crate::ground::Ground;

/// Connections the load comes over.
const CONNECTIONS: usize = 2;

/// How long one call may take.
const LIMIT: Duration = Duration::from_secs(30);

/// A draft ready to be submitted.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Its resource name.
    pub name: String,
    /// Its etag after the last step.
    pub etag: String,
    /// Resource name of the account it belongs to.
    pub owner: Arc<str>,
}

/// A token for a citizen's account, good for five minutes from now.
///
/// # Errors
/// Signing failed.
pub fn token(issuer: &Issuer, account: &str) -> Result<String, BoxError> {
    Ok(issuer.issue(account, Person::Citizen { assurance: Assurance::Substantial.into() })?)
}

/// A client of dossiers for each of `count` workers, over two connections.
///
/// # Errors
/// The server does not take connections.
pub async fn clients(
    ground: &Ground<'_>,
    count: u16,
) -> Result<Vec<DossierServiceClient<Channel>>, BoxError> {
    let address = format!("http://{}", ground.mesh.addresses["dossier"]);
    let endpoint = Endpoint::from_shared(address)?.timeout(LIMIT).tcp_nodelay(true);
    let mut connections = Vec::new();
    for _ in 0..CONNECTIONS {
        connections.push(DossierServiceClient::new(endpoint.connect().await?));
    }
    Ok(connections.into_iter().cycle().take(count.into()).collect())
}

/// Makes `count` drafts, each of a citizen of its own; returned in no order, as citizens submit in none.
///
/// # Errors
/// A call failed.
pub async fn prepare(
    ground: &Ground<'_>,
    count: u32,
    workers: u16,
) -> Result<Vec<Draft>, BoxError> {
    let style = "preparing drafts {bar:40} {pos} of {len}, {eta} to go";
    let progress = ProgressBar::new(count.into()).with_style(ProgressStyle::with_template(style)?);
    let left = Arc::new(AtomicU32::new(count));
    let mut tasks = JoinSet::new();
    for client in clients(ground, workers).await? {
        let (issuer, left, progress) = (ground.mesh.issuer.clone(), left.clone(), progress.clone());
        tasks.spawn(draw_up(client, issuer, left, progress));
    }
    let mut drafts = Vec::new();
    while let Some(made) = tasks.join_next().await {
        drafts.extend(made??);
    }
    progress.finish_and_clear();
    put_papers(ground, &drafts).await?;
    drafts.shuffle(&mut rand::rng());
    Ok(drafts)
}

/// The papers that the form asks for, in the rows of files that were uploaded whole: what is measured reads no more of them.
async fn put_papers(ground: &Ground<'_>, drafts: &[Draft]) -> Result<(), BoxError> {
    let ids = drafts.iter().map(|draft| draft.name.trim_start_matches("dossiers/").parse());
    let ids: Vec<Uuid> = ids.collect::<Result<_, _>>()?;
    sqlx::query(
        "insert into dossier.files
             (dossier, id, paper, sealed_name, kind, size_bytes, created_by, created_at, state,
              state_since, digest, issued)
         select dossier, gen_random_uuid(), paper, '', 1, 1000, '', now(), 2, now(),
                sha256(''), false
         from unnest($1::uuid[]) as dossier, unnest($2::text[]) as paper",
    )
    .bind(ids)
    .bind(papers::PAPERS.map(str::to_owned).as_slice())
    .execute(&ground.dossiers)
    .await?;
    Ok(())
}

/// One worker: drafts for as long as any are left to make.
async fn draw_up(
    mut client: DossierServiceClient<Channel>,
    issuer: Issuer,
    left: Arc<AtomicU32>,
    progress: ProgressBar,
) -> Result<Vec<Draft>, BoxError> {
    let form = filled_form();
    let mut drafts = Vec::new();
    while take_one(&left) {
        let owner: Arc<str> = format!("accounts/{}", Uuid::now_v7()).into();
        let token = token(&issuer, &owner)?;
        let created = client.create_dossier(in_name_of(&token, new_draft())).await?.into_inner();
        let filled = fill_in(&mut client, &token, created, &form).await?;
        drafts.push(Draft { name: filled.name, etag: filled.etag, owner });
        progress.inc(1);
    }
    Ok(drafts)
}

fn take_one(left: &AtomicU32) -> bool {
    left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
}

/// Every step of the form, answered.
fn filled_form() -> Vec<pb::StepAnswers> {
    let answers = sample();
    let steps = (1..).zip(FORM);
    steps
        .map(|(step, id)| pb::StepAnswers { step, answers: Some(structure(&answers[id])) })
        .collect()
}

async fn fill_in(
    client: &mut DossierServiceClient<Channel>,
    token: &str,
    mut draft: pb::Dossier,
    form: &[pb::StepAnswers],
) -> Result<pb::Dossier, BoxError> {
    for step in form {
        let asked = pb::SaveStepRequest {
            name: draft.name,
            step: Some(step.clone()),
            etag: draft.etag,
            request_id: wish(),
        };
        draft = client.save_step(in_name_of(token, asked)).await?.into_inner();
    }
    Ok(draft)
}
