//! A mesh of every service over databases, keys and ports of its own, and what a citizen and an officer do in it.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chassis::access::{Issuer, Role};
use chassis::clock::Clock;
use chassis::config::{Settings, Sources};
use chassis::database;
use chassis::keys::Keys;
use chassis::replicas::Replicas;
use chassis::telemetry::Metrics;
use jiff::SignedDuration;
use motcua::SERVICES;
use motcua::journey::{Endpoints, papers};
use motcua::mesh::{self, Mesh, Plan, Planned};
use motcua::settings;
use proto::motcua::dossier::v1 as dossier;
use proto::motcua::dossier::v1::document_service_client::DocumentServiceClient;
use proto::motcua::dossier::v1::dossier_service_client::DossierServiceClient;
use proto::motcua::dossier::v1::file_service_client::FileServiceClient;
use proto::motcua::dossier::v1::procedure_service_client::ProcedureServiceClient;
use proto::motcua::identity::v1 as identity;
use proto::motcua::identity::v1::account_service_client::AccountServiceClient;
use proto::motcua::identity::v1::officer_service_client::OfficerServiceClient;
use proto::motcua::workflow::v1 as workflow;
use proto::motcua::workflow::v1::case_service_client::CaseServiceClient;
use proto::motcua::workflow::v1::task_service_client::TaskServiceClient;
use sqlx::PgPool;
use support::{TestDatabase, eventually};
use tokio::net::TcpListener;
use tonic::Status;
use tonic::transport::{Channel, Endpoint};
use uuid::Uuid;

use crate::paper::{FORM, PROCEDURE, sample, structure, vehicle_of, wish};
use crate::people::{AGENCY, People, new_person, service_of};
use crate::raw::in_name_of;

/// Ten o'clock on a working Wednesday in Vietnam: where the clock of a house stands.
const MORNING: &str = "2026-11-25T03:00:00Z";

/// How long a consequence may take to be seen.
const SOON: Duration = Duration::from_secs(30);

/// Connections of each service.
const CONNECTIONS: u32 = 8;

/// A running mesh and all it stands on.
pub struct House {
    /// The people it knows.
    pub people: People,
    mesh: Mesh,
    channels: HashMap<&'static str, Channel>,
    telephone: SocketAddr,
    bank: SocketAddr,
    ground: Ground,
}

/// What outlives a restart.
struct Ground {
    databases: Vec<TestDatabase>,
    keys: PathBuf,
    clock: Clock,
    brokers: Option<String>,
}

impl Drop for Ground {
    fn drop(&mut self) {
        // A folder that stays is no failure of the test.
        let _ = std::fs::remove_dir_all(&self.keys);
    }
}

impl House {
    /// A new mesh whose services read each other's logs.
    pub async fn build() -> Self {
        Self::carried_by(None).await
    }

    /// A new mesh whose events Kafka carries.
    pub async fn over_kafka(brokers: &str) -> Self {
        Self::carried_by(Some(brokers.into())).await
    }

    async fn carried_by(brokers: Option<String>) -> Self {
        let clock = Clock::manual(MORNING.parse().expect("an instant"));
        let mut databases = Vec::new();
        for kind in SERVICES {
            databases.push(TestDatabase::new(kind.name, kind.migrations, &clock).await);
        }
        let keys = std::env::temp_dir().join(format!("motcua-journeys-{}", Uuid::now_v7()));
        Self::on(Ground { databases, keys, clock, brokers }).await
    }

    /// The mesh stopped, and another started on the same databases and keys.
    pub async fn restarted(self) -> Self {
        self.mesh.stop().await;
        Self::on(self.ground).await
    }

