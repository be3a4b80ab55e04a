//! Dossier on its own feet: a citizen files, others' facts come in, everyone reads.

use std::collections::{BTreeMap, HashMap};

use chassis::access::{Person, Role};
use chassis::clock::Clock;
use chassis::events::Event;
use chassis::write::Stream;
use prost::{Message, Name};
use prost_types::value::Kind;
use prost_types::{Struct, Value};
use proto::motcua::dossier::v1 as pb;
use proto::motcua::dossier::v1::dossier_service_client::DossierServiceClient;
use proto::motcua::dossier::v1::file_service_client::FileServiceClient;
use proto::motcua::dossier::v1::timeline_service_client::TimelineServiceClient;
use proto::motcua::r#type::v1::ReturnWay;
use support::{Alone, Surroundings};
use tonic::transport::Channel;
use tonic::{Request, Status, Streaming};
use uuid::Uuid;

use crate::filing::desk::{PAPERS, pdf, pdf_of, wish};
use crate::identity::Identity;

pub const OWNER: &str = "accounts/019abf00-0000-7000-8000-000000000001";
pub const OFFICER: &str = "agencies/26860/officers/019abf00-0000-7000-8000-000000000003";

const NOW: &str = "2026-11-25T03:00:00Z";
const SAMPLE: &str = include_str!("../../../data/forms/1.012575/v1/sample.json");

/// The service and its sources of facts, in the order of its sinks.
pub struct Desk {
    pub alone: Alone,
}

const SOURCES: [&str; 4] = ["workflow", "payment", "mailing", "feedback"];

impl Desk {
    pub async fn open() -> Self {
        Self::beside(&Identity.serve().await).await
    }

    /// The service beside an identity at this address.
    pub async fn beside(identity: &str) -> Self {
        let clock = Clock::manual(NOW.parse().unwrap());
        let peers = HashMap::from([("identity", identity.to_owned())]);
        let table = dossier::settings::TABLE.into();
        let around = Surroundings { peers, table, ..Surroundings::default() };
        Self { alone: Alone::raise(dossier::SERVICE, clock, around).await }
    }

    fn dossiers(&self) -> DossierServiceClient<Channel> {
        DossierServiceClient::new(self.alone.channel.clone())
    }

    fn timelines(&self) -> TimelineServiceClient<Channel> {
        TimelineServiceClient::new(self.alone.channel.clone())
    }

    /// A request in the name of a citizen, an officer of the agency that the name tells, or a service.
    fn of<T>(&self, caller: &str, asked: T) -> Request<T> {
        let person = match caller.split('/').collect::<Vec<_>>()[..] {
            ["accounts", _] => Person::Citizen { assurance: 2 },
            ["services", _] => Person::Service,
            _ => Person::Officer {
                agency: caller.split("/officers").next().unwrap().into(),
                roles: vec![Role::Processing.into()],
            },
        };
        let token = self.alone.issuer.issue(caller, person).unwrap();
        let mut request = Request::new(asked);
        request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
        request
    }

    pub async fn create(
        &self,
        owner: &str,
        asked: &pb::CreateDossierRequest,
    ) -> Result<pb::Dossier, Status> {
        let created = self.dossiers().create_dossier(self.of(owner, asked.clone())).await;
        Ok(created?.into_inner())
    }

    /// A draft with every step of the sample saved, and this way of return.
    pub async fn filled(&self, way: &str) -> pb::Dossier {
        let draft = self.create(OWNER, &new_draft("agencies/26860")).await.unwrap();
        self.fill_in(&draft.name, way).await
    }

    /// Saves every step of the sample, with this way of return.
    pub async fn fill_in(&self, name: &str, way: &str) -> pb::Dossier {
        let mut answers: serde_json::Value = serde_json::from_str(SAMPLE).unwrap();
        answers["return"]["way"] = way.into();
        for (step, id) in (1..).zip(["applicant", "vehicle", "origin", "return", "confirmation"]) {
            let answers = Some(structure(&answers[id]));
            let asked = pb::SaveStepRequest {
                name: name.into(),
                step: Some(pb::StepAnswers { step, answers }),
                etag: String::new(),
                request_id: Uuid::now_v7().to_string(),
            };
            self.dossiers().save_step(self.of(OWNER, asked)).await.unwrap();
        }
        self.read(OWNER, name).await.unwrap()
    }

    /// Submitted, with every paper that the form asks for.
    pub async fn submitted(&self, name: &str) -> pb::Dossier {
        for paper in PAPERS {
            self.hand_in(name, paper).await;
        }
        let asked = pb::SubmitDossierRequest {
            name: name.into(),
            etag: String::new(),
            request_id: Uuid::now_v7().to_string(),
        };
        self.dossiers().submit_dossier(self.of(OWNER, asked)).await.unwrap().into_inner()
    }

