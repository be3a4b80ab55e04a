//! `ContactService`: owners change where they can be reached.

use chassis::access::{Caller, caller};
use chassis::clock::timestamp;
use chassis::names::{self, malformed};
use chassis::refusal::{Failure, Refusal, Violation};
use proto::motcua::identity::v1 as pb;
use proto::motcua::identity::v1::contact_service_server::ContactService;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::accounts::unknown_locale;
use super::sessions::{invalid_token, wrong_code};
use super::{Room, failed};
use crate::codes::{self, Codes, Letter};
use crate::details::{self, Details};
use crate::events::account_name;
use crate::holder::{
    Account, CompletePhoneChange, Part, PhoneChange, PhoneChanged, Resealed, StartPhoneChange,
    UpdateContact, phone_change_expired,
};
use crate::phone::PhoneNumber;

/// Changes contacts.
pub struct Contacts {
    /// Changes holders and reads them.
    pub room: Room,
    /// Sends codes.
    pub codes: Codes,
}

#[tonic::async_trait]
impl ContactService for Contacts {
    async fn update_contact(
        &self,
        request: Request<pb::UpdateContactRequest>,
    ) -> Result<Response<pb::Contact>, Status> {
        let caller = caller(&request);
        let asked = request.get_ref();
        let id = own(&caller, &asked.account, "account")?;
        let once = self.room.secrets.once(&asked.account, asked, &asked.request_id)?;
        let (account, details) = self.read(id).await?;
        let command = self.update(id, &account, details, &checked(asked)?)?;
        self.room.door.run(once, command).await?;
        Ok(Response::new(self.contact(id).await?))
    }

    async fn start_phone_change(
        &self,
        request: Request<pb::StartPhoneChangeRequest>,
    ) -> Result<Response<pb::StartPhoneChangeResponse>, Status> {
        let caller = caller(&request);
        let asked = request.get_ref();
        let account = own(&caller, &asked.account, "account")?;
        let once = self.room.secrets.once(&asked.account, asked, &asked.request_id)?;
        let phone = phone(&asked.phone_number)?;
        let phone_index = self.room.secrets.phone_index(account, &phone);
        let room = self.codes.room()?;
        let command = StartPhoneChange { account, id: once.derived_id(), phone_index };
        let id = self.room.door.run(once, command).await?.id;
        let change = self.room.store.phone_change(account, id).await.map_err(failed)?;
        let change = change.ok_or_else(phone_change_expired)?;
        self.send_code(account, &change, phone, room).await?;
        Ok(Response::new(pb::StartPhoneChangeResponse {
            phone_change: format!("{}/phoneChanges/{id}", asked.account),
            expire_time: Some(timestamp(change.expires_at())),
        }))
    }

    async fn complete_phone_change(
        &self,
        request: Request<pb::CompletePhoneChangeRequest>,
    ) -> Result<Response<pb::Contact>, Status> {
        let caller = caller(&request);
        let asked = request.get_ref();
        let (owner, id) = parsed(&asked.name)?;
        let account = own(&caller, owner, "name")?;
        let once = self.room.secrets.once(owner, asked, &asked.request_id)?;
        let command = self.completion(account, id, asked).await?;
        match self.room.door.run(once, command).await? {
            PhoneChanged::Changed => Ok(Response::new(self.contact(account).await?)),
            PhoneChanged::Wrong => Err(wrong_code().into()),
        }
    }
}

impl Contacts {
    async fn read(&self, id: Uuid) -> Result<(Account, Details), Failure> {
        let found = self.room.store.accounts(&[id]).await.map_err(failed)?.pop();
        let (_, account) = found.ok_or_else(Refusal::denied)?;
        let details = self.room.details(id, &account)?;
        Ok((account, details))
    }

    async fn contact(&self, id: Uuid) -> Result<pb::Contact, Failure> {
        let (account, details) = self.read(id).await?;
        Ok(super::accounts::contact(id, account, details))
    }

