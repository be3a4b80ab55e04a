//! `CounterService`: officers vouch for who people are.

use chassis::access::{Caller, Person, caller};
use chassis::refusal::{Failure, Refusal, Violation};
use proto::motcua::identity::v1 as pb;
use proto::motcua::identity::v1::counter_service_server::CounterService;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::Room;
use super::accounts::{Entry, checked};
use crate::events::account_name;
use crate::holder::{IdentityPaper, RegisterPerson};

/// Puts people on record.
pub struct Counter(pub Room);

#[tonic::async_trait]
impl CounterService for Counter {
    async fn register_person(
        &self,
        request: Request<pb::RegisterPersonRequest>,
    ) -> Result<Response<pb::Account>, Status> {
        let caller = caller(&request);
        let asked = request.get_ref();
        let room = &self.0;
        let once = room.secrets.once(caller.name()?, asked, &asked.request_id)?;
        let command = self.registration(asked, &caller)?;
        let name = account_name(command.holder);
        room.door.run(once, command).await?;
        Ok(Response::new(pb::Account { name, ..pb::Account::default() }))
    }
}

impl Counter {
    fn registration(
        &self,
        asked: &pb::RegisterPersonRequest,
        caller: &Caller,
    ) -> Result<RegisterPerson, Failure> {
        let (officer, officers_account) = officer(caller)?;
        let entry = checked(&self.0, asked.account.as_ref(), true);
        let (entry, paper) = both(entry, paper(asked.paper()))?;
        let Entry { holder, details, phone_index, locale } = entry;
        let sealed = details.seal(&self.0.seal, holder);
        Ok(RegisterPerson {
            holder,
            sealed: sealed.map_err(|error| Failure::Broken(error.to_string()))?,
            phone_index,
            locale,
            paper,
            officer,
            officers_account,
        })
    }
}

/// The calling officer, and their own account.
fn officer(caller: &Caller) -> Result<(String, Uuid), Refusal> {
    let Caller::Known { name, person: Person::Officer { .. } } = caller else {
        return Err(Refusal::denied());
    };
    let account = name.rsplit('/').next().and_then(|id| Uuid::try_parse(id).ok());
    Ok((name.clone(), account.ok_or_else(Refusal::denied)?))
}

fn paper(paper: pb::IdentityPaper) -> Result<IdentityPaper, Violation> {
    match paper {
        pb::IdentityPaper::IdentityCard => Ok(IdentityPaper::IdentityCard),
        pb::IdentityPaper::Passport => Ok(IdentityPaper::Passport),
        pb::IdentityPaper::Unspecified => Err(Violation::new(
            "paper",
            "REQUIRED",
            "Hãy nêu giấy tờ gốc đã đối chiếu.",
            "Name the original that was compared.",
        )),
    }
}

/// What is wrong with either is told at once.
fn both<A, B>(one: Result<A, Refusal>, other: Result<B, Violation>) -> Result<(A, B), Refusal> {
    match (one, other) {
        (Ok(one), Ok(other)) => Ok((one, other)),
        (one, other) => {
            let wrong = one.err().map(|refusal| refusal.violations).unwrap_or_default();
            Err(Refusal::fields(wrong.into_iter().chain(other.err()).collect()))
        }
    }
}
