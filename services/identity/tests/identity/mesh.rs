//! The service on its feet, with a stand-in for mailing, and people who use it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chassis::clock::Clock;
use chassis::service::BoxError;
use proto::google::r#type::Date;
use proto::motcua::identity::v1 as pb;
use proto::motcua::identity::v1::account_service_client::AccountServiceClient;
use proto::motcua::identity::v1::agency_service_client::AgencyServiceClient;
use proto::motcua::identity::v1::client_service_client::ClientServiceClient;
use proto::motcua::identity::v1::contact_service_client::ContactServiceClient;
use proto::motcua::identity::v1::counter_service_client::CounterServiceClient;
use proto::motcua::identity::v1::key_service_client::KeyServiceClient;
use proto::motcua::identity::v1::officer_service_client::OfficerServiceClient;
use proto::motcua::identity::v1::session_service_client::SessionServiceClient;
use proto::motcua::mailing::v1::message_service_server::{MessageService, MessageServiceServer};
use proto::motcua::mailing::v1::{
    SendAccountNoticeRequest, SendAccountNoticeResponse, SendOneTimeCodeRequest,
    SendOneTimeCodeResponse,
};
use support::{Alone, Surroundings, eventually};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::{Channel, Server};
use tonic::{Request, Response, Status};
use uuid::Uuid;

/// How long anything that should happen may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// Identity and what is around it.
pub struct Mesh {
    pub accounts: AccountServiceClient<Channel>,
    pub sessions: SessionServiceClient<Channel>,
    pub officers: OfficerServiceClient<Channel>,
    pub agencies: AgencyServiceClient<Channel>,
    pub clients: ClientServiceClient<Channel>,
    pub contacts: ContactServiceClient<Channel>,
    pub counter: CounterServiceClient<Channel>,
    pub keys: KeyServiceClient<Channel>,
    pub identity: Alone,
    sent: Sent,
    _tasks: JoinSet<Result<(), BoxError>>,
}

/// A person as told to the service.
#[derive(Clone, Copy)]
pub struct Citizen<'a> {
    pub personal_id: &'a str,
    pub phone: &'a str,
}

pub const HOA: Citizen<'_> = Citizen { personal_id: "079190123456", phone: "0901234567" };
pub const LAN: Citizen<'_> = Citizen { personal_id: "074190765432", phone: "0387654321" };

/// What mailing was asked to send, and whether it answers.
#[derive(Clone, Default)]
struct Sent {
    requests: Arc<Mutex<Vec<SendOneTimeCodeRequest>>>,
    notices: Arc<Mutex<Vec<SendAccountNoticeRequest>>>,
    stuck: Arc<AtomicBool>,
}

#[tonic::async_trait]
impl MessageService for Sent {
    async fn send_one_time_code(
        &self,
        request: Request<SendOneTimeCodeRequest>,
    ) -> Result<Response<SendOneTimeCodeResponse>, Status> {
        self.requests.lock().unwrap().push(request.into_inner());
        if self.stuck.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
        Ok(Response::new(SendOneTimeCodeResponse {}))
    }

    async fn send_account_notice(
        &self,
        request: Request<SendAccountNoticeRequest>,
    ) -> Result<Response<SendAccountNoticeResponse>, Status> {
        if self.stuck.load(Ordering::Relaxed) {
            return Err(Status::unavailable("stuck"));
        }
        self.notices.lock().unwrap().push(request.into_inner());
        Ok(Response::new(SendAccountNoticeResponse {}))
    }
}

impl Mesh {
    pub async fn new() -> Self {
        let clock = Clock::manual("2026-11-25T03:00:00Z".parse().unwrap());
        let sent = Sent::default();
        let mut tasks = JoinSet::new();
        let mailing = stand_in(sent.clone(), &mut tasks).await;
        let peers = HashMap::from([("mailing", mailing)]);
        let around = Surroundings { peers, ..Surroundings::default() };
        let identity = Alone::raise(identity::SERVICE, clock, around).await;
        let channel = identity.channel.clone();
        Self {
            accounts: AccountServiceClient::new(channel.clone()),
            sessions: SessionServiceClient::new(channel.clone()),
            officers: OfficerServiceClient::new(channel.clone()),
            agencies: AgencyServiceClient::new(channel.clone()),
            clients: ClientServiceClient::new(channel.clone()),
            contacts: ContactServiceClient::new(channel.clone()),
            counter: CounterServiceClient::new(channel.clone()),
            keys: KeyServiceClient::new(channel),
            identity,
            sent,
            _tasks: tasks,
        }
    }

