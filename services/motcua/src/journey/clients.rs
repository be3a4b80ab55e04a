//! The clients a citizen's telephone and an officer's screen would use.

use std::time::Duration;

use chassis::replicas::{self, Manner, Replicas};
use chassis::service::BoxError;
use chassis::tls::Authority;
use proto::motcua::dossier::v1::document_service_client::DocumentServiceClient;
use proto::motcua::dossier::v1::dossier_service_client::DossierServiceClient;
use proto::motcua::dossier::v1::file_service_client::FileServiceClient;
use proto::motcua::dossier::v1::procedure_service_client::ProcedureServiceClient;
use proto::motcua::dossier::v1::supplement_service_client::SupplementServiceClient;
use proto::motcua::dossier::v1::timeline_service_client::TimelineServiceClient;
use proto::motcua::feedback::v1::rating_service_client::RatingServiceClient;
use proto::motcua::feedback::v1::satisfaction_service_client::SatisfactionServiceClient;
use proto::motcua::identity::v1::account_service_client::AccountServiceClient;
use proto::motcua::identity::v1::counter_service_client::CounterServiceClient;
use proto::motcua::identity::v1::officer_service_client::OfficerServiceClient;
use proto::motcua::identity::v1::session_service_client::SessionServiceClient;
use proto::motcua::mailing::v1::shipment_service_client::ShipmentServiceClient;
use proto::motcua::payment::v1::invoice_service_client::InvoiceServiceClient;
use proto::motcua::payment::v1::ledger_service_client::LedgerServiceClient;
use proto::motcua::payment::v1::transfer_service_client::TransferServiceClient;
use proto::motcua::workflow::v1::case_service_client::CaseServiceClient;
use proto::motcua::workflow::v1::draw_service_client::DrawServiceClient;
use proto::motcua::workflow::v1::grounds_service_client::GroundsServiceClient;
use proto::motcua::workflow::v1::task_service_client::TaskServiceClient;
use sandbox::bank::Payment;
use sandbox::telephone::Message;
use tonic::Request;

use super::LIMIT;

/// Where everything the journey asks listens, `http://host:port`; of a service all its replicas, with commas between.
#[derive(Clone, Debug)]
pub struct Endpoints {
    /// identity.
    pub identity: String,
    /// dossier.
    pub dossier: String,
    /// workflow.
    pub workflow: String,
    /// payment.
    pub payment: String,
    /// mailing.
    pub mailing: String,
    /// feedback.
    pub feedback: String,
    /// The sandbox's telephone.
    pub telephone: String,
    /// The sandbox's bank.
    pub bank: String,
    /// Who signs the certificates of those at `https://`.
    pub authority: Option<Authority>,
}

/// Clients of every service the journey calls.
#[derive(Clone)]
pub(super) struct Clients {
    pub(super) accounts: AccountServiceClient<Replicas>,
    pub(super) sessions: SessionServiceClient<Replicas>,
    pub(super) officers: OfficerServiceClient<Replicas>,
    pub(super) counter: CounterServiceClient<Replicas>,
    pub(super) procedures: ProcedureServiceClient<Replicas>,
    pub(super) dossiers: DossierServiceClient<Replicas>,
    pub(super) files: FileServiceClient<Replicas>,
    pub(super) documents: DocumentServiceClient<Replicas>,
    pub(super) supplements: SupplementServiceClient<Replicas>,
    pub(super) timelines: TimelineServiceClient<Replicas>,
    pub(super) cases: CaseServiceClient<Replicas>,
    pub(super) tasks: TaskServiceClient<Replicas>,
    pub(super) draws: DrawServiceClient<Replicas>,
    pub(super) grounds: GroundsServiceClient<Replicas>,
    pub(super) invoices: InvoiceServiceClient<Replicas>,
    pub(super) transfers: TransferServiceClient<Replicas>,
    pub(super) ledger: LedgerServiceClient<Replicas>,
    pub(super) shipments: ShipmentServiceClient<Replicas>,
    pub(super) ratings: RatingServiceClient<Replicas>,
    pub(super) satisfaction: SatisfactionServiceClient<Replicas>,
    telephone: String,
    bank: String,
}

