//! The service alone, and those who call it.

use std::collections::HashMap;
use std::sync::Mutex;

use chassis::access::{Assurance, Person, Role};
use chassis::clock::{Clock, timestamp};
use chassis::events::Event;
use chassis::write::Stream;
use jiff::{SignedDuration, Timestamp};
use prost::{Message, Name};
use proto::motcua::dossier::v1::DossierSubmitted;
use proto::motcua::r#type::v1::{Channel, DossierRef, LegalLimit, LimitUnit, ReturnWay, Visitor};
use proto::motcua::workflow::v1 as pb;
use proto::motcua::workflow::v1::case_service_client::CaseServiceClient;
use proto::motcua::workflow::v1::grounds_service_client::GroundsServiceClient;
use proto::motcua::workflow::v1::task_service_client::TaskServiceClient;
use support::{Alone, Surroundings};
use tonic::Request;
use tonic::transport::Channel as Wire;
use uuid::Uuid;

use crate::forms::Forms;

pub const AGENCY: &str = "agencies/26860";
pub const ELSEWHERE: &str = "agencies/27484";

/// Wednesday 25 November 2026, 10:00 at the offices.
const NOW: &str = "2026-11-25T03:00:00Z";

pub const EVERY: [Role; 3] = [Role::Receiving, Role::Processing, Role::Signing];

pub struct House {
    pub alone: Alone,
    /// The last sequence of each service on each stream.
    sequences: Mutex<HashMap<(&'static str, Uuid), i64>>,
}

impl House {
    pub async fn build() -> Self {
        Self::beside(Forms.serve().await).await
    }

    /// The service beside a dossier at this address.
    pub async fn beside(dossier: String) -> Self {
        let peers = HashMap::from([("dossier", dossier)]);
        let around = Surroundings { peers, ..Surroundings::default() };
        let clock = Clock::manual(NOW.parse().unwrap());
        let alone = Alone::raise(workflow::SERVICE, clock, around).await;
        Self { alone, sequences: Mutex::default() }
    }

    pub fn now(&self) -> Timestamp {
        self.alone.clock.now()
    }

    pub fn later(&self, hours: i64) {
        self.alone.clock.advance(SignedDuration::from_hours(hours));
    }

    /// A fact that `source` publishes now.
    pub fn fact<M: Message + Name>(&self, source: &'static str, stream: Uuid, fact: &M) -> Event {
        let mut sequences = self.sequences.lock().unwrap();
        let sequence = sequences.entry((source, stream)).or_default();
        *sequence += 1;
        Event {
            id: Uuid::now_v7(),
            source: source.into(),
            kind: M::full_name(),
            subject: format!("dossiers/{stream}"),
            time: self.now(),
            stream: Stream(stream),
            sequence: *sequence,
            agency: String::new(),
            actor: "accounts/an".into(),
            causation: String::new(),
            traceparent: None,
            body: fact.encode_to_vec(),
        }
    }

    pub async fn hear(&self, event: &Event) {
        let sink = self.alone.sinks.iter().find(|sink| sink.source() == event.source);
        sink.unwrap().take(std::slice::from_ref(event)).await.unwrap();
    }

    /// A dossier is submitted; its result is wanted so.
    pub async fn submitted(&self, agency: &str, way: ReturnWay) -> Uuid {
        let id = Uuid::now_v7();
        let fact = self.submission(id, agency, way);
        self.hear(&self.fact("dossier", id, &fact)).await;
        id
    }

    pub fn submission(&self, id: Uuid, agency: &str, way: ReturnWay) -> DossierSubmitted {
        DossierSubmitted {
            dossier: Some(DossierRef {
                name: format!("dossiers/{id}"),
                code: format!("code-{id}"),
                procedure: "procedures/1.004222/versions/1".into(),
                agency: agency.into(),
                channel: Channel::Online.into(),
            }),
            submit_time: Some(timestamp(self.now())),
            legal_limit: Some(LegalLimit { unit: LimitUnit::WorkingDay.into(), count: 2 }),
            return_way: way.into(),
        }
    }

