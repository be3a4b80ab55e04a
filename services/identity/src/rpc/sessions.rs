//! `SessionService`: from a code to tokens, and on.

use chassis::access::{Assurance, Issuer, LIFE, Person};
use chassis::clock::timestamp;
use chassis::names;
use chassis::refusal::{Failure, Kind, Refusal, Violation};
use proto::motcua::identity::v1 as pb;
use proto::motcua::identity::v1::session_service_server::SessionService;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{Room, agency, failed};
use crate::codes::{self, Codes, Letter};
use crate::details;
use crate::events::{account_name, officer_name};
use crate::holder::{
    CompleteSignIn, Completed, EndSession, RefreshSession, Refreshed, Roles, Session,
    SignOutEverywhere, StartSignIn, ended, expired,
};
use crate::personal_id::PersonalId;
use crate::phone::PhoneNumber;
use crate::secrets::Ticket;
use crate::store::Started;

/// Opens, refreshes and ends sessions.
pub struct Sessions {
    /// Changes holders and reads them.
    pub room: Room,
    /// Signs access tokens.
    pub issuer: Issuer,
    /// Sends codes.
    pub codes: Codes,
}

#[tonic::async_trait]
impl SessionService for Sessions {
    async fn start_sign_in(
        &self,
        request: Request<pb::StartSignInRequest>,
    ) -> Result<Response<pb::StartSignInResponse>, Status> {
        let asked = request.get_ref();
        let secrets = &self.room.secrets;
        let (personal_id, phone) = parsed(asked)?;
        let holder = secrets.holder(&personal_id);
        let once = secrets.once(&account_name(holder), asked, &asked.request_id)?;
        let phone_index = secrets.phone_index(holder, &phone);
        let known_device = self.knows(holder, &asked.refresh_token);
        let room = self.codes.room()?;
        let command = StartSignIn { holder, id: once.derived_id(), phone_index, known_device };
        let started = self.room.door.run(once, command).await?;
        let started = self.sign_in(started.id).await?;
        self.send_code(&started, phone, room);
        let sign_in = started.sign_in;
        Ok(Response::new(pb::StartSignInResponse {
            sign_in: format!("signIns/{}", sign_in.id),
            expire_time: Some(timestamp(sign_in.expires_at())),
        }))
    }

    async fn complete_sign_in(
        &self,
        request: Request<pb::CompleteSignInRequest>,
    ) -> Result<Response<pb::Tokens>, Status> {
        let asked = request.get_ref();
        let secrets = &self.room.secrets;
        let sign_in = names::id("signIns", &asked.sign_in, "sign_in")?;
        let agency = match asked.agency.as_str() {
            "" => None,
            name => Some(agency(name, "agency")?),
        };
        let holder = self.sign_in(sign_in).await?.holder;
        let once = secrets.once(&account_name(holder), asked, &asked.request_id)?;
        let right = secrets.code(sign_in).is(&asked.code);
        let command = CompleteSignIn { holder, sign_in, right, agency };
        match self.room.door.run(once, command).await? {
            Completed::Opened(session) => {
                self.tokens(Ticket { holder, session, generation: 1 }).await
            }
            Completed::Wrong => Err(wrong_code().into()),
        }
    }

    async fn refresh_token(
        &self,
        request: Request<pb::RefreshTokenRequest>,
    ) -> Result<Response<pb::Tokens>, Status> {
        let asked = request.get_ref();
        let ticket = self.ticket(&asked.refresh_token)?;
        let Ticket { holder, session, generation } = ticket;
        let caller = account_name(holder);
        let once = self.room.secrets.once(&caller, asked, &asked.request_id)?;
        let command = RefreshSession { holder, session, generation };
        match self.room.door.run(once, command).await? {
            Refreshed::Rotated(generation) => self.tokens(Ticket { generation, ..ticket }).await,
            Refreshed::Reused => Err(reused().into()),
        }
    }

    async fn sign_out(&self, request: Request<pb::SignOutRequest>) -> Result<Response<()>, Status> {
        let asked = request.get_ref();
        let Ticket { holder, session, .. } = self.ticket(&asked.refresh_token)?;
        let once = self.room.secrets.once(&account_name(holder), asked, &asked.request_id)?;
        self.room.door.run(once, EndSession { holder, session }).await?;
        Ok(Response::new(()))
    }

    async fn sign_out_everywhere(
        &self,
        request: Request<pb::SignOutEverywhereRequest>,
    ) -> Result<Response<()>, Status> {
        let asked = request.get_ref();
        let Ticket { holder, session, generation } = self.ticket(&asked.refresh_token)?;
        let once = self.room.secrets.once(&account_name(holder), asked, &asked.request_id)?;
        let command = SignOutEverywhere { holder, session, generation };
        self.room.door.run(once, command).await?;
        Ok(Response::new(()))
    }
}