impl Clients {
    pub(super) fn of(endpoints: &Endpoints) -> Result<Self, BoxError> {
        let channel = |service: &str, addresses: &str| {
            let addresses: Vec<_> = addresses.split(',').map(str::to_owned).collect();
            let tls = endpoints.authority.as_ref().map(|authority| authority.of(service));
            replicas::channel(&addresses, Manner { patience: LIMIT, tls })
        };
        let identity = channel("identity", &endpoints.identity)?;
        let feedback = channel("feedback", &endpoints.feedback)?;
        let payment = channel("payment", &endpoints.payment)?;
        let (dossier, workflow) =
            (channel("dossier", &endpoints.dossier)?, channel("workflow", &endpoints.workflow)?);
        Ok(Self {
            accounts: AccountServiceClient::new(identity.clone()),
            sessions: SessionServiceClient::new(identity.clone()),
            officers: OfficerServiceClient::new(identity.clone()),
            counter: CounterServiceClient::new(identity),
            procedures: ProcedureServiceClient::new(dossier.clone()),
            dossiers: DossierServiceClient::new(dossier.clone()),
            files: FileServiceClient::new(dossier.clone()),
            documents: DocumentServiceClient::new(dossier.clone()),
            supplements: SupplementServiceClient::new(dossier.clone()),
            timelines: TimelineServiceClient::new(dossier),
            cases: CaseServiceClient::new(workflow.clone()),
            tasks: TaskServiceClient::new(workflow.clone()),
            draws: DrawServiceClient::new(workflow.clone()),
            grounds: GroundsServiceClient::new(workflow),
            invoices: InvoiceServiceClient::new(payment.clone()),
            transfers: TransferServiceClient::new(payment.clone()),
            ledger: LedgerServiceClient::new(payment),
            shipments: ShipmentServiceClient::new(channel("mailing", &endpoints.mailing)?),
            ratings: RatingServiceClient::new(feedback.clone()),
            satisfaction: SatisfactionServiceClient::new(feedback),
            telephone: endpoints.telephone.clone(),
            bank: endpoints.bank.clone(),
        })
    }

    /// Pays as a banking application does.
    pub(super) async fn pay(&self, payment: &Payment) -> Result<(), BoxError> {
        let url = format!("{}/payments", self.bank);
        outside()?.post(url).json(payment).send().await?.error_for_status()?;
        Ok(())
    }

    /// Has the bank call once more about a transfer that it told of.
    pub(super) async fn call_again(&self, transfer_id: &str) -> Result<(), BoxError> {
        let url = format!("{}/transfers/{transfer_id}/callback", self.bank);
        outside()?.post(url).send().await?.error_for_status()?;
        Ok(())
    }

    /// The one-time code that comes to a telephone behind so many messages, read as a person would: six digits of the last one.
    pub(super) async fn code_on(&self, telephone: &str, behind: usize) -> Result<String, BoxError> {
        let messages = self.messages_on(telephone, behind + 1).await?;
        let last = messages.get(behind..).and_then(<[Message]>::last);
        let last = last.ok_or("no message came to the telephone")?;
        let mut words = last.text.split(|symbol: char| !symbol.is_ascii_digit());
        let code = words.find(|word| word.len() == 6).ok_or("the message holds no code")?;
        Ok(code.to_owned())
    }

    /// What a telephone shows, once it shows so many messages or more.
    pub(super) async fn messages_on(
        &self,
        telephone: &str,
        wait_for: usize,
    ) -> Result<Vec<Message>, BoxError> {
        let number = telephone.replacen('0', "+84", 1);
        let url = format!("{}/telephones/{number}/messages?wait_for={wait_for}", self.telephone);
        Ok(outside()?.get(url).send().await?.json().await?)
    }
}

/// An HTTP client of the world outside.
fn outside() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder().timeout(Duration::from_secs(20)).build()
}

/// A request in someone's name.
pub(super) fn as_caller<T>(message: T, token: &str) -> Result<Request<T>, BoxError> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("authorization", format!("Bearer {token}").parse()?);
    Ok(request)
}
