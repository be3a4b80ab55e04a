//! Payment on its feet, with dossier and a bank beside it.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::{Request as Call, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response as Answered};
use chassis::clock::timestamp;
use chassis::events::Event;
use chassis::webhook::{self, MessageId, Secret};
use jiff::{SignedDuration, Timestamp};
use payment::{callback, settings};
use proto::google::r#type::Money;
use proto::motcua::dossier::v1 as dossier;
use proto::motcua::payment::v1 as pb;
use proto::motcua::payment::v1::invoice_service_client::InvoiceServiceClient;
use proto::motcua::payment::v1::ledger_service_client::LedgerServiceClient;
use proto::motcua::payment::v1::transfer_service_client::TransferServiceClient;
use proto::motcua::r#type::v1::{Channel as Came, DossierRef, DossierStatus};
use proto::motcua::workflow::v1::{FeeFellDue, FeeKind, FeeLine};
use reqwest::StatusCode;
use sandbox::bank::{self, Behaviour, Payment, Told, Transfers};
use support::{
    AGENCY, Alone, Dossiers, PATIENCE, Surroundings, by, event, eventually, own_address,
};
use tokio::net::TcpListener;
use tonic::transport::Channel;
use tonic::{Response, Status};
use uuid::Uuid;

/// What is due here: a state fee and a service fee.
pub const FEES: [(FeeKind, i64); 2] = [(FeeKind::State, 1_000_000), (FeeKind::Service, 150_000)];

/// Their sum.
pub const TOTAL: i64 = 1_150_000;

/// The bearer secret the bank is asked with.
const BEARER: &str = "between payment and the bank";

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// Payment and what is around it.
pub struct Office {
    pub alone: Alone,
    invoices: InvoiceServiceClient<Channel>,
    transfers: TransferServiceClient<Channel>,
    ledger: LedgerServiceClient<Channel>,
    dossiers: Dossiers,
    callback_url: String,
    bank_url: String,
    bank_is_open: Arc<AtomicBool>,
    http: reqwest::Client,
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
        let dossiers = Dossiers::default();
        let at_bank = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let bank_url = format!("http://{}", at_bank.local_addr().unwrap());
        let callback = own_address();
        let callback_url = format!("http://{callback}{}", callback::PATH);
        let around = Surroundings {
            peers: HashMap::from([("dossier", dossiers.serve().await)]),
            table: settings::TABLE.into(),
            set: vec![
                format!("payment.callback.listen={callback}"),
                format!("payment.bank.secret={SECRET}"),
                "payment.payee.bank_bin=970436".into(),
                "payment.payee.account=0011001234567".into(),
                format!("payment.bank.url={bank_url}"),
                format!("payment.bank.bearer={BEARER}"),
            ],
            ports: vec![&settings::CALLBACK_LISTEN],
        };
        let alone = Alone::raise(payment::SERVICE, support::clock(), around).await;
        let bank_is_open = Arc::new(AtomicBool::new(true));
        let settings = bank::Settings {
            callback_url: callback_url.clone(),
            secret: SECRET.parse().unwrap(),
            bearer: BEARER.into(),
            clock: alone.clock.clone(),
        };
        tokio::spawn(run_bank(at_bank, settings, bank_is_open.clone()));
        Self {
            invoices: InvoiceServiceClient::new(alone.channel.clone()),
            transfers: TransferServiceClient::new(alone.channel.clone()),
            ledger: LedgerServiceClient::new(alone.channel.clone()),
            alone,
            dossiers,
            callback_url,
            bank_url,
            bank_is_open,
            http: reqwest::Client::new(),
        }
    }

    /// A dossier somebody owns.
    pub fn dossier(&self) -> Dossier {
        let dossier = Dossier { id: Uuid::now_v7(), owner: format!("accounts/{}", Uuid::now_v7()) };
        self.dossiers.know(dossier::Dossier {
            name: format!("dossiers/{}", dossier.id),
            owner: dossier.owner.clone(),
            ..Default::default()
        });
        dossier
    }

    /// Tells payment that [`FEES`] fell due on a dossier, and returns the invoice.
    pub async fn fell_due(&self, dossier: &Dossier) -> pb::Invoice {
        let obligation = Uuid::now_v7();
        self.alone.hear(&[self.event(dossier.id, obligation, 1, &FEES)]).await;
        self.invoice(obligation).await
    }

    /// A new dossier's invoice.
    pub async fn issued(&self) -> pb::Invoice {
        self.fell_due(&self.dossier()).await
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
            fall_due_time: Some(timestamp(self.alone.clock.now())),
            expire_time: Some(timestamp(self.alone.clock.now() + SignedDuration::from_hours(24))),
            status_after: DossierStatus::FinancialObligationRequired.into(),
        };
        event("workflow", dossier, sequence, &fact)
    }

    /// The invoice of an obligation, as a service reads it.
    pub async fn invoice(&self, obligation: Uuid) -> pb::Invoice {
        self.read(&format!("invoices/{obligation}"), &self.service()).await.unwrap()
    }

    pub async fn read(&self, name: &str, token: &str) -> Result<pb::Invoice, Status> {
        let asked = pb::GetInvoiceRequest { name: name.into() };
        let answer = self.invoices.clone().get_invoice(by(token, asked)).await;
        answer.map(Response::into_inner)
    }

    pub async fn list(
        &self,
        asked: pb::ListInvoicesRequest,
        token: &str,
    ) -> Result<pb::ListInvoicesResponse, Status> {
        let answer = self.invoices.clone().list_invoices(by(token, asked)).await;
        answer.map(Response::into_inner)
    }

    /// The transfers that a filter finds, as the installation lists them.
    pub async fn transfers(&self, filter: &str) -> Vec<pb::Transfer> {
        self.list_transfers(filter, &self.alone.service("ctl")).await.unwrap().transfers
    }

    pub async fn list_transfers(
        &self,
        filter: &str,
        token: &str,
    ) -> Result<pb::ListTransfersResponse, Status> {
        let asked = pb::ListTransfersRequest { filter: filter.into(), ..Default::default() };
        self.page_of_transfers(asked, token).await
    }

    pub async fn page_of_transfers(
        &self,
        asked: pb::ListTransfersRequest,
        token: &str,
    ) -> Result<pb::ListTransfersResponse, Status> {
        let answer = self.transfers.clone().list_transfers(by(token, asked)).await;
        answer.map(Response::into_inner)
    }

    pub async fn refund(
        &self,
        wish: pb::RefundTransferRequest,
        token: &str,
    ) -> Result<pb::Transfer, Status> {
        let answer = self.transfers.clone().refund_transfer(by(token, wish)).await;
        answer.map(Response::into_inner)
    }

    pub async fn check_ledger(&self, token: &str) -> Result<pb::CheckLedgerResponse, Status> {
        let asked = by(token, pb::CheckLedgerRequest {});
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
        self.call(&self.sign(&told.transfer_id, self.alone.clock.now(), &body), body).await
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
            pay_time: self.alone.clock.now(),
        }
    }

    pub fn service(&self) -> String {
        self.alone.service("workflow")
    }
}

/// So many đồng.
pub fn vnd(units: i64) -> Money {
    Money { currency_code: "VND".into(), units, nanos: 0 }
}

fn code(dossier: Uuid) -> String {
    format!("H29.27.484-20261125-{}", dossier.as_u64_pair().1)
}

async fn run_bank(
    listener: TcpListener,
    settings: bank::Settings,
    is_open: Arc<AtomicBool>,
) -> std::io::Result<()> {
    let router = bank::router(settings).layer(from_fn_with_state(is_open, answer_if_open));
    axum::serve(listener, router).await
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
