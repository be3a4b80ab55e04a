//! Dossier on its feet: a citizen files, facts of others come in, everyone reads.

use std::collections::HashMap;

use chassis::access::{Assurance, Person, Role};
use chassis::events::Event;
use dossier::{SERVICE, settings};
use prost::{Message, Name};
use prost_reflect::{DescriptorPool, DynamicMessage};
use proto::motcua::dossier::v1 as pb;
use proto::motcua::dossier::v1::document_service_client::DocumentServiceClient;
use proto::motcua::dossier::v1::dossier_service_client::DossierServiceClient;
use proto::motcua::dossier::v1::file_service_client::FileServiceClient;
use proto::motcua::dossier::v1::procedure_service_client::ProcedureServiceClient;
use proto::motcua::dossier::v1::supplement_service_client::SupplementServiceClient;
use proto::motcua::dossier::v1::timeline_service_client::TimelineServiceClient;
use support::{AGENCY, Alone, Surroundings, by, clock, event, wish};
use tonic::transport::Channel;
use tonic::{Request, Response, Status, Streaming};
use uuid::Uuid;

use crate::files::pdf;
use crate::identity::Identity;
use crate::workflow::Workflow;

pub const OWNER: &str = "accounts/019abf00-0000-7000-8000-000000000001";
pub const OFFICER: &str = "agencies/26860/officers/019abf00-0000-7000-8000-000000000003";
pub const RECEIVER: &str = "agencies/26860/officers/019abf00-0000-7000-8000-000000000005";
pub const COLLEAGUE: &str = "agencies/26860/officers/019abf00-0000-7000-8000-000000000006";
pub const ELSEWHERE: &str = "agencies/27484/officers/019abf00-0000-7000-8000-000000000004";
pub const MAILING: &str = "services/mailing";

pub const PAPERS: [&str; 3] =
    ["factory_quality_certificate", "purchase_invoice", "registration_fee_receipt"];

const STEPS: [&str; 5] = ["applicant", "vehicle", "origin", "return", "confirmation"];
pub const SAMPLE: &str = include_str!("../../data/forms/1.012575/v1/sample.json");

pub struct Desk {
    pub alone: Alone,
}

impl Desk {
    pub async fn open() -> Self {
        Self::with_settings(&[]).await
    }

    pub async fn with_settings(set: &[&str]) -> Self {
        Self::beside(Identity.serve().await, Workflow.serve().await, set).await
    }

    /// The service beside an identity and a workflow at these addresses.
    pub async fn beside(identity: String, workflow: String, set: &[&str]) -> Self {
        let around = Surroundings {
            peers: HashMap::from([("identity", identity), ("workflow", workflow)]),
            table: settings::TABLE.into(),
            set: set.iter().map(ToString::to_string).collect(),
            ports: Vec::new(),
        };
        Self { alone: Alone::raise(SERVICE, clock(), around).await }
    }

    /// In the name of a citizen, a service, or an officer of the agency that the name tells.
    pub fn of<T>(&self, caller: &str, asked: T) -> Request<T> {
        let person = match caller.split('/').collect::<Vec<_>>()[..] {
            ["accounts", _] => Person::Citizen { assurance: Assurance::Substantial.into() },
            ["services", _] => Person::Service,
            _ => Person::Officer {
                agency: caller.split("/officers").next().unwrap().into(),
                roles: if receives(caller) {
                    vec![Role::Receiving.into()]
                } else {
                    vec![Role::Processing.into(), Role::Signing.into()]
                },
            },
        };
        by(&self.alone.token(caller, person), asked)
    }

    pub fn dossiers(&self) -> DossierServiceClient<Channel> {
        DossierServiceClient::new(self.alone.channel.clone())
    }

    pub fn files(&self) -> FileServiceClient<Channel> {
        FileServiceClient::new(self.alone.channel.clone())
    }

    pub fn documents(&self) -> DocumentServiceClient<Channel> {
        DocumentServiceClient::new(self.alone.channel.clone())
    }

    pub fn supplements(&self) -> SupplementServiceClient<Channel> {
        SupplementServiceClient::new(self.alone.channel.clone())
    }

    pub fn procedures(&self) -> ProcedureServiceClient<Channel> {
        ProcedureServiceClient::new(self.alone.channel.clone())
    }

    fn timelines(&self) -> TimelineServiceClient<Channel> {
        TimelineServiceClient::new(self.alone.channel.clone())
    }

    pub async fn create(
        &self,
        owner: &str,
        asked: &pb::CreateDossierRequest,
    ) -> Result<pb::Dossier, Status> {
        let created = self.dossiers().create_dossier(self.of(owner, asked.clone())).await;
        Ok(created?.into_inner())
    }

    pub async fn draft(&self) -> String {
        self.create(OWNER, &new_draft(AGENCY)).await.unwrap().name
    }

    /// A draft with every answer of the sample and this way of return, without papers.
    pub async fn filled(&self, way: &str) -> String {
        let name = self.draft().await;
        self.fill_in(&name, way).await;
        name
    }