    async fn on(ground: Ground) -> Self {
        let mut services = Vec::new();
        for (kind, database) in SERVICES.into_iter().zip(&ground.databases) {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
            services.push(Planned { kind, listener, database: database.options() });
        }
        let keys = Keys::in_folder(&ground.keys).expect("a folder for keys");
        let (at_telephone, telephone) = listener().await;
        let (at_bank, bank) = listener().await;
        let (at_carrier, carrier) = listener().await;
        let (callback, scanned) = (free_address(), free_address());
        let sources = Sources {
            command_line: vec![
                format!("mailing.sms.url=http://{telephone}").into(),
                format!("mailing.carrier.url=http://{carrier}").into(),
                format!("mailing.carrier.callback.listen={scanned}").into(),
                format!("payment.callback.listen={callback}").into(),
                format!("payment.bank.url=http://{bank}").into(),
            ],
            ..Sources::default()
        };
        let settings = Settings::load(&settings::table(), &sources).expect("settings");
        let settings = mesh::beside_sandbox(&settings, &keys).expect("keys");
        let secret = settings.require(&mailing::settings::SMS_SECRET).expect("a secret");
        tokio::spawn(sandbox::telephone::serve(at_telephone, secret));
        tokio::spawn(sandbox::bank::serve(at_bank, bank_settings(&settings, &ground.clock)));
        let carrying = carrier_settings(&settings, &ground.clock);
        tokio::spawn(sandbox::carrier::serve(at_carrier, carrying));
        let mesh = Mesh::start(Plan {
            services,
            clock: ground.clock.clone(),
            ports: mesh::ports(&settings).await.expect("free ports"),
            settings: Arc::new(settings),
            data: ground.keys.join("data"),
            keys,
            metrics: Metrics::new(),
            reflection: true,
            connections: CONNECTIONS,
            brokers: ground.brokers.clone(),
        })
        .await
        .expect("a mesh");
        let channel = |address| {
            Endpoint::from_shared(format!("http://{address}")).expect("an address").connect_lazy()
        };
        let channels = mesh.addresses.iter().map(|(name, address)| (*name, channel(address)));
        let people = People::known_to(mesh.issuer.clone());
        Self { people, channels: channels.collect(), mesh, telephone, bank, ground }
    }

    /// Signs tokens of this mesh.
    pub fn issuer(&self) -> &Issuer {
        &self.mesh.issuer
    }

    /// The clock of this mesh; it stands still until it is moved.
    pub fn clock(&self) -> &Clock {
        &self.ground.clock
    }

    /// Days pass: the clock is moved, and housekeeping has done in each database what it does in such a time.
    pub async fn pass(&self, time: SignedDuration) {
        self.ground.clock.advance(time);
        for (kind, database) in SERVICES.into_iter().zip(&self.ground.databases) {
            let (pool, clock) = (database.pool(), &self.ground.clock);
            database::migrate(&pool, kind.migrations, clock).await.expect("housekeeping");
        }
    }

    /// Where the services listen.
    pub fn endpoints(&self) -> Endpoints {
        let at = |name| format!("http://{}", self.mesh.addresses[name]);
        Endpoints {
            identity: at("identity"),
            dossier: at("dossier"),
            workflow: at("workflow"),
            payment: at("payment"),
            mailing: at("mailing"),
            feedback: at("feedback"),
            telephone: format!("http://{}", self.telephone),
            bank: format!("http://{}", self.bank),
            authority: None,
        }
    }

    /// The database of each service, to look into.
    pub fn databases(&self) -> impl Iterator<Item = PgPool> {
        self.ground.databases.iter().map(TestDatabase::pool)
    }

    /// The channel to the service of a method's path.
    pub fn channel(&self, path: &str) -> Channel {
        self.channels[service_of(path)].clone()
    }

    /// The account of a new person.
    pub async fn account(&self) -> identity::Account {
        let asked =
            identity::CreateAccountRequest { account: Some(new_person()), request_id: wish() };
        let mut accounts = AccountServiceClient::new(self.channels["identity"].clone());
        accounts.create_account(asked).await.expect("an account").into_inner()
    }

    /// Appoints the owner of an account to an agency, in the name of the installation.
    pub async fn appoint(&self, account: &str, agency: &str) {
        let asked = identity::AppointOfficerRequest {
            parent: agency.into(),
            account: account.into(),
            roles: vec![Role::Receiving.into()],
            request_id: wish(),
        };
        let mut officers = OfficerServiceClient::new(self.channels["identity"].clone());
        let appointed = officers
            .appoint_officer(in_name_of(
                &self.people.installation("/motcua.identity.v1.OfficerService/"),
                asked,
            ))
            .await;
        appointed.expect("appointed");
    }

