//! `AccountService`: who people are and where they can be reached.

use chassis::access::{Caller, Person, caller};
use chassis::clock::{VIETNAM, timestamp};
use chassis::names;
use chassis::refusal::{Failure, Refusal, Violation};
use jiff::civil::Date;
use proto::google::r#type::Date as PbDate;
use proto::motcua::identity::v1 as pb;
use proto::motcua::identity::v1::account_service_server::AccountService;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{Room, failed};
use crate::details::{Details, Given};
use crate::events::account_name;
use crate::holder::{Account, CreateAccount};
use crate::personal_id::Sex;

/// Accounts whose contacts are told at once.
const MOST: usize = 100;

/// Makes and shows accounts.
pub struct Accounts(pub Room);

#[tonic::async_trait]
impl AccountService for Accounts {
    async fn create_account(
        &self,
        request: Request<pb::CreateAccountRequest>,
    ) -> Result<Response<pb::Account>, Status> {
        let asked = request.get_ref();
        let room = &self.0;
        let command = self.creation(asked.account.as_ref())?;
        let name = account_name(command.holder);
        let once = room.secrets.once(&name, asked, &asked.request_id)?;
        room.door.run(once, command).await?;
        Ok(Response::new(pb::Account { name, ..pb::Account::default() }))
    }

    async fn get_account(
        &self,
        request: Request<pb::GetAccountRequest>,
    ) -> Result<Response<pb::Account>, Status> {
        let caller = caller(&request);
        let id = names::id("accounts", &request.get_ref().name, "name")?;
        if !may_read(&caller, id) {
            return Err(Refusal::denied().into());
        }
        let found = self.0.store.accounts(&[id]).await.map_err(failed)?.pop();
        let (_, account) = found.ok_or_else(Refusal::denied)?;
        let details = self.0.details(id, &account)?;
        Ok(Response::new(shown(id, account, details)))
    }

    async fn resolve_contacts(
        &self,
        request: Request<pb::ResolveContactsRequest>,
    ) -> Result<Response<pb::ResolveContactsResponse>, Status> {
        let caller = caller(&request);
        if !caller.is_of_the_mesh() {
            return Err(Refusal::denied().into());
        }
        let asked = request.get_ref();
        let ids = wanted(asked)?;
        let (caller, purpose) = (caller.name()?, asked.purpose().as_str_name());
        tracing::info!(caller, purpose, accounts = ids.len(), "contacts are told");
        let found = self.0.store.accounts(&ids).await.map_err(failed)?;
        let contacts = found.into_iter().map(|(id, account)| {
            let details = self.0.details(id, &account)?;
            Ok(contact(id, account, details))
        });
        let contacts = contacts.collect::<Result<_, Failure>>()?;
        Ok(Response::new(pb::ResolveContactsResponse { contacts }))
    }
}

impl Accounts {
    fn creation(&self, asked: Option<&pb::Account>) -> Result<CreateAccount, Failure> {
        let Entry { holder, details, phone_index, locale } = checked(&self.0, asked, false)?;
        let sealed = details.seal(&self.0.seal, holder);
        let sealed = sealed.map_err(|error| Failure::Broken(error.to_string()))?;
        Ok(CreateAccount { holder, sealed, phone_index, locale })
    }
}

/// A person as they shall be on record.
pub(super) struct Entry {
    /// Blind index of the personal ID.
    pub(super) holder: Uuid,
    /// What is personal.
    pub(super) details: Details,
    /// Keyed hash of the holder and the telephone; empty where there is none.
    pub(super) phone_index: Vec<u8>,
    /// `vi` or `en`.
    pub(super) locale: String,
}

