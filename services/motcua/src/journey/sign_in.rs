//! Signing in: an account, a code on a telephone, a token.

use chassis::access::Role;
use chassis::service::BoxError;
use proto::motcua::identity::v1 as identity;

use super::clients::as_caller;
use super::people::{AGENCY, Invented};
use super::walk::{Walker, expect, wish};

impl Walker<'_> {
    /// The citizen makes an account and signs in.
    pub(super) async fn citizen_signs_in(&mut self) -> Result<(), BoxError> {
        self.chapter("Signing in");
        let citizen = Invented::called("Nguyễn Văn An");
        self.make_account("citizen", &citizen).await?;
        self.citizen = self.sign_in("citizen", &citizen, "").await?;
        self.telephone = citizen.phone_number;
        Ok(())
    }

    /// The ward appoints an officer, who signs in as such.
    pub(super) async fn officer_signs_in(&mut self) -> Result<(), BoxError> {
        self.chapter("At the ward");
        let officer = Invented::called("Trần Thị Bình");
        let account = self.make_account("officer", &officer).await?;
        let roles = [Role::Receiving, Role::Processing, Role::Signing];
        self.appoint(account, &roles, "receives, processes and signs").await?;
        self.officer = self.sign_in("officer", &officer, AGENCY).await?;
        Ok(())
    }

    /// The installation appoints a cashier, who signs in as such.
    pub(super) async fn cashier_signs_in(&mut self) -> Result<(), BoxError> {
        let cashier = Invented::called("Lê Minh Châu");
        let account = self.make_account("cashier", &cashier).await?;
        self.appoint(account, &[Role::Cashier], "looks after the account that citizens pay to")
            .await?;
        self.cashier = self.sign_in("cashier", &cashier, AGENCY).await?;
        Ok(())
    }

    async fn make_account(
        &mut self,
        caller: &'static str,
        person: &Invented,
    ) -> Result<String, BoxError> {
        self.begin(caller, "identity", "CreateAccount");
        let asked =
            identity::CreateAccountRequest { account: Some(person.account()), request_id: wish() };
        let account = self.clients.accounts.create_account(asked).await?.into_inner();
        self.saw_with(format!("an account, {}", account.name), Vec::new());
        Ok(account.name)
    }

    async fn appoint(
        &mut self,
        account: String,
        roles: &[Role],
        who: &str,
    ) -> Result<(), BoxError> {
        self.begin("operator", "identity", "AppointOfficer");
        let roles = roles.iter().copied().map(i32::from).collect();
        let asked = identity::AppointOfficerRequest {
            parent: AGENCY.into(),
            account,
            roles,
            request_id: wish(),
        };
        let request = as_caller(asked, self.operator)?;
        let officer = self.clients.officers.appoint_officer(request).await?.into_inner();
        self.saw(format!("{} {who}", officer.name));
        Ok(())
    }

    /// A code comes to the telephone; with it comes a token.
    async fn sign_in(
        &mut self,
        caller: &'static str,
        person: &Invented,
        agency: &str,
    ) -> Result<String, BoxError> {
        self.begin(caller, "identity", "StartSignIn");
        let asked = identity::StartSignInRequest {
            personal_id: person.personal_id.clone(),
            phone_number: person.phone_number.clone(),
            request_id: wish(),
            refresh_token: String::new(),
        };
        let started = self.clients.sessions.start_sign_in(asked).await?.into_inner();
        let code = self.clients.code_on(&person.phone_number).await?;
        self.saw("a code on the telephone");
        self.begin(caller, "identity", "CompleteSignIn");
        let asked = identity::CompleteSignInRequest {
            sign_in: started.sign_in,
            code,
            agency: agency.into(),
            request_id: wish(),
        };
        let tokens = self.clients.sessions.complete_sign_in(asked).await?.into_inner();
        expect(!tokens.access_token.is_empty(), "no token was given")?;
        let seen = if agency.is_empty() { tokens.account } else { tokens.officer };
        self.saw(format!("signed in as {seen}"));
        Ok(tokens.access_token)
    }
}