    /// A client of dossiers.
    pub fn dossiers(&self) -> DossierServiceClient<Channel> {
        DossierServiceClient::new(self.channels["dossier"].clone())
    }

    /// A client of files.
    pub fn files(&self) -> FileServiceClient<Replicas> {
        FileServiceClient::new(self.channels["dossier"].clone().into())
    }

    /// A client of documents.
    pub fn documents(&self) -> DocumentServiceClient<Channel> {
        DocumentServiceClient::new(self.channels["dossier"].clone())
    }

    /// The id of an accepted dossier's slip, once its owner sees it.
    pub async fn slip(&self, owner: &str, dossier: &str) -> Uuid {
        eventually(SOON, async || {
            let asked =
                dossier::ListDocumentsRequest { parent: dossier.into(), ..Default::default() };
            let listed = self.documents().list_documents(in_name_of(owner, asked)).await;
            let slip = listed.expect("documents").into_inner().documents.into_iter().next()?;
            slip.name.rsplit('/').next()?.parse().ok()
        })
        .await
    }

    /// A client of the catalogue.
    pub fn procedures(&self) -> ProcedureServiceClient<Channel> {
        ProcedureServiceClient::new(self.channels["dossier"].clone())
    }

    /// A client of the worklist.
    pub fn tasks(&self) -> TaskServiceClient<Channel> {
        TaskServiceClient::new(self.channels["workflow"].clone())
    }

    /// A new draft of a citizen, empty.
    pub async fn draft(&self, citizen: &str) -> dossier::Dossier {
        let asked = new_draft();
        let created = self.dossiers().create_dossier(in_name_of(citizen, asked)).await;
        created.expect("a draft").into_inner()
    }

    /// A new draft with every answer and every paper.
    pub async fn filled(&self, citizen: &str) -> dossier::Dossier {
        self.fill_in(citizen, self.draft(citizen).await).await
    }

    /// The same, opened and filled in by an officer at the counter for the owner of an account.
    pub async fn filled_at_counter(&self, officer: &str, owner: &str) -> dossier::Dossier {
        let mut asked = new_draft();
        asked.dossier.get_or_insert_default().owner = owner.into();
        let created = self.dossiers().create_dossier(in_name_of(officer, asked)).await;
        self.fill_in(officer, created.expect("a draft").into_inner()).await
    }

    async fn fill_in(&self, caller: &str, mut draft: dossier::Dossier) -> dossier::Dossier {
        let mut answers = sample();
        answers["vehicle"]["chassis_number"] = vehicle_of(&draft.name).into();
        for (step, id) in (1..).zip(FORM) {
            let step = dossier::StepAnswers { step, answers: Some(structure(&answers[id])) };
            let asked = dossier::SaveStepRequest {
                name: draft.name.clone(),
                step: Some(step),
                etag: draft.etag,
                request_id: wish(),
            };
            let saved = self.dossiers().save_step(in_name_of(caller, asked)).await;
            draft = saved.expect("a step saved").into_inner();
        }
        let mut files = self.files();
        for paper in papers::PAPERS {
            papers::hand_in(&mut files, caller, &draft.name, paper).await.expect("a paper");
        }
        // A paper is a change of the dossier: its etag is a new one.
        let asked = dossier::GetDossierRequest { name: draft.name };
        let read = self.dossiers().get_dossier(in_name_of(caller, asked)).await;
        read.expect("the draft").into_inner()
    }

    /// A dossier just submitted.
    pub async fn submitted(&self, citizen: &str) -> dossier::Dossier {
        let draft = self.filled(citizen).await;
        self.submit(citizen, &draft.name, &draft.etag, &wish()).await.expect("submitted")
    }

    /// Submits.
    ///
    /// # Errors
    /// As the service answers.
    pub async fn submit(
        &self,
        citizen: &str,
        name: &str,
        etag: &str,
        request_id: &str,
    ) -> Result<dossier::Dossier, Status> {
        let asked = dossier::SubmitDossierRequest {
            name: name.into(),
            etag: etag.into(),
            request_id: request_id.into(),
        };
        Ok(self.dossiers().submit_dossier(in_name_of(citizen, asked)).await?.into_inner())
    }