/// A person as somebody tells of them; one who is `vouched_for` by an officer may have no telephone.
///
/// # Errors
/// Every wrong field of `account`, by its path.
pub(super) fn checked(
    room: &Room,
    asked: Option<&pb::Account>,
    vouched_for: bool,
) -> Result<Entry, Refusal> {
    let nothing = pb::Account::default();
    let asked = asked.unwrap_or(&nothing);
    let today = VIETNAM.to_datetime(room.clock.now()).date();
    let given = Given { vouched_for, ..given(asked) };
    let checked = with_locale(given.check(today), &asked.locale)?;
    let holder = room.secrets.holder(&checked.personal_id);
    let phone_index = checked.phone.map(|phone| room.secrets.phone_index(holder, &phone));
    let phone_index = phone_index.unwrap_or_default();
    let locale = if asked.locale.is_empty() { "vi".into() } else { asked.locale.clone() };
    Ok(Entry { holder, details: checked.details, phone_index, locale })
}

/// Where the owner of an account can be reached.
pub(super) fn contact(id: Uuid, account: Account, details: Details) -> pb::Contact {
    let Details { phone_number, email, .. } = details;
    pb::Contact { account: account_name(id), phone_number, locale: account.locale, email }
}

/// Its owner, and services of the mesh; a client registered with identity knows nobody by it.
fn may_read(caller: &Caller, id: Uuid) -> bool {
    let Caller::Known { name, person } = caller else { return false };
    match person {
        Person::Citizen { .. } => *name == account_name(id),
        Person::Officer { .. } => false,
        Person::Service => caller.is_of_the_mesh(),
    }
}

fn given(account: &pb::Account) -> Given<'_> {
    Given {
        personal_id: &account.personal_id,
        full_name: &account.full_name,
        birth_date: account.birth_date.as_ref().and_then(date),
        sex: match account.sex() {
            pb::Sex::Unspecified => None,
            pb::Sex::Male => Some(Sex::Male),
            pb::Sex::Female => Some(Sex::Female),
        },
        phone_number: &account.phone_number,
        vouched_for: false,
        email: &account.email,
    }
}

/// What was found about the other fields, and a wrong language beside it.
fn with_locale<T>(checked: Result<T, Refusal>, locale: &str) -> Result<T, Refusal> {
    if matches!(locale, "" | "vi" | "en") {
        return checked;
    }
    let mut violations = checked.err().map(|refusal| refusal.violations).unwrap_or_default();
    violations.push(unknown_locale("account.locale"));
    Err(Refusal::fields(violations))
}

/// The language in the field named is none that messages are written in.
pub(super) fn unknown_locale(field: &str) -> Violation {
    Violation::new(
        field,
        "LOCALE_UNKNOWN",
        "Ngôn ngữ là `vi` hoặc `en`.",
        "The language is `vi` or `en`.",
    )
}

fn date(date: &PbDate) -> Option<Date> {
    let [year, month, day] = [date.year, date.month, date.day];
    Date::new(year.try_into().ok()?, month.try_into().ok()?, day.try_into().ok()?).ok()
}

fn shown(id: Uuid, account: Account, details: Details) -> pb::Account {
    let birth = details.birth_date;
    let sex = if details.female { pb::Sex::Female } else { pb::Sex::Male };
    pb::Account {
        name: account_name(id),
        personal_id: details.personal_id,
        full_name: details.full_name,
        birth_date: Some(PbDate {
            year: birth.year().into(),
            month: birth.month().into(),
            day: birth.day().into(),
        }),
        sex: sex.into(),
        phone_number: details.phone_number,
        locale: account.locale,
        create_time: Some(timestamp(account.created_at)),
        email: details.email,
    }
}

fn wanted(asked: &pb::ResolveContactsRequest) -> Result<Vec<Uuid>, Refusal> {
    if asked.purpose() == pb::ContactPurpose::Unspecified {
        return Err(Refusal::field(
            "purpose",
            "REQUIRED",
            "Hãy nêu mục đích.",
            "State what the contacts are for.",
        ));
    }
    if !(1..=MOST).contains(&asked.accounts.len()) {
        return Err(Refusal::field(
            "accounts",
            "COUNT_OUT_OF_BOUNDS",
            "Hãy hỏi từ 1 đến 100 tài khoản.",
            "Ask for 1 to 100 accounts.",
        ));
    }
    asked.accounts.iter().map(|name| names::id("accounts", name, "accounts")).collect()
}
