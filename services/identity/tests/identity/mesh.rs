//! The service on its feet, with a stand-in for mailing, and people who use it.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chassis::access::{Issuer, Person, Rules, SigningKey, Verifier};
use chassis::clock::Clock;
use chassis::config::{Settings, Sources};
use chassis::events::LogCarrier;
use chassis::keys::Keys;
use chassis::peers::Peers;
use chassis::service::{BoxError, Process, Standing};
use chassis::telemetry::Metrics;
use proto::google::r#type::Date;
use proto::motcua::identity::v1 as pb;
use proto::motcua::identity::v1::account_service_client::AccountServiceClient;
use proto::motcua::identity::v1::key_service_client::KeyServiceClient;
use proto::motcua::identity::v1::officer_service_client::OfficerServiceClient;
use proto::motcua::identity::v1::session_service_client::SessionServiceClient;
use proto::motcua::mailing::v1::message_service_server::{MessageService, MessageServiceServer};
use proto::motcua::mailing::v1::{SendOneTimeCodeRequest, SendOneTimeCodeResponse};
use support::{TestDatabase, eventually};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_stream::wrappers::TcpListenerStream;
use tokio_util::sync::CancellationToken;
use tonic::transport::{Channel, Endpoint, Server};
use tonic::{Request, Response, Status};
use uuid::Uuid;

/// How long anything that should happen may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// Identity and what is around it.
pub struct Mesh {
    pub accounts: AccountServiceClient<Channel>,
    pub sessions: SessionServiceClient<Channel>,
    pub officers: OfficerServiceClient<Channel>,
    pub keys: KeyServiceClient<Channel>,
    pub clock: Clock,
    pub verifier: Verifier,
    pub database: TestDatabase,
    issuer: Issuer,
    sent: Sent,
    stop: CancellationToken,
    keys_folder: PathBuf,
    _tasks: JoinSet<Result<(), BoxError>>,
}

/// A person as told to the service.
#[derive(Clone, Copy)]
pub struct Citizen {
    pub personal_id: &'static str,
    pub phone: &'static str,
}

pub const HOA: Citizen = Citizen { personal_id: "079190123456", phone: "0901234567" };
pub const LAN: Citizen = Citizen { personal_id: "074190765432", phone: "0387654321" };

#[derive(Clone, Default)]
struct Sent(Arc<Mutex<Vec<SendOneTimeCodeRequest>>>);

#[tonic::async_trait]
impl MessageService for Sent {
    async fn send_one_time_code(
        &self,
        request: Request<SendOneTimeCodeRequest>,
    ) -> Result<Response<SendOneTimeCodeResponse>, Status> {
        self.0.lock().unwrap().push(request.into_inner());
        Ok(Response::new(SendOneTimeCodeResponse {}))
    }
}

impl Mesh {
    pub async fn new() -> Self {
        let clock = Clock::manual("2026-11-25T03:00:00Z".parse().unwrap());
        let database = TestDatabase::new("identity", identity::SERVICE.migrations, &clock).await;
        let key = SigningKey::from_bytes(&[7; 32]);
        let issuer = Issuer::new(&key, clock.clone()).unwrap();
        let verifier = Verifier::new(&[key.verifying_key()], clock.clone()).unwrap();
        let (stop, mut tasks) = (CancellationToken::new(), JoinSet::new());
        let sent = Sent::default();
        let mailing = stand_in(sent.clone(), &mut tasks).await;
        let folder = format!("motcua-identity-{}", Uuid::now_v7());
        let keys_folder = std::env::temp_dir().join(folder);
        let process = Process {
            clock: clock.clone(),
            metrics: Metrics::new(),
            keys: Keys::in_folder(&keys_folder).unwrap(),
            settings: Arc::new(Settings::load(&[], &Sources::default()).unwrap()),
            verifier: verifier.clone(),
            rules: Arc::new(Rules::of_contract(proto::DESCRIPTORS).unwrap()),
            peers: Peers::new(HashMap::from([("mailing", mailing)]), issuer.clone()),
            issuer: issuer.clone(),
            reflection: false,
        };
        let standing = Standing::raise(identity::SERVICE, process, database.options(), 8).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        standing.unwrap().start(listener, &LogCarrier::default(), None, &stop, &mut tasks);
        let channel = Endpoint::from_shared(address).unwrap().connect_lazy();
        Self {
            accounts: AccountServiceClient::new(channel.clone()),
            sessions: SessionServiceClient::new(channel.clone()),
            officers: OfficerServiceClient::new(channel.clone()),
            keys: KeyServiceClient::new(channel),
            clock,
            verifier,
            database,
            issuer,
            sent,
            stop,
            keys_folder,
            _tasks: tasks,
        }
    }

    /// Makes the account of a citizen and returns its name.
    pub async fn account(&self, citizen: Citizen) -> String {
        let request =
            pb::CreateAccountRequest { account: Some(details(citizen)), request_id: fresh() };
        self.accounts.clone().create_account(request).await.unwrap().into_inner().name
    }

    pub async fn start(&self, citizen: Citizen) -> Result<pb::StartSignInResponse, Status> {
        self.start_as(citizen, &fresh()).await
    }

