//! Payment on its feet, with dossier and a bank beside it.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::extract::{Request as Call, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response as Answered};
use chassis::access::{Assurance, Issuer, Person, Role, Rules, SigningKey, Verifier};
use chassis::clock::{Clock, timestamp};
use chassis::config::{self, Sources};
use chassis::events::{Cursor, Event, Log, LogCarrier, Sink};
use chassis::keys::Keys;
use chassis::peers::Peers;
use chassis::running::Running;
use chassis::server::Ports;
use chassis::service::{BoxError, Kind, Process, Standing};
use chassis::telemetry::Metrics;
use chassis::webhook::{self, MessageId, Secret};
use chassis::write::Stream;
use jiff::{SignedDuration, Timestamp};
use payment::{callback, settings};
use prost::{Message, Name};
use proto::google::r#type::Money;
use proto::motcua::payment::v1 as pb;
use proto::motcua::payment::v1::invoice_service_client::InvoiceServiceClient;
use proto::motcua::payment::v1::ledger_service_client::LedgerServiceClient;
use proto::motcua::r#type::v1::{Channel as Came, DossierRef, DossierStatus};
use proto::motcua::workflow::v1::{FeeFellDue, FeeKind, FeeLine};
use reqwest::StatusCode;
use sandbox::bank::{self, Behaviour, Payment, Told, Transfers};
use support::{TestDatabase, eventually};
use tokio::net::TcpListener;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Response, Status};
use uuid::Uuid;

/// How long anything that should happen may take on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// The agency of every dossier here.
pub const AGENCY: &str = "agencies/26860";

/// What is due here: a state fee and a service fee.
pub const FEES: [(FeeKind, i64); 2] = [(FeeKind::State, 1_000_000), (FeeKind::Service, 150_000)];

/// Their sum.
pub const TOTAL: i64 = 1_150_000;

/// The bearer secret the bank is asked with.
const BEARER: &str = "between payment and the bank";

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// Payment and what is around it.
pub struct Office {
    pub clock: Clock,
    pub database: TestDatabase,
    pub sink: Sink,
    invoices: InvoiceServiceClient<Channel>,
    ledger: LedgerServiceClient<Channel>,
    log: Log,
    issuer: Issuer,
    dossiers: TestDatabase,
    callback_url: String,
    bank_url: String,
    bank_is_open: Arc<AtomicBool>,
    http: reqwest::Client,
    keys_folder: PathBuf,
    _running: Running,
}

impl Drop for Office {
    fn drop(&mut self) {
        // A folder that stays is no failure of the test.
        let _ = std::fs::remove_dir_all(&self.keys_folder);
    }
}

/// A dossier that a fee can fall due on.
#[derive(Clone)]
pub struct Dossier {
    pub id: Uuid,
    pub owner: String,
}

/// The headers of a call.
pub struct Signed {
    pub id: String,
    pub timestamp: String,
    pub signature: String,
}

