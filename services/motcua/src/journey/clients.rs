//! The clients a citizen's telephone and an officer's screen would use.

use chassis::access::{Assurance, Issuer, Person, Role};
use chassis::service::BoxError;
use proto::motcua::dossier::v1::dossier_service_client::DossierServiceClient;
use proto::motcua::dossier::v1::procedure_service_client::ProcedureServiceClient;
use proto::motcua::workflow::v1::case_service_client::CaseServiceClient;
use proto::motcua::workflow::v1::draw_service_client::DrawServiceClient;
use proto::motcua::workflow::v1::task_service_client::TaskServiceClient;
use tonic::Request;
use tonic::transport::{Channel, Endpoint};
use uuid::Uuid;

use super::LIMIT;

/// Where the services listen, `http://host:port`.
#[derive(Clone, Debug)]
pub struct Endpoints {
    /// dossier.
    pub dossier: String,
    /// workflow.
    pub workflow: String,
}

/// Tokens of the two people of the journey.
#[derive(Clone)]
pub struct Tokens {
    /// The citizen's.
    pub citizen: String,
    /// The officer's, of [`AGENCY`].
    pub officer: String,
}

/// The ward of the journey: Long Trường, the source article's.
pub const AGENCY: &str = "agencies/26860";

impl Tokens {
    /// Tokens for a new citizen and an officer who receives, processes and signs.
    ///
    /// # Errors
    /// Signing failed.
    pub fn fresh(issuer: &Issuer) -> Result<Self, BoxError> {
        let citizen = Person::Citizen { assurance: Assurance::Substantial.into() };
        let roles = [Role::Receiving, Role::Processing, Role::Signing].map(i32::from).to_vec();
        let officer = Person::Officer { agency: AGENCY.into(), roles };
        Ok(Self {
            citizen: issuer.issue(&format!("accounts/{}", Uuid::now_v7()), citizen)?,
            officer: issuer.issue(&format!("{AGENCY}/officers/{}", Uuid::now_v7()), officer)?,
        })
    }
}

/// Clients of every service the journey calls.
#[derive(Clone)]
pub(super) struct Clients {
    pub(super) procedures: ProcedureServiceClient<Channel>,
    pub(super) dossiers: DossierServiceClient<Channel>,
    pub(super) cases: CaseServiceClient<Channel>,
    pub(super) tasks: TaskServiceClient<Channel>,
    pub(super) draws: DrawServiceClient<Channel>,
}

impl Clients {
    pub(super) fn of(endpoints: &Endpoints) -> Result<Self, BoxError> {
        let channel = |address: &str| -> Result<Channel, BoxError> {
            Ok(Endpoint::from_shared(address.to_owned())?.timeout(LIMIT).connect_lazy())
        };
        let (dossier, workflow) = (channel(&endpoints.dossier)?, channel(&endpoints.workflow)?);
        Ok(Self {
            procedures: ProcedureServiceClient::new(dossier.clone()),
            dossiers: DossierServiceClient::new(dossier),
            cases: CaseServiceClient::new(workflow.clone()),
            tasks: TaskServiceClient::new(workflow.clone()),
            draws: DrawServiceClient::new(workflow),
        })
    }
}

/// A request in someone's name.
pub(super) fn as_caller<T>(message: T, token: &str) -> Result<Request<T>, BoxError> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("authorization", format!("Bearer {token}").parse()?);
    Ok(request)
}