    /// Makes the account of a citizen and returns its name.
    pub async fn account(&self, citizen: Citizen<'_>) -> String {
        let request =
            pb::CreateAccountRequest { account: Some(details(citizen)), request_id: fresh() };
        self.accounts.clone().create_account(request).await.unwrap().into_inner().name
    }

    pub async fn start(&self, citizen: Citizen<'_>) -> Result<pb::StartSignInResponse, Status> {
        self.start_as(citizen, &fresh()).await
    }

    pub async fn start_as(
        &self,
        citizen: Citizen<'_>,
        request_id: &str,
    ) -> Result<pb::StartSignInResponse, Status> {
        self.start_on(citizen, request_id, "").await
    }

    /// Starts a sign-in on a device that holds a refresh token.
    pub async fn start_on(
        &self,
        Citizen { personal_id, phone }: Citizen<'_>,
        request_id: &str,
        refresh_token: &str,
    ) -> Result<pb::StartSignInResponse, Status> {
        let request = pb::StartSignInRequest {
            personal_id: personal_id.into(),
            phone_number: phone.into(),
            request_id: request_id.into(),
            refresh_token: refresh_token.into(),
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
    pub async fn signed_in(&self, citizen: Citizen<'_>, agency: &str) -> pb::Tokens {
        let sign_in = self.start(citizen).await.unwrap().sign_in;
        let code = self.code_of(&sign_in).await;
        self.complete_for(&sign_in, &code, agency).await.unwrap()
    }

    /// The code that came for a sign-in or a change of telephone.
    pub async fn code_of(&self, sign_in: &str) -> String {
        eventually(PATIENCE, async || self.sendings_of(sign_in).pop()).await.code
    }

    /// What mailing was asked to send for one.
    pub fn sendings_of(&self, sign_in: &str) -> Vec<SendOneTimeCodeRequest> {
        let id = sign_in.rsplit('/').next().unwrap();
        let sent = self.sent.requests.lock().unwrap();
        sent.iter().filter(|message| message.request_id == id).cloned().collect()
    }

    /// How many messages mailing was asked to send.
    pub fn sendings(&self) -> usize {
        self.sent.requests.lock().unwrap().len()
    }

    /// What telephones are told of accounts, once so many were.
    pub async fn notices(&self, count: usize) -> Vec<SendAccountNoticeRequest> {
        let notices = || Some(self.sent.notices.lock().unwrap().clone());
        eventually(PATIENCE, async || notices().filter(|told| told.len() >= count)).await
    }

    /// From now on mailing takes what it is sent and answers nobody.
    pub fn mailing_gets_stuck(&self) {
        self.sent.stuck.store(true, Ordering::Relaxed);
    }

    /// From now on it answers again.
    pub fn mailing_comes_back(&self) {
        self.sent.stuck.store(false, Ordering::Relaxed);
    }

    /// Waits for that many messages.
    pub async fn wait_for_sendings(&self, count: usize) {
        eventually(PATIENCE, async || self.sendings() >= count).await;
    }

    /// A request by a service.
    pub fn by_service<T>(&self, message: T) -> Request<T> {
        by(&self.identity.issuer.issue_to("identity", "services/ctl").unwrap(), message)
    }

    /// Appoints the owner of an account in the name of a service.
    pub async fn appoint(&self, agency: &str, account: &str, roles: &[i32]) -> pb::Officer {
        let request = self.by_service(appointment(agency, account, roles));
        self.officers.clone().appoint_officer(request).await.unwrap().into_inner()
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

pub fn details(citizen: Citizen<'_>) -> pb::Account {
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