impl Office {
    pub async fn open() -> Self {
        let clock = Clock::manual("2026-11-25T03:00:00Z".parse().unwrap());
        let mut running = Running::default();
        let database = TestDatabase::new("payment", payment::SERVICE.migrations, &clock).await;
        let dossiers = TestDatabase::new("dossier", dossier::SERVICE.migrations, &clock).await;
        let [at_payment, at_dossier, at_bank] = listeners().await;
        let callback = free_address();
        let callback_url = format!("http://{callback}{}", callback::PATH);
        let bank_url = url(&at_bank);
        let settings = chosen(&callback, &bank_url);
        let ports = Ports::bind(&settings, &[&settings::CALLBACK_LISTEN]).await.unwrap();
        let key = SigningKey::from_bytes(&[7; 32]);
        let issuer = Issuer::new(&key, clock.clone()).unwrap();
        // Whom dossier would ask about agencies: no draft is opened here.
        let nobody = "http://127.0.0.1:9".to_owned();
        let peers = HashMap::from([("dossier", url(&at_dossier)), ("identity", nobody)]);
        let folder = std::env::temp_dir().join(format!("motcua-payment-{}", Uuid::now_v7()));
        let process = Process {
            clock: clock.clone(),
            metrics: Metrics::new(),
            keys: Keys::in_folder(&folder).unwrap(),
            settings: Arc::new(settings),
            data: folder.join("data"),
            verifier: Verifier::new(&[key.verifying_key()], clock.clone()).unwrap(),
            rules: Arc::new(Rules::of_contract(proto::DESCRIPTORS).unwrap()),
            peers: Peers::new(peers, issuer.clone()),
            issuer: issuer.clone(),
            reflection: false,
            connections: 100,
            ports,
        };
        let channel = Endpoint::from_shared(url(&at_payment)).unwrap().connect_lazy();
        let mut raise = async |kind: Kind, database: &TestDatabase, listener| {
            let raised = Standing::raise(kind, process.clone(), database.options(), 8).await;
            let raised = raised.unwrap();
            let log = raised.log.clone();
            (log, raised.start(listener, &LogCarrier::default(), None, &mut running))
        };
        raise(dossier::SERVICE, &dossiers, at_dossier).await;
        let (log, mut sinks) = raise(payment::SERVICE, &database, at_payment).await;
        let bank_is_open = Arc::new(AtomicBool::new(true));
        let settings = bank::Settings {
            callback_url: callback_url.clone(),
            secret: SECRET.parse().unwrap(),
            bearer: BEARER.into(),
            clock: clock.clone(),
        };
        running.work(run_bank(at_bank, settings, bank_is_open.clone()));
        Self {
            clock,
            database,
            sink: sinks.remove(0),
            invoices: InvoiceServiceClient::new(channel.clone()),
            ledger: LedgerServiceClient::new(channel),
            log,
            issuer,
            dossiers,
            callback_url,
            bank_url,
            bank_is_open,
            http: reqwest::Client::new(),
            keys_folder: folder,
            _running: running,
        }
    }

    /// A dossier as it is when a fee can fall due: submitted to the agency.
    pub async fn dossier(&self) -> Dossier {
        let dossier = Dossier { id: Uuid::now_v7(), owner: format!("accounts/{}", Uuid::now_v7()) };
        sqlx::query(
            "insert into dossier.dossiers values
                 ($1, $2, '1.012575', 1, $3, 2, 6, $4, '2026-11-25Z', '2026-11-25Z', 1)",
        )
        .bind(dossier.id)
        .bind(&dossier.owner)
        .bind(AGENCY)
        .bind(code(dossier.id))
        .execute(&self.dossiers.pool())
        .await
        .unwrap();
        dossier
    }

    /// Tells payment that [`FEES`] fell due on a dossier, and returns the invoice.
    pub async fn fell_due(&self, dossier: &Dossier) -> pb::Invoice {
        let obligation = Uuid::now_v7();
        self.sink.take(&[self.event(dossier.id, obligation, 1, &FEES)]).await.unwrap();
        self.invoice(obligation).await
    }

    /// A new dossier's invoice.
    pub async fn issued(&self) -> pb::Invoice {
        self.fell_due(&self.dossier().await).await
    }

    /// Workflow's fact that a fee fell due, payable for a day.
    pub fn event(
        &self,
        dossier: Uuid,
        obligation: Uuid,
        sequence: i64,
        fees: &[(FeeKind, i64)],
    ) -> Event {
        let line = |(kind, units): &(FeeKind, i64)| FeeLine {
            kind: (*kind).into(),
            amount: Some(vnd(*units)),
        };
        let fact = FeeFellDue {
            dossier: Some(DossierRef {
                name: format!("dossiers/{dossier}"),
                code: code(dossier),
                procedure: "procedures/1.012575/versions/1".into(),
                agency: AGENCY.into(),
                channel: Came::Online.into(),
            }),
            obligation: obligation.to_string(),
            lines: fees.iter().map(line).collect(),
            fall_due_time: Some(timestamp(self.clock.now())),
            expire_time: Some(timestamp(self.clock.now() + SignedDuration::from_hours(24))),
            status_after: DossierStatus::FinancialObligationRequired.into(),
        };
        self.event_of(dossier, sequence, &fact)
    }

    /// A fact of workflow.
    pub fn event_of<M: Message + Name>(&self, dossier: Uuid, sequence: i64, fact: &M) -> Event {
        Event {
            id: Uuid::now_v7(),
            source: "workflow".into(),
            kind: M::full_name(),
            subject: format!("cases/{dossier}"),
            time: self.clock.now(),
            stream: Stream(dossier),
            sequence,
            agency: AGENCY.into(),
            actor: "services/workflow".into(),
            causation: String::new(),
            traceparent: None,
            body: fact.encode_to_vec(),
        }
    }