    /// An officer's token.
    pub fn officer(&self, agency: &str, roles: &[Role]) -> String {
        let roles = roles.iter().map(|role| i32::from(*role)).collect();
        let person = Person::Officer { agency: agency.into(), roles };
        let name = format!("{agency}/officers/{}", Uuid::now_v7());
        self.alone.issuer.issue(&name, person).unwrap()
    }

    pub fn citizen(&self) -> String {
        let person = Person::Citizen { assurance: Assurance::Substantial.into() };
        self.alone.issuer.issue(&format!("accounts/{}", Uuid::now_v7()), person).unwrap()
    }

    pub fn cases(&self) -> CaseServiceClient<Wire> {
        CaseServiceClient::new(self.alone.channel.clone())
    }

    pub fn grounds(&self) -> GroundsServiceClient<Wire> {
        GroundsServiceClient::new(self.alone.channel.clone())
    }

    pub fn tasks(&self) -> TaskServiceClient<Wire> {
        TaskServiceClient::new(self.alone.channel.clone())
    }

    pub async fn case(&self, id: Uuid) -> pb::Case {
        let asked = pb::GetCaseRequest { name: format!("cases/{id}") };
        let officer = self.officer(AGENCY, &EVERY);
        self.cases().get_case(by(&officer, asked)).await.unwrap().into_inner()
    }

    /// An officer who takes the task of a step.
    pub async fn claims(&self, id: Uuid, step: &str) -> String {
        let officer = self.officer(AGENCY, &EVERY);
        let name = format!("cases/{id}/tasks/{step}");
        let claim = pb::ClaimTaskRequest { name, request_id: wish() };
        self.tasks().claim_task(by(&officer, claim)).await.unwrap();
        officer
    }

    /// Takes the task of a step and ends it; receiving by acceptance.
    pub async fn work(&self, id: Uuid, step: &str, outcome: &str) {
        let (officer, name) = (self.claims(id, step).await, format!("cases/{id}/tasks/{step}"));
        if step == "receive" {
            let (name, etag, request_id) = (format!("cases/{id}"), String::new(), wish());
            let accept = pb::AcceptDossierRequest { name, etag, request_id };
            self.cases().accept_dossier(by(&officer, accept)).await.unwrap();
        } else {
            let outcome = outcome.to_owned();
            let visitor = Visitor::Representative.into();
            let complete = pb::CompleteTaskRequest { name, outcome, visitor, request_id: wish() };
            self.tasks().complete_task(by(&officer, complete)).await.unwrap();
        }
    }

    /// Received, processed and signed.
    pub async fn settled(&self, way: ReturnWay) -> Uuid {
        let id = self.submitted(AGENCY, way).await;
        self.work(id, "receive", "accepted").await;
        self.work(id, "process", "done").await;
        self.work(id, "sign", "signed").await;
        id
    }

    /// The names of the facts published about a dossier, in order, and what the last of a kind says.
    pub async fn published(&self, id: Uuid) -> Vec<String> {
        let kinds: Vec<String> = sqlx::query_scalar(
            "select type from chassis.event where stream = $1 order by sequence",
        )
        .bind(id)
        .fetch_all(&self.alone.database.pool())
        .await
        .unwrap();
        kinds.iter().map(|kind| kind.replace("motcua.workflow.v1.", "")).collect()
    }

    pub async fn last<M: Message + Name + Default>(&self, id: Uuid) -> M {
        let body: Vec<u8> = sqlx::query_scalar(
            "select body from chassis.event where stream = $1 and type = $2
             order by sequence desc limit 1",
        )
        .bind(id)
        .bind(M::full_name())
        .fetch_one(&self.alone.database.pool())
        .await
        .unwrap();
        M::decode(body.as_slice()).unwrap()
    }
}

pub fn wish() -> String {
    Uuid::now_v7().to_string()
}

pub fn by<M>(token: &str, message: M) -> Request<M> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    request
}