    /// The receiving task of a submitted dossier, once its case is opened.
    pub async fn task(&self, dossier: &str) -> workflow::Task {
        let officer = self.people.officer(AGENCY, &[Role::Receiving]);
        eventually(SOON, async || {
            let asked = workflow::ListTasksRequest {
                parent: "cases/-".into(),
                filter: format!(r#"dossier = "{dossier}""#),
                ..workflow::ListTasksRequest::default()
            };
            let listed = self.tasks().list_tasks(in_name_of(&officer, asked)).await;
            listed.expect("the worklist").into_inner().tasks.into_iter().next()
        })
        .await
    }

    /// Claims a task.
    pub async fn claim(&self, officer: &str, task: &str) {
        let asked = workflow::ClaimTaskRequest { name: task.into(), request_id: wish() };
        self.tasks().claim_task(in_name_of(officer, asked)).await.expect("claimed");
    }

    /// Accepts a dossier whose receiving task the officer holds.
    pub async fn accept(&self, officer: &str, dossier: &str) -> workflow::Case {
        let asked = workflow::AcceptDossierRequest {
            name: dossier.replace("dossiers/", "cases/"),
            etag: String::new(),
            request_id: wish(),
        };
        let mut cases = CaseServiceClient::new(self.channels["workflow"].clone());
        cases.accept_dossier(in_name_of(officer, asked)).await.expect("accepted").into_inner()
    }

    /// Refuses a dossier whose receiving task the officer holds.
    pub async fn refuse(&self, officer: &str, dossier: &str) -> workflow::Case {
        let asked = refusal(&dossier.replace("dossiers/", "cases/"));
        let mut cases = CaseServiceClient::new(self.channels["workflow"].clone());
        cases.refuse_dossier(in_name_of(officer, asked)).await.expect("refused").into_inner()
    }
}

/// A port for a server of the world outside.
async fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("its address");
    (listener, address)
}

/// A wish for a draft under the procedure of the journey.
pub fn new_draft() -> dossier::CreateDossierRequest {
    let draft = dossier::Dossier {
        procedure: PROCEDURE.into(),
        agency: AGENCY.into(),
        ..dossier::Dossier::default()
    };
    dossier::CreateDossierRequest {
        dossier: Some(draft),
        dossier_id: Uuid::now_v7().to_string(),
        request_id: wish(),
    }
}

/// A wish to refuse the dossier of a case.
pub fn refusal(case: &str) -> workflow::RefuseDossierRequest {
    let (code, text) = ("papers_lacking".into(), "Thiếu trang 2 của hóa đơn.".into());
    workflow::RefuseDossierRequest {
        name: case.into(),
        reasons: vec![workflow::StatedReason { code, text }],
        etag: String::new(),
        request_id: wish(),
    }
}

/// An address that was free a moment ago; nothing else takes ports of this one.
fn free_address() -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.2:0").expect("a free port");
    listener.local_addr().expect("its address")
}

/// A bank that tells payment.
fn bank_settings(settings: &Settings, clock: &Clock) -> sandbox::bank::Settings {
    let callback = settings.get(&payment::settings::CALLBACK_LISTEN).expect("an address");
    let secrets = payment::settings::bank_secrets(settings).expect("a secret");
    sandbox::bank::Settings {
        callback_url: format!("http://{callback}{}", payment::callback::PATH),
        secret: secrets.into_iter().next().expect("one"),
        bearer: settings.require(&payment::settings::BANK_BEARER).expect("a secret"),
        clock: clock.clone(),
    }
}

/// A carrier that tells mailing, and is at the door in no time.
fn carrier_settings(settings: &Settings, clock: &Clock) -> sandbox::carrier::Settings {
    let callback = settings.get(&mailing::settings::CALLBACK_LISTEN).expect("an address");
    let secrets = mailing::settings::callback_secrets(settings).expect("a secret");
    sandbox::carrier::Settings {
        secret: settings.require(&mailing::settings::CARRIER_SECRET).expect("a secret"),
        callback_url: format!("http://{callback}{}", mailing::callback::PATH),
        callback_secret: secrets.into_iter().next().expect("one"),
        clock: clock.clone(),
        pace: Duration::ZERO,
    }
}