    /// The invoice of an obligation, as a service reads it.
    pub async fn invoice(&self, obligation: Uuid) -> pb::Invoice {
        self.read(&format!("invoices/{obligation}"), &self.service()).await.unwrap()
    }

    pub async fn read(&self, name: &str, token: &str) -> Result<pb::Invoice, Status> {
        let asked = pb::GetInvoiceRequest { name: name.into() };
        let answer = self.invoices.clone().get_invoice(in_name_of(token, asked)).await;
        answer.map(Response::into_inner)
    }

    pub async fn list(
        &self,
        asked: pb::ListInvoicesRequest,
        token: &str,
    ) -> Result<pb::ListInvoicesResponse, Status> {
        let answer = self.invoices.clone().list_invoices(in_name_of(token, asked)).await;
        answer.map(Response::into_inner)
    }

    pub async fn check_ledger(&self, token: &str) -> Result<pb::CheckLedgerResponse, Status> {
        let asked = in_name_of(token, pb::CheckLedgerRequest {});
        self.ledger.clone().check_ledger(asked).await.map(Response::into_inner)
    }

    /// What each account stands at, once it is sure that the books balance.
    pub async fn balances(&self) -> HashMap<String, i64> {
        let books = self.check_ledger(&self.service()).await.unwrap();
        assert_eq!(books.difference, Some(vnd(0)));
        assert!(books.unbalanced_entries.is_empty(), "{books:?}");
        let units = |balance: pb::AccountBalance| balance.balance.unwrap_or_default().units;
        let id = |account: &str| account.trim_start_matches("ledgerAccounts/").to_owned();
        books.balances.into_iter().map(|it| (id(&it.account), units(it))).collect()
    }

    /// A citizen scans the invoice's QR; `amount`, if they typed another.
    pub async fn pay(
        &self,
        invoice: &pb::Invoice,
        behaviour: Behaviour,
        amount: Option<i64>,
    ) -> Told {
        let payment = Payment { qr: invoice.vietqr.clone(), behaviour, amount };
        let url = format!("{}/payments", self.bank_url);
        let answer = self.http.post(url).json(&payment).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::CREATED);
        answer.json().await.unwrap()
    }

    /// Asks the bank which transfers came for a purpose.
    pub async fn ask_bank(&self, purpose: &str) -> Vec<Told> {
        let url =
            format!("{}/transfers?purpose={purpose}&since=1970-01-01T00:00:00Z", self.bank_url);
        let answer = self.http.get(url).bearer_auth(BEARER).send().await.unwrap();
        answer.json::<Transfers>().await.unwrap().transfers
    }

    /// From now on the bank answers, or does not.
    pub fn open_bank(&self, open: bool) {
        self.bank_is_open.store(open, Ordering::SeqCst);
    }

    /// The invoice, once it is paid.
    pub async fn paid(&self, invoice: &pb::Invoice) -> pb::Invoice {
        self.reached(invoice, pb::InvoiceState::Paid).await
    }

    /// The invoice, once it reached a state.
    pub async fn reached(&self, invoice: &pb::Invoice, state: pb::InvoiceState) -> pb::Invoice {
        eventually(PATIENCE, async || {
            let now = self.read(&invoice.name, &self.service()).await.unwrap();
            if now.state() == state { Ok(now) } else { Err(now) }
        })
        .await
    }

    /// Tells of a transfer as the bank does, signed now.
    pub async fn tell(&self, told: &Told) -> StatusCode {
        let body = serde_json::to_vec(told).unwrap();
        self.call(&self.sign(&told.transfer_id, self.clock.now(), &body), body).await
    }

    /// The headers of a body with the bank's secret.
    pub fn sign(&self, id: &str, at: Timestamp, body: &[u8]) -> Signed {
        self.sign_with(SECRET, id, at, body)
    }

    pub fn sign_with(&self, secret: &str, id: &str, at: Timestamp, body: &[u8]) -> Signed {
        let message: MessageId = id.parse().unwrap();
        let secret: Secret = secret.parse().unwrap();
        Signed {
            id: id.into(),
            timestamp: at.as_second().to_string(),
            signature: webhook::sign(&secret, &message, at, body),
        }
    }

    pub async fn call(&self, signed: &Signed, body: Vec<u8>) -> StatusCode {
        let call = self
            .http
            .post(&self.callback_url)
            .header(webhook::ID_HEADER, &signed.id)
            .header(webhook::TIMESTAMP_HEADER, &signed.timestamp)
            .header(webhook::SIGNATURE_HEADER, &signed.signature)
            .body(body);
        call.send().await.unwrap().status()
    }

    /// A transfer of an amount with a purpose, paid now.
    pub fn transfer(&self, purpose: &str, amount: i64) -> Told {
        Told {
            transfer_id: format!("FT{}", Uuid::now_v7().simple()),
            amount,
            currency: "VND".into(),
            purpose: purpose.into(),
            pay_time: self.clock.now(),
        }
    }

    /// Every fact of one kind that payment published, in order.
    pub async fn facts<M: Message + Name + Default>(&self) -> Vec<M> {
        let events = self.published().await.into_iter().filter(|it| it.kind == M::full_name());
        events.map(|event| M::decode(event.body.as_slice()).unwrap()).collect()
    }

    /// Everything payment published, in order.
    pub async fn published(&self) -> Vec<Event> {
        let (mut all, mut cursor) = (Vec::new(), Cursor::beginning());
        loop {
            let (events, next) = self.log.read(&cursor).await.unwrap();
            if events.is_empty() {
                return all;
            }
            all.extend(events);
            cursor = next;
        }
    }

    /// Rows of a table.
    pub async fn rows(&self, count: &'static str) -> i64 {
        sqlx::query_scalar(count).fetch_one(&self.database.pool()).await.unwrap()
    }

    pub fn service(&self) -> String {
        self.token("services/workflow", Person::Service)
    }

    pub fn citizen(&self, name: &str) -> String {
        self.token(name, Person::Citizen { assurance: Assurance::Substantial.into() })
    }

    pub fn officer(&self, agency: &str, role: Role) -> String {
        let person = Person::Officer { agency: agency.into(), roles: vec![role.into()] };
        self.token(&format!("{agency}/officers/{}", Uuid::now_v7()), person)
    }

    fn token(&self, name: &str, person: Person) -> String {
        self.issuer.issue(name, person).unwrap()
    }
}

