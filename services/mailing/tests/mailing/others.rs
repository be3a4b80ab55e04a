//! What those know whom mailing asks: dossier one owner, identity one contact or none, and one agency.

use proto::motcua::dossier::v1 as dossier;
use proto::motcua::identity::v1 as identity;
use proto::motcua::identity::v1::account_service_server::{AccountService, AccountServiceServer};
use proto::motcua::identity::v1::agency_service_server::{AgencyService, AgencyServiceServer};
use proto::motcua::identity::v1::{Contact, ContactPurpose};
use support::AGENCY;
use tonic::service::Routes;
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

    /// Serves as identity, and returns where.
    pub async fn serve(self) -> String {
        let accounts = Routes::new(AccountServiceServer::new(self.clone()));
        support::serve(accounts.add_service(AgencyServiceServer::new(self))).await
    }
}

type Answer<T> = Result<Response<T>, Status>;

fn not_asked<T>() -> Answer<T> {
    Err(Status::unimplemented("mailing does not ask this"))
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

#[tonic::async_trait]
impl AgencyService for Others {
    async fn get_agency(
        &self,
        request: Request<identity::GetAgencyRequest>,
    ) -> Answer<identity::Agency> {
        assert_eq!(request.into_inner().name, AGENCY);
        Ok(Response::new(identity::Agency {
            name: AGENCY.into(),
            title_vi: "Phường Long Trường".into(),
            title_en: "Long Truong Ward".into(),
            ..identity::Agency::default()
        }))
    }

    async fn list_agencies(
        &self,
        _: Request<identity::ListAgenciesRequest>,
    ) -> Answer<identity::ListAgenciesResponse> {
        not_asked()
    }
}
