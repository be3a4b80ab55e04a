//! Stand-ins for the services that mailing asks: dossier knows one owner, identity one contact or none.

use proto::motcua::dossier::v1 as dossier;
use proto::motcua::dossier::v1::dossier_service_server::{DossierService, DossierServiceServer};
use proto::motcua::identity::v1 as identity;
use proto::motcua::identity::v1::account_service_server::{AccountService, AccountServiceServer};
use proto::motcua::identity::v1::{Contact, ContactPurpose};
use tokio::net::TcpListener;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};

use crate::house::NUMBER;

/// The account that owns every dossier.
pub const OWNER: &str = "accounts/019abf00-0000-7000-8000-000000000001";

/// What the others know.
#[derive(Clone)]
pub struct Others {
    pub contact: Option<Contact>,
    pub address: Option<dossier::DeliveryAddress>,
}

impl Others {
    /// The owner reads `locale`, has a telephone, and perhaps a mailbox.
    pub fn with_owner(locale: &str, email: &str) -> Self {
        let contact = Contact {
            account: OWNER.into(),
            phone_number: NUMBER.into(),
            locale: locale.into(),
            email: email.into(),
        };
        let address = dossier::DeliveryAddress {
            recipient: "Nguyễn Thị An".into(),
            street: "12 Lê Lợi".into(),
            ward_code: "26740".into(),
            phone: "0901234567".into(),
        };
        Self { contact: Some(contact), address: Some(address) }
    }

    /// Serves both, and returns where.
    pub async fn serve(self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let serving = Server::builder()
            .add_service(DossierServiceServer::new(self.clone()))
            .add_service(AccountServiceServer::new(self))
            .serve_with_incoming(TcpIncoming::from(listener));
        tokio::spawn(serving);
        address
    }
}

type Answer<T> = Result<Response<T>, Status>;

fn not_asked<T>() -> Answer<T> {
    Err(Status::unimplemented("mailing does not ask this"))
}

#[tonic::async_trait]
impl DossierService for Others {
    async fn get_dossier(
        &self,
        request: Request<dossier::GetDossierRequest>,
    ) -> Answer<dossier::Dossier> {
        let name = request.into_inner().name;
        let delivery_address = self.address.clone();
        let owner = OWNER.into();
        let found = dossier::Dossier { name, owner, delivery_address, ..Default::default() };
        Ok(Response::new(found))
    }

    async fn create_dossier(
        &self,
        _: Request<dossier::CreateDossierRequest>,
    ) -> Answer<dossier::Dossier> {
        not_asked()
    }

    async fn save_step(&self, _: Request<dossier::SaveStepRequest>) -> Answer<dossier::Dossier> {
        not_asked()
    }

    async fn submit_dossier(
        &self,
        _: Request<dossier::SubmitDossierRequest>,
    ) -> Answer<dossier::Dossier> {
        not_asked()
    }

    async fn list_dossiers(
        &self,
        _: Request<dossier::ListDossiersRequest>,
    ) -> Answer<dossier::ListDossiersResponse> {
        not_asked()
    }

    async fn look_up_dossier(
        &self,
        _: Request<dossier::LookUpDossierRequest>,
    ) -> Answer<dossier::LookUpDossierResponse> {
        not_asked()
    }
}

#[tonic::async_trait]
impl AccountService for Others {
    async fn resolve_contacts(
        &self,
        request: Request<identity::ResolveContactsRequest>,
    ) -> Answer<identity::ResolveContactsResponse> {
        assert!(request.metadata().contains_key("authorization"), "a service shows who it is");
        let asked = request.into_inner();
        assert_eq!(
            (asked.purpose(), asked.accounts),
            (ContactPurpose::Notification, vec![OWNER.to_owned()])
        );
        let contacts = self.contact.clone().into_iter().collect();
        Ok(Response::new(identity::ResolveContactsResponse { contacts }))
    }

    async fn create_account(
        &self,
        _: Request<identity::CreateAccountRequest>,
    ) -> Answer<identity::Account> {
        not_asked()
    }

    async fn get_account(
        &self,
        _: Request<identity::GetAccountRequest>,
    ) -> Answer<identity::Account> {
        not_asked()
    }
}