    async fn hand_in(&self, name: &str, paper: &str) {
        let mut files = FileServiceClient::new(self.alone.channel.clone());
        let data = pdf(100);
        let asked = pb::CreateFileRequest {
            parent: name.into(),
            file: Some(pdf_of(paper, &data)),
            file_id: String::new(),
            request_id: wish(),
        };
        let created = files.create_file(self.of(OWNER, asked)).await.unwrap().into_inner();
        let asked =
            pb::WriteFileRequest { name: created.name, offset: 0, data, request_id: wish() };
        files.write_file(self.of(OWNER, asked)).await.unwrap();
    }

    pub async fn read(&self, caller: &str, name: &str) -> Result<pb::Dossier, Status> {
        let asked = pb::GetDossierRequest { name: name.into() };
        Ok(self.dossiers().get_dossier(self.of(caller, asked)).await?.into_inner())
    }

    pub async fn due_by_code(&self, code: &str) -> Option<prost_types::Timestamp> {
        let asked = pb::LookUpDossierRequest { code: code.into() };
        self.dossiers().look_up_dossier(asked).await.unwrap().into_inner().due_time
    }

    /// The facts of a service about a dossier, from the first.
    pub fn facts(&self, source: &'static str, dossier: &str) -> Facts<'_> {
        let id = dossier.strip_prefix("dossiers/").unwrap().parse().unwrap();
        Facts { desk: self, source, stream: Stream(id), told: 0 }
    }

    pub async fn page(
        &self,
        caller: &str,
        parent: &str,
        page_size: i32,
        page_token: &str,
        after: &str,
    ) -> Result<pb::ListTimelineResponse, Status> {
        let asked = pb::ListTimelineRequest {
            parent: parent.into(),
            page_size,
            page_token: page_token.into(),
            after: after.into(),
        };
        Ok(self.timelines().list_timeline(self.of(caller, asked)).await?.into_inner())
    }

    pub async fn timeline(&self, parent: &str) -> Vec<pb::TimelineEntry> {
        self.page(OWNER, parent, 0, "", "").await.unwrap().entries
    }

    pub async fn watch(
        &self,
        caller: &str,
        parent: &str,
        after: &str,
    ) -> Result<Streaming<pb::WatchTimelineResponse>, Status> {
        let asked = pb::WatchTimelineRequest { parent: parent.into(), after: after.into() };
        Ok(self.timelines().watch_timeline(self.of(caller, asked)).await?.into_inner())
    }

    pub async fn number(&self, query: &'static str) -> i64 {
        sqlx::query_scalar(query).fetch_one(&self.alone.database.pool()).await.unwrap()
    }

    /// What workflow is told of how results are returned, in order.
    pub async fn published_return_ways(&self) -> Vec<ReturnWay> {
        let query =
            "select body from chassis.event where type like '%DossierSubmitted' order by id";
        let bodies: Vec<Vec<u8>> =
            sqlx::query_scalar(query).fetch_all(&self.alone.database.pool()).await.unwrap();
        let way =
            |body: Vec<u8>| pb::DossierSubmitted::decode(body.as_slice()).unwrap().return_way();
        bodies.into_iter().map(way).collect()
    }
}

/// A wish for a draft of the vehicle procedure at an agency.
pub fn new_draft(agency: &str) -> pb::CreateDossierRequest {
    let dossier = pb::Dossier {
        procedure: "procedures/1.012575/versions/-".into(),
        agency: agency.into(),
        ..Default::default()
    };
    let request_id = Uuid::now_v7().to_string();
    pb::CreateDossierRequest { dossier: Some(dossier), request_id, ..Default::default() }
}

/// The facts of one service about one dossier.
pub struct Facts<'a> {
    desk: &'a Desk,
    source: &'static str,
    stream: Stream,
    told: i64,
}

impl Facts<'_> {
    /// Dossier hears the next one.
    pub async fn hear<M: Message + Name>(&mut self, fact: M) {
        self.told += 1;
        let event = Event {
            id: Uuid::now_v7(),
            source: self.source.into(),
            kind: M::full_name(),
            subject: String::new(),
            time: NOW.parse().unwrap(),
            stream: self.stream,
            sequence: self.told,
            agency: String::new(),
            actor: OFFICER.into(),
            causation: String::new(),
            traceparent: None,
            body: fact.encode_to_vec(),
        };
        let place = SOURCES.iter().position(|source| *source == self.source).unwrap();
        self.desk.alone.sinks[place].take(&[event]).await.unwrap();
    }
}

/// A JSON object as it goes over the wire.
fn structure(value: &serde_json::Value) -> Struct {
    let fields = value.as_object().unwrap().iter();
    let fields: BTreeMap<_, _> = fields.map(|(name, field)| (name.clone(), wire(field))).collect();
    Struct { fields }
}

fn wire(value: &serde_json::Value) -> Value {
    let kind = match value {
        serde_json::Value::String(text) => Kind::StringValue(text.clone()),
        serde_json::Value::Number(number) => Kind::NumberValue(number.as_f64().unwrap()),
        serde_json::Value::Bool(flag) => Kind::BoolValue(*flag),
        serde_json::Value::Object(_) => Kind::StructValue(structure(value)),
        other => panic!("the sample has no {other}"),
    };
    Value { kind: Some(kind) }
}