/// So many đồng.
pub fn vnd(units: i64) -> Money {
    Money { currency_code: "VND".into(), units, nanos: 0 }
}

fn in_name_of<T>(token: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    request
}

fn code(dossier: Uuid) -> String {
    format!("H29.27.484-20261125-{}", dossier.as_u64_pair().1)
}

fn chosen(callback: &SocketAddr, bank: &str) -> config::Settings {
    let chosen = [
        format!("payment.callback.listen={callback}"),
        format!("payment.bank.secret={SECRET}"),
        format!("payment.bank.url={bank}"),
        format!("payment.bank.bearer={BEARER}"),
    ];
    let command_line = chosen.map(Into::into).into();
    let sources = Sources { command_line, ..Sources::default() };
    let mut table = Vec::from(settings::TABLE);
    table.extend(dossier::settings::TABLE);
    config::Settings::load(&table, &sources).unwrap()
}

/// An address that was free a moment ago; nothing else takes ports of this one.
fn free_address() -> SocketAddr {
    std::net::TcpListener::bind("127.0.0.2:0").unwrap().local_addr().unwrap()
}

async fn listeners<const N: usize>() -> [TcpListener; N] {
    let mut listeners = Vec::new();
    for _ in 0..N {
        listeners.push(TcpListener::bind("127.0.0.1:0").await.unwrap());
    }
    listeners.try_into().unwrap()
}

fn url(listener: &TcpListener) -> String {
    format!("http://{}", listener.local_addr().unwrap())
}

async fn run_bank(
    listener: TcpListener,
    settings: bank::Settings,
    is_open: Arc<AtomicBool>,
) -> Result<(), BoxError> {
    let router = bank::router(settings).layer(from_fn_with_state(is_open, answer_if_open));
    Ok(axum::serve(listener, router).await?)
}

async fn answer_if_open(
    State(is_open): State<Arc<AtomicBool>>,
    call: Call,
    next: Next,
) -> Answered {
    if is_open.load(Ordering::SeqCst) {
        next.run(call).await
    } else {
        StatusCode::SERVICE_UNAVAILABLE.into_response()
    }
}
