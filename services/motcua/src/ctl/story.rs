//! `motcua ctl dossier`: the whole story of one dossier, told by every service in one timeline.

use std::convert::Infallible;

use chassis::service::BoxError;
use proto::motcua::admin::v1 as pb;
use proto::motcua::admin::v1::fact_service_client::FactServiceClient;
use proto::motcua::dossier::v1::LookUpDossierRequest;
use proto::motcua::dossier::v1::dossier_service_client::DossierServiceClient;
use serde::Serialize;
use uuid::Uuid;

use super::letters::{self, Row};
use super::mesh::{Service, Services, short, table, time};

/// Facts asked for at once.
const PAGE: i32 = 500;

#[derive(Serialize)]
struct Story {
    facts: Vec<Fact>,
    dead_letters: Vec<Row>,
}

#[derive(Serialize)]
struct Fact {
    time: String,
    service: String,
    r#type: String,
    sequence: i64,
    subject: String,
    actor: String,
    causation: String,
    trace: String,
}

/// Every fact about a dossier in the order of time, and what could not be taken of them. Clocks of services may differ by little; within one
/// service the order is that in which it decided.
///
/// # Errors
/// No dossier has this code; or a service does not answer, or its refusal.
pub async fn run(services: &Services, dossier: &Named, json: bool) -> Result<String, BoxError> {
    let dossier = id_of(services, dossier).await?;
    let mut facts = Vec::new();
    for service in services.all() {
        facts.extend(facts_of(service, dossier).await?);
    }
    facts.sort_by_key(|fact| {
        let at = fact.time.unwrap_or_default();
        (at.seconds, at.nanos, fact.source.clone(), fact.sequence)
    });
    let facts = facts.into_iter().map(row).collect();
    let dead_letters = letters::found(services, &format!(r#"stream = "{dossier}""#)).await?;
    let story = Story { facts, dead_letters };
    if json { Ok(serde_json::to_string_pretty(&story)?) } else { Ok(as_text(&story)) }
}

async fn facts_of(service: &Service, dossier: Uuid) -> Result<Vec<pb::Fact>, BoxError> {
    let (mut all, mut page_token) = (Vec::new(), String::new());
    loop {
        let stream = dossier.to_string();
        let asked = pb::ListFactsRequest { stream, page_size: PAGE, page_token };
        let mut asking = FactServiceClient::new(service.channel.clone());
        let listed = asking.list_facts(service.signed(asked)?).await;
        let listed = listed.map_err(|status| service.refused(status))?.into_inner();
        all.extend(listed.facts);
        page_token = listed.next_page_token;
        if page_token.is_empty() {
            return Ok(all);
        }
    }
}

fn row(fact: pb::Fact) -> Fact {
    Fact {
        time: time(fact.time),
        service: fact.source,
        r#type: fact.r#type,
        sequence: fact.sequence,
        subject: fact.subject,
        actor: fact.actor,
        causation: fact.causation,
        trace: fact.trace,
    }
}

fn as_text(story: &Story) -> String {
    let cells: Vec<_> = story.facts.iter().map(Fact::cells).collect();
    let headings = ["TIME", "SERVICE", "FACT", "WHO", "TRACE"];
    let mut told = table(headings, &cells, "No service has published anything about it.");
    if !story.dead_letters.is_empty() {
        let letters = letters::as_table(&story.dead_letters);
        told.push_str(&format!("\n\nWhat could not be taken:\n{letters}"));
    }
    told
}

impl Fact {
    fn cells(&self) -> [String; 5] {
        [
            self.time.clone(),
            self.service.clone(),
            format!("{} {}", self.sequence, short(&self.r#type)),
            self.actor.clone(),
            self.trace.clone(),
        ]
    }
}

/// A dossier as the command line names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    /// By its id, alone or as in `dossiers/{id}`.
    Id(Uuid),
    /// By what is printed on its slip: all that whoever complains may have.
    Code(String),
}

/// Whatever is no UUID may be a code: the service knows.
///
/// # Errors
/// None; a parser of arguments may fail.
pub fn named(text: &str) -> Result<Named, Infallible> {
    let id = text.strip_prefix("dossiers/").unwrap_or(text);
    Ok(id.parse().map_or_else(|_| Named::Code(text.into()), Named::Id))
}

async fn id_of(services: &Services, dossier: &Named) -> Result<Uuid, BoxError> {
    let code = match dossier {
        Named::Id(id) => return Ok(*id),
        Named::Code(code) => code.clone(),
    };
    let service = services.named("dossier")?;
    let asked = service.signed(LookUpDossierRequest { code })?;
    let found = DossierServiceClient::new(service.channel.clone()).look_up_dossier(asked).await;
    let found = found.map_err(|status| service.refused(status))?.into_inner();
    let id = found.dossier.strip_prefix("dossiers/").and_then(|id| id.parse().ok());
    id.ok_or_else(|| "the service does not tell its UUID".into())
}
