//! A dossier service on its feet, a citizen and officers before it.

use std::collections::HashMap;

use chassis::access::{Assurance, Person, Role};
use chassis::clock::{Clock, timestamp};
use chassis::events::Event;
use chassis::write::Stream;
use dossier::file::PART;
use dossier::{SERVICE, settings};
use jiff::SignedDuration;
use prost::{Message, Name};
use prost_reflect::{DescriptorPool, DynamicMessage};
use proto::google::r#type::{Date, Money};
use proto::motcua::dossier::v1 as pb;
use proto::motcua::dossier::v1::document_service_client::DocumentServiceClient;
use proto::motcua::dossier::v1::dossier_service_client::DossierServiceClient;
use proto::motcua::dossier::v1::file_service_client::FileServiceClient;
use proto::motcua::dossier::v1::procedure_service_client::ProcedureServiceClient;
use proto::motcua::r#type::v1::DossierStatus;
use proto::motcua::workflow::v1::{DossierAccepted, FeeLine};
use support::{Alone, Surroundings};
use tonic::transport::Channel;
use tonic::{Request, Status};
use uuid::Uuid;

use crate::identity::Identity;

pub const AGENCY: &str = "agencies/26860";
pub const ELSEWHERE: &str = "agencies/27484";
pub const PAPERS: [&str; 3] =
    ["factory_quality_certificate", "purchase_invoice", "registration_fee_receipt"];

pub struct Desk {
    pub alone: Alone,
    account: String,
    pub citizen: String,
    pub officer: String,
    pub elsewhere: String,
}

impl Desk {
    /// Ten o'clock on a working Wednesday in Vietnam.
    pub async fn open() -> Self {
        Self::with(Vec::new()).await
    }

    pub async fn with(set: Vec<String>) -> Self {
        let clock = Clock::manual("2026-11-25T03:00:00Z".parse().unwrap());
        let peers = HashMap::from([("identity", Identity.serve().await)]);
        let around =
            Surroundings { peers, table: settings::TABLE.into(), set, ..Default::default() };
        let alone = Alone::raise(SERVICE, clock, around).await;
        let token = |name: String, person| alone.issuer.issue(&name, person).unwrap();
        let citizen = Person::Citizen { assurance: Assurance::Substantial.into() };
        let officer = |agency: &str| {
            let roles = vec![Role::Processing.into(), Role::Signing.into()];
            let person = Person::Officer { agency: agency.into(), roles };
            token(format!("{agency}/officers/{}", Uuid::now_v7()), person)
        };
        let (officer, elsewhere) = (officer(AGENCY), officer(ELSEWHERE));
        let account = format!("accounts/{}", Uuid::now_v7());
        let citizen = token(account.clone(), citizen);
        Self { citizen, officer, elsewhere, account, alone }
    }

    /// Another token of the citizen, for when the first has expired.
    pub fn again(&self) -> String {
        let person = Person::Citizen { assurance: Assurance::Substantial.into() };
        self.alone.issuer.issue(&self.account, person).unwrap()
    }

    pub fn service(&self) -> String {
        self.alone.issuer.issue("services/mailing", Person::Service).unwrap()
    }

    pub fn files(&self) -> FileServiceClient<Channel> {
        FileServiceClient::new(self.alone.channel.clone())
    }

    pub fn documents(&self) -> DocumentServiceClient<Channel> {
        DocumentServiceClient::new(self.alone.channel.clone())
    }

    pub fn dossiers(&self) -> DossierServiceClient<Channel> {
        DossierServiceClient::new(self.alone.channel.clone())
    }

    pub fn procedures(&self) -> ProcedureServiceClient<Channel> {
        ProcedureServiceClient::new(self.alone.channel.clone())
    }

    pub async fn draft(&self) -> String {
        let draft = pb::Dossier {
            procedure: "procedures/1.012575/versions/-".into(),
            agency: AGENCY.into(),
            ..Default::default()
        };
        let asked = pb::CreateDossierRequest {
            dossier: Some(draft),
            dossier_id: Uuid::now_v7().to_string(),
            request_id: wish(),
        };
        self.dossiers().create_dossier(by(&self.citizen, asked)).await.unwrap().into_inner().name
    }

    /// A draft with every answer, without papers.
    pub async fn filled(&self) -> String {
        let name = self.draft().await;
        let sample = include_str!("../../../data/forms/1.012575/v1/sample.json");
        let sample: serde_json::Value = serde_json::from_str(sample).unwrap();
        let steps = ["applicant", "vehicle", "origin", "return", "confirmation"];
        for (step, id) in (1..).zip(steps) {
            let answers = Some(structure(&sample[id]));
            let asked = pb::SaveStepRequest {
                name: name.clone(),
                step: Some(pb::StepAnswers { step, answers }),
                etag: String::new(),
                request_id: wish(),
            };
            self.dossiers().save_step(by(&self.citizen, asked)).await.unwrap();
        }
        name
    }

    pub async fn submit(&self, name: &str) -> Result<pb::Dossier, Status> {
        let asked =
            pb::SubmitDossierRequest { name: name.into(), etag: String::new(), request_id: wish() };
        Ok(self.dossiers().submit_dossier(by(&self.citizen, asked)).await?.into_inner())
    }

    /// A dossier submitted with every paper.
    pub async fn submitted(&self) -> pb::Dossier {
        let name = self.filled().await;
        for paper in PAPERS {
            self.upload(&self.citizen, &name, paper, &pdf(1000)).await;
        }
        self.submit(&name).await.unwrap()
    }