impl Sessions {
    /// A sign-in; one that is long forgotten has lapsed.
    async fn sign_in(&self, id: Uuid) -> Result<Started, Failure> {
        Ok(self.room.store.sign_in(id).await.map_err(failed)?.ok_or_else(expired)?)
    }

    /// Whether the device shows that it has signed in as the holder before.
    fn knows(&self, holder: Uuid, refresh_token: &str) -> bool {
        let ticket = self.room.secrets.ticket(refresh_token);
        ticket.is_some_and(|ticket| ticket.holder == holder)
    }

    /// Sends the code if there is anyone to send it to. Nothing is awaited or looked up for it: it must take no time that tells.
    fn send_code(&self, started: &Started, phone: PhoneNumber, room: codes::Room) {
        let sign_in = &started.sign_in;
        if sign_in.reaches && sign_in.is_open(self.room.clock.now()) {
            let letter = Letter {
                id: sign_in.id,
                code: self.room.secrets.code(sign_in.id),
                telephone: self.room.secrets.telephone(&phone),
                phone,
                locale: started.locale.clone().unwrap_or_default(),
                known_device: sign_in.known_device,
            };
            self.codes.send(letter, room);
        }
    }

    fn ticket(&self, refresh_token: &str) -> Result<Ticket, Refusal> {
        self.room.secrets.ticket(refresh_token).ok_or_else(invalid_token)
    }

    /// The tokens of a session as it is now: a kept answer to a call from long ago opens nothing that has ended since.
    async fn tokens(&self, ticket: Ticket) -> Result<Response<pb::Tokens>, Status> {
        let found = self.room.store.session(ticket.session).await.map_err(failed)?;
        let now = self.room.clock.now();
        let (session, roles) = found.filter(|(session, _)| session.lives(now)).ok_or_else(ended)?;
        if session.generation != ticket.generation {
            return Err(outdated().into());
        }
        let account = account_name(ticket.holder);
        let person = person(&session, roles)?;
        let officer = session.agency.as_ref().map(|agency| officer_name(agency, ticket.holder));
        let access_token = self
            .issuer
            .issue(officer.as_ref().unwrap_or(&account), person)
            .map_err(|error| Failure::Broken(error.to_string()))?;
        Ok(Response::new(pb::Tokens {
            access_token,
            access_expire_time: now.saturating_add(LIFE).ok().map(timestamp),
            refresh_token: self.room.secrets.refresh_token(ticket),
            refresh_expire_time: Some(timestamp(session.lapses_at())),
            account,
            officer: officer.unwrap_or_default(),
        }))
    }
}

/// Whom a session speaks for, with the roles held now.
fn person(session: &Session, roles: Roles) -> Result<Person, Refusal> {
    match &session.agency {
        None => Ok(Person::Citizen { assurance: Assurance::Low.into() }),
        Some(_) if roles.is_empty() => Err(ended()),
        Some(agency) => Ok(Person::Officer { agency: agency.clone(), roles: roles.numbers() }),
    }
}

fn parsed(asked: &pb::StartSignInRequest) -> Result<(PersonalId, PhoneNumber), Refusal> {
    let personal_id = details::personal_id(&asked.personal_id, "personal_id");
    let phone = details::phone(&asked.phone_number, "phone_number");
    match (personal_id, phone) {
        (Ok(personal_id), Ok(phone)) => Ok((personal_id, phone)),
        (personal_id, phone) => {
            let wrong: Vec<Violation> =
                [personal_id.err(), phone.err()].into_iter().flatten().collect();
            Err(Refusal::fields(wrong))
        }
    }
}

pub(super) fn wrong_code() -> Refusal {
    Refusal::new(
        Kind::Unauthenticated,
        "CODE_WRONG",
        "Mã không đúng; hãy xem lại tin nhắn mới nhất.",
        "The code is wrong; look at the latest message.",
    )
}

pub(super) fn invalid_token() -> Refusal {
    Refusal::new(
        Kind::Unauthenticated,
        "REFRESH_TOKEN_INVALID",
        "Mã làm mới không hợp lệ; hãy đăng nhập lại.",
        "The refresh token is not valid; sign in again.",
    )
}

/// A repeat that comes after its answer was made use of.
fn outdated() -> Refusal {
    Refusal::new(
        Kind::Unauthenticated,
        "ANSWER_OUTDATED",
        "Mã làm mới của lần gọi này đã được dùng; phiên vẫn tiếp tục, hãy dùng mã mới hơn.",
        "The refresh token of this call was traded since; the session goes on with the newer one.",
    )
}

fn reused() -> Refusal {
    Refusal::new(
        Kind::Unauthenticated,
        "REFRESH_TOKEN_REUSED",
        "Mã làm mới này đã được dùng; để an toàn, hãy đăng nhập lại.",
        "This refresh token was traded before; to be safe, sign in again.",
    )
}