    fn update(
        &self,
        id: Uuid,
        account: &Account,
        read: Details,
        wish: &Wish<'_>,
    ) -> Result<UpdateContact, Failure> {
        let email = wish.email.clone().unwrap_or_else(|| read.email.clone());
        let locale = wish.locale.unwrap_or(&account.locale).to_owned();
        let changes =
            [(email != read.email, Part::Email), (locale != account.locale, Part::Locale)];
        let changed = changes.into_iter().filter(|(differs, _)| *differs).map(|(_, part)| part);
        let changed = changed.collect();
        let details = self.resealed(id, account, &Details { email, ..read })?;
        Ok(UpdateContact { account: id, details, locale, changed })
    }

    async fn completion(
        &self,
        account: Uuid,
        id: Uuid,
        asked: &pb::CompletePhoneChangeRequest,
    ) -> Result<CompletePhoneChange, Failure> {
        let secrets = &self.room.secrets;
        let phone = phone(&asked.phone_number)?;
        let ticket = secrets.ticket(&asked.refresh_token);
        let ticket = ticket.filter(|it| it.holder == account).ok_or_else(invalid_token)?;
        let (read, details) = self.read(account).await?;
        let details = Details { phone_number: phone.expose_e164().into(), ..details };
        Ok(CompletePhoneChange {
            account,
            id,
            right: secrets.phone_change_code(id).is(&asked.code),
            phone_index: secrets.phone_index(account, &phone),
            details: self.resealed(account, &read, &details)?,
            session: (ticket.session, ticket.generation),
        })
    }

    fn resealed(
        &self,
        id: Uuid,
        account: &Account,
        details: &Details,
    ) -> Result<Resealed, Failure> {
        let after = details.seal(&self.room.seal, id);
        let after = after.map_err(|error| Failure::Broken(error.to_string()))?;
        Ok(Resealed { before: account.sealed.clone(), after })
    }

    async fn send_code(
        &self,
        account: Uuid,
        change: &PhoneChange,
        phone: PhoneNumber,
        room: codes::Room,
    ) -> Result<(), Failure> {
        if change.is_open(self.room.clock.now()) {
            let (account, _) = self.read(account).await?;
            let letter = Letter {
                id: change.id,
                code: self.room.secrets.phone_change_code(change.id),
                telephone: self.room.secrets.telephone(&phone),
                phone,
                locale: account.locale,
                // Signed in, but a stranger to the telephone.
                known_device: false,
            };
            self.codes.send(letter, room);
        }
        Ok(())
    }
}

/// What shall be other, checked.
struct Wish<'a> {
    email: Option<String>,
    locale: Option<&'a str>,
}

fn checked(asked: &pb::UpdateContactRequest) -> Result<Wish<'_>, Refusal> {
    let email = asked.email.as_deref().map(|text| details::email(text, "email")).transpose();
    let locale = asked.locale.as_deref();
    let known = locale.is_none_or(|locale| matches!(locale, "vi" | "en"));
    match (email, known) {
        (Ok(email), true) => Ok(Wish { email, locale }),
        (email, known) => {
            let locale: Option<Violation> = (!known).then(|| unknown_locale("locale"));
            Err(Refusal::fields(email.err().into_iter().chain(locale).collect()))
        }
    }
}

/// The account named, if it is the caller's.
fn own(caller: &Caller, name: &str, field: &str) -> Result<Uuid, Refusal> {
    let id = names::id("accounts", name, field)?;
    if caller.name()? == account_name(id) { Ok(id) } else { Err(Refusal::denied()) }
}

/// Account and id in the name of a change of telephone.
fn parsed(name: &str) -> Result<(&str, Uuid), Refusal> {
    let shape = || malformed("name", "accounts/{uuid}/phoneChanges/{uuid}");
    let (account, id) = name.split_once("/phoneChanges/").ok_or_else(shape)?;
    let id = Uuid::try_parse(id).ok().filter(|id| !id.is_nil()).ok_or_else(shape)?;
    Ok((account, id))
}

fn phone(text: &str) -> Result<PhoneNumber, Refusal> {
    details::phone(text, "phone_number").map_err(|wrong| Refusal::fields(vec![wrong]))
}
