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
        let person = self.person.clone();
        self.make_account("citizen", &person).await?;
        self.goes_on_as(&person).await
    }

    /// The citizen signs in with the telephone they have now.
    pub(super) async fn goes_on_as(&mut self, person: &Invented) -> Result<(), BoxError> {
        let tokens = self.sign_in("citizen", person, "").await?;
        self.person = person.clone();
        self.citizen = tokens.access_token;
        self.refresh_token = tokens.refresh_token;
        Ok(())
    }

    /// The ward appoints an officer, who signs in as such.
    pub(super) async fn officer_signs_in(&mut self) -> Result<(), BoxError> {
        self.chapter("At the ward");
        let roles = [Role::Receiving, Role::Processing, Role::Signing];
        let officer = Invented::called("Trần Thị Bình");
        let work = "receives, processes and signs";
        self.officer = self.appointed("officer", &officer, &roles, work).await?;
        Ok(())
    }

    /// The installation appoints a cashier, who signs in as such.
    pub(super) async fn cashier_signs_in(&mut self) -> Result<(), BoxError> {
        let cashier = Invented::called("Lê Minh Châu");
        let work = "looks after the account that citizens pay to";
        self.cashier = self.appointed("cashier", &cashier, &[Role::Cashier], work).await?;
        Ok(())
    }

    /// The access token of someone who is appointed at the ward and signs in as an officer of these roles.
    pub(super) async fn appointed(
        &mut self,
        caller: &'static str,
        person: &Invented,
        roles: &[Role],
        work: &str,
    ) -> Result<String, BoxError> {
        let account = self.make_account(caller, person).await?;
        self.appoint(account, roles, work).await?;
        Ok(self.sign_in(caller, person, AGENCY).await?.access_token)
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
        work: &str,
    ) -> Result<(), BoxError> {
        self.begin("operator", "identity", "AppointOfficer");
        let asked = identity::AppointOfficerRequest {
            parent: AGENCY.into(),
            account,
            roles: roles.iter().map(|role| i32::from(*role)).collect(),
            request_id: wish(),
        };
        let request = as_caller(asked, self.operator)?;
        let officer = self.clients.officers.appoint_officer(request).await?.into_inner();
        self.saw(format!("{} {work}", officer.name));
        Ok(())
    }

    /// A code comes to the telephone; with it come tokens.
    pub(super) async fn sign_in(
        &mut self,
        caller: &'static str,
        person: &Invented,
        agency: &str,
    ) -> Result<identity::Tokens, BoxError> {
        self.begin(caller, "identity", "StartSignIn");
        let behind = self.clients.messages_on(&person.phone_number, 0).await?.len();
        let asked = identity::StartSignInRequest {
            personal_id: person.personal_id.clone(),
            phone_number: person.phone_number.clone(),
            request_id: wish(),
            refresh_token: String::new(),
        };
        let started = self.clients.sessions.start_sign_in(asked).await?.into_inner();
        let code = self.clients.code_on(&person.phone_number, behind).await?;
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
        let seen = if agency.is_empty() { &tokens.account } else { &tokens.officer };
        self.saw(format!("signed in as {seen}"));
        Ok(tokens)
    }
}