    pub async fn start_as(
        &self,
        Citizen { personal_id, phone }: Citizen,
        request_id: &str,
    ) -> Result<pb::StartSignInResponse, Status> {
        let request = pb::StartSignInRequest {
            personal_id: personal_id.into(),
            phone_number: phone.into(),
            request_id: request_id.into(),
        };
        self.sessions.clone().start_sign_in(request).await.map(Response::into_inner)
    }

    pub async fn complete(&self, sign_in: &str, code: &str) -> Result<pb::Tokens, Status> {
        self.complete_for(sign_in, code, "").await
    }

    pub async fn complete_for(
        &self,
        sign_in: &str,
        code: &str,
        agency: &str,
    ) -> Result<pb::Tokens, Status> {
        let request = pb::CompleteSignInRequest {
            sign_in: sign_in.into(),
            code: code.into(),
            agency: agency.into(),
            request_id: fresh(),
        };
        self.sessions.clone().complete_sign_in(request).await.map(Response::into_inner)
    }

    pub async fn refresh(&self, token: &str) -> Result<pb::Tokens, Status> {
        self.refresh_as(token, &fresh()).await
    }

    pub async fn refresh_as(&self, token: &str, request_id: &str) -> Result<pb::Tokens, Status> {
        let request =
            pb::RefreshTokenRequest { refresh_token: token.into(), request_id: request_id.into() };
        self.sessions.clone().refresh_token(request).await.map(Response::into_inner)
    }

    /// Signs a citizen in, to act for the agency named; empty to act as a citizen.
    pub async fn signed_in(&self, citizen: Citizen, agency: &str) -> pb::Tokens {
        let sign_in = self.start(citizen).await.unwrap().sign_in;
        let code = self.code_of(&sign_in).await;
        self.complete_for(&sign_in, &code, agency).await.unwrap()
    }

    /// The code that came for a sign-in.
    pub async fn code_of(&self, sign_in: &str) -> String {
        eventually(PATIENCE, async || self.sendings_of(sign_in).pop()).await.code
    }

    /// What mailing was asked to send for a sign-in.
    pub fn sendings_of(&self, sign_in: &str) -> Vec<SendOneTimeCodeRequest> {
        let id = sign_in.strip_prefix("signIns/").unwrap();
        let sent = self.sent.0.lock().unwrap();
        sent.iter().filter(|message| message.request_id == id).cloned().collect()
    }

    /// How many messages mailing was asked to send.
    pub fn sendings(&self) -> usize {
        self.sent.0.lock().unwrap().len()
    }

    /// Waits for that many messages.
    pub async fn wait_for_sendings(&self, count: usize) {
        eventually(PATIENCE, async || self.sendings() >= count).await;
    }

    /// A request by a service.
    pub fn by_service<T>(&self, message: T) -> Request<T> {
        by(&self.issuer.issue("services/ctl", Person::Service).unwrap(), message)
    }

    /// Appoints the owner of an account in the name of a service.
    pub async fn appoint(&self, agency: &str, account: &str, roles: &[i32]) -> pb::Officer {
        let request = self.by_service(appointment(agency, account, roles));
        self.officers.clone().appoint_officer(request).await.unwrap().into_inner()
    }
}

impl Drop for Mesh {
    fn drop(&mut self) {
        self.stop.cancel();
        // A folder that cannot be removed fails no test.
        let _ = std::fs::remove_dir_all(&self.keys_folder);
    }
}

/// A request with an access token.
pub fn by<T>(access_token: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    let bearer = format!("Bearer {access_token}").parse().unwrap();
    request.metadata_mut().insert("authorization", bearer);
    request
}

pub fn appointment(agency: &str, account: &str, roles: &[i32]) -> pb::AppointOfficerRequest {
    pb::AppointOfficerRequest {
        parent: agency.into(),
        account: account.into(),
        roles: roles.into(),
        request_id: fresh(),
    }
}

pub fn details(citizen: Citizen) -> pb::Account {
    pb::Account {
        personal_id: citizen.personal_id.into(),
        full_name: "Nguyễn Thị Hoa".into(),
        birth_date: Some(Date { year: 1990, month: 5, day: 1 }),
        sex: pb::Sex::Female.into(),
        phone_number: citizen.phone.into(),
        ..pb::Account::default()
    }
}

/// A request id for a new wish.
pub fn fresh() -> String {
    Uuid::now_v7().to_string()
}

/// A code that is another one.
pub fn other_than(code: &str) -> String {
    let number: u32 = code.parse().unwrap();
    format!("{:06}", (number + 1) % 1_000_000)
}

/// The reason of a refusal.
pub fn reason<T: std::fmt::Debug>(answer: Result<T, Status>) -> String {
    chassis::status::reason(&answer.expect_err("refused")).expect("a reason")
}

async fn stand_in(sent: Sent, tasks: &mut JoinSet<Result<(), BoxError>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let serving = Server::builder()
        .add_service(MessageServiceServer::new(sent))
        .serve_with_incoming(TcpListenerStream::new(listener));
    tasks.spawn(async move { serving.await.map_err(Into::into) });
    address
}