    /// Tells the service that workflow accepted a dossier.
    pub async fn accept(&self, dossier: &pb::Dossier) {
        let now = self.alone.clock.now();
        let money = |units| Money { currency_code: "VND".into(), units, nanos: 0 };
        let fact = DossierAccepted {
            accept_time: Some(timestamp(now)),
            due_time: Some(timestamp(now + SignedDuration::from_hours(48))),
            status_after: DossierStatus::Accepted.into(),
            officer: format!("{AGENCY}/officers/{}", Uuid::from_u128(9)),
            receipt_day: Some(Date { year: 2026, month: 11, day: 25 }),
            fees: vec![FeeLine { kind: 1, amount: Some(money(1_400_000)) }],
            ..Default::default()
        };
        let id = dossier.name.trim_start_matches("dossiers/").parse().unwrap();
        let event = Event {
            id: Uuid::now_v7(),
            source: "workflow".into(),
            kind: DossierAccepted::full_name(),
            subject: dossier.name.clone(),
            time: now,
            stream: Stream(id),
            sequence: 1,
            agency: AGENCY.into(),
            actor: "services/workflow".into(),
            causation: String::new(),
            traceparent: None,
            body: fact.encode_to_vec(),
        };
        self.alone.sinks[0].take(&[event]).await.unwrap();
    }

    /// Begins an upload.
    pub async fn create(
        &self,
        who: &str,
        dossier: &str,
        file: pb::File,
    ) -> Result<pb::File, Status> {
        let asked = pb::CreateFileRequest {
            parent: dossier.into(),
            file: Some(file),
            file_id: String::new(),
            request_id: wish(),
        };
        Ok(self.files().create_file(by(who, asked)).await?.into_inner())
    }

    pub async fn write(
        &self,
        who: &str,
        name: &str,
        offset: usize,
        data: &[u8],
    ) -> Result<pb::File, Status> {
        let asked = pb::WriteFileRequest {
            name: name.into(),
            offset: i64::try_from(offset).unwrap(),
            data: data.into(),
            request_id: wish(),
        };
        Ok(self.files().write_file(by(who, asked)).await?.into_inner())
    }

    /// A whole upload.
    pub async fn upload(&self, who: &str, dossier: &str, paper: &str, data: &[u8]) -> pb::File {
        let mut file = self.create(who, dossier, pdf_of(paper, data)).await.unwrap();
        for (offset, part) in parts(data) {
            file = self.write(who, &file.name, offset, part).await.unwrap();
        }
        file
    }

    pub async fn get(&self, who: &str, name: &str) -> Result<pb::File, Status> {
        let asked = pb::GetFileRequest { name: name.into() };
        Ok(self.files().get_file(by(who, asked)).await?.into_inner())
    }

    pub async fn read(&self, who: &str, name: &str) -> Result<Vec<u8>, Status> {
        let (mut whole, mut offset) = (Vec::new(), 0);
        loop {
            let asked = pb::ReadFileRequest { name: name.into(), offset };
            let part = self.files().read_file(by(who, asked)).await?.into_inner();
            whole.extend(part.data);
            offset = part.next_offset;
            if offset == 0 {
                return Ok(whole);
            }
        }
    }

    pub async fn list(&self, who: &str, dossier: &str) -> Result<Vec<pb::File>, Status> {
        let asked = pb::ListFilesRequest { parent: dossier.into(), ..Default::default() };
        Ok(self.files().list_files(by(who, asked)).await?.into_inner().files)
    }

    pub async fn delete(&self, who: &str, name: &str) -> Result<(), Status> {
        let asked = pb::DeleteFileRequest { name: name.into(), request_id: wish() };
        self.files().delete_file(by(who, asked)).await?;
        Ok(())
    }
}

/// The parts of a file, as they are sent.
pub fn parts(data: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let part = usize::try_from(PART).unwrap();
    data.chunks(part).enumerate().map(move |(number, data)| (number * part, data))
}

/// A wish for the upload of this paper; empty for a result.
pub fn pdf_of(paper: &str, data: &[u8]) -> pb::File {
    pb::File {
        paper: paper.into(),
        file_name: "giấy tờ của tôi.pdf".into(),
        kind: pb::FileKind::Pdf.into(),
        size_bytes: i64::try_from(data.len()).unwrap(),
        ..Default::default()
    }
}

/// Bytes that begin as a PDF does, no two parts of them alike.
pub fn pdf(size: usize) -> Vec<u8> {
    let numbers = (0_u32..).flat_map(u32::to_be_bytes);
    b"%PDF-1.7\n".iter().copied().chain(numbers).take(size).collect()
}

pub fn by<T>(token: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    let bearer = format!("Bearer {token}").parse().unwrap();
    request.metadata_mut().insert("authorization", bearer);
    request
}

pub fn wish() -> String {
    Uuid::now_v7().to_string()
}

/// The reason of a refusal.
pub fn reason<T: std::fmt::Debug>(answer: Result<T, Status>) -> String {
    chassis::status::reason(&answer.unwrap_err()).unwrap()
}

/// The fields of a refusal that are wrong, and why.
pub fn wrong<T: std::fmt::Debug>(answer: Result<T, Status>) -> Vec<(String, String)> {
    use proto::google::rpc;
    let status = answer.unwrap_err();
    let details = rpc::Status::decode(status.details()).unwrap().details;
    let bad = details.iter().find(|any| any.type_url.ends_with("/google.rpc.BadRequest")).unwrap();
    let bad = rpc::BadRequest::decode(bad.value.as_slice()).unwrap();
    bad.field_violations.into_iter().map(|one| (one.field, one.reason)).collect()
}

fn structure(json: &serde_json::Value) -> prost_types::Struct {
    let pool = DescriptorPool::decode(proto::DESCRIPTORS).unwrap();
    let kind = pool.get_message_by_name("google.protobuf.Struct").unwrap();
    DynamicMessage::deserialize(kind, json).unwrap().transcode_to().unwrap()
}