    pub async fn fill_in(&self, name: &str, way: &str) {
        self.fill_in_by(OWNER, name, way).await;
    }

    pub async fn fill_in_by(&self, caller: &str, name: &str, way: &str) {
        let mut sample: serde_json::Value = serde_json::from_str(SAMPLE).unwrap();
        sample["return"]["way"] = way.into();
        for (step, id) in (1..).zip(STEPS) {
            self.save_step_by(caller, name, step, &sample[id]).await.unwrap();
        }
    }

    /// The owner saves a step.
    pub async fn save_step(
        &self,
        name: &str,
        step: i32,
        answers: &serde_json::Value,
    ) -> Result<pb::Dossier, Status> {
        self.save_step_by(OWNER, name, step, answers).await
    }

    pub async fn save_step_by(
        &self,
        caller: &str,
        name: &str,
        step: i32,
        answers: &serde_json::Value,
    ) -> Result<pb::Dossier, Status> {
        let asked = pb::SaveStepRequest {
            name: name.into(),
            step: Some(pb::StepAnswers { step, answers: Some(structure(answers)) }),
            etag: String::new(),
            request_id: wish(),
        };
        Ok(self.dossiers().save_step(self.of(caller, asked)).await?.into_inner())
    }

    pub async fn add_papers(&self, name: &str) {
        for paper in PAPERS {
            self.upload(OWNER, name, paper, &pdf(1000)).await;
        }
    }

    pub async fn submit(&self, name: &str) -> Result<pb::Dossier, Status> {
        let asked =
            pb::SubmitDossierRequest { name: name.into(), etag: String::new(), request_id: wish() };
        Ok(self.dossiers().submit_dossier(self.of(OWNER, asked)).await?.into_inner())
    }

    /// A dossier submitted with every answer and paper, to be returned this way.
    pub async fn submitted(&self, way: &str) -> pb::Dossier {
        let name = self.filled(way).await;
        self.add_papers(&name).await;
        self.submit(&name).await.unwrap()
    }

    pub async fn delete(
        &self,
        caller: &str,
        name: &str,
        etag: &str,
        request_id: &str,
    ) -> Result<(), Status> {
        let (name, etag) = (name.into(), etag.into());
        let asked = pb::DeleteDossierRequest { name, etag, request_id: request_id.into() };
        self.dossiers().delete_dossier(self.of(caller, asked)).await.map(Response::into_inner)
    }

    pub async fn read(&self, caller: &str, name: &str) -> Result<pb::Dossier, Status> {
        let asked = pb::GetDossierRequest { name: name.into() };
        Ok(self.dossiers().get_dossier(self.of(caller, asked)).await?.into_inner())
    }

    /// The facts of a service about a dossier, from the first.
    pub fn facts(&self, source: &'static str, dossier: &str) -> Facts<'_> {
        let id = dossier.strip_prefix("dossiers/").unwrap().parse().unwrap();
        Facts { desk: self, source, id, told: 0 }
    }

    pub async fn documents_of(
        &self,
        who: &str,
        dossier: &str,
    ) -> Result<Vec<pb::Document>, Status> {
        let asked = pb::ListDocumentsRequest { parent: dossier.into(), ..Default::default() };
        Ok(self.documents().list_documents(self.of(who, asked)).await?.into_inner().documents)
    }

    pub async fn document(&self, who: &str, name: &str) -> Result<pb::Document, Status> {
        let asked = pb::GetDocumentRequest { name: name.into() };
        Ok(self.documents().get_document(self.of(who, asked)).await?.into_inner())
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
}

/// Whether an officer stands at the counter: of whichever agency, by the person.
fn receives(officer: &str) -> bool {
    let person = |name: &str| name.rsplit('/').next().map(str::to_owned);
    [RECEIVER, COLLEAGUE].into_iter().any(|receiver| person(receiver) == person(officer))
}

/// A wish for a draft of the vehicle procedure at an agency.
pub fn new_draft(agency: &str) -> pb::CreateDossierRequest {
    let dossier = pb::Dossier {
        procedure: "procedures/1.012575/versions/-".into(),
        agency: agency.into(),
        ..Default::default()
    };
    pb::CreateDossierRequest { dossier: Some(dossier), request_id: wish(), ..Default::default() }
}

/// The facts of one service about one dossier.
pub struct Facts<'a> {
    desk: &'a Desk,
    source: &'static str,
    id: Uuid,
    told: i64,
}

impl Facts<'_> {
    /// Dossier hears the next one.
    pub async fn hear<M: Message + Name>(&mut self, fact: M) {
        self.told += 1;
        let event = event(self.source, self.id, self.told, &fact);
        let event = Event { actor: OFFICER.into(), ..event };
        self.desk.alone.hear(&[event]).await;
    }
}

/// A JSON object as it goes over the wire.
fn structure(json: &serde_json::Value) -> prost_types::Struct {
    let pool = DescriptorPool::decode(proto::DESCRIPTORS).unwrap();
    let kind = pool.get_message_by_name("google.protobuf.Struct").unwrap();
    DynamicMessage::deserialize(kind, json).unwrap().transcode_to().unwrap()
}
