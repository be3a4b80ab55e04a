//! `ClientService`: from an assertion to a token.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chassis::access::{Issuer, LIFE, Person, caller};
use chassis::clock::{Clock, timestamp};
use chassis::refusal::{Failure, Kind, Refusal, Violation};
use chassis::write::{Door, Once};
use ed25519_dalek::VerifyingKey;
use proto::motcua::identity::v1 as pb;
use proto::motcua::identity::v1::client_service_server::ClientService;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::failed;
use crate::assertion;
use crate::client::{Client, ClientId, CreateClient, DisableClient, TakeAssertion, invalid};
use crate::store::ClientStore;

/// Registers clients and gives them tokens.
pub struct Clients {
    /// Changes clients.
    pub door: Door<ClientStore>,
    /// Reads them.
    pub store: ClientStore,
    /// Signs access tokens.
    pub issuer: Issuer,
    /// Tells the time.
    pub clock: Clock,
}

impl Clients {
    async fn read(&self, id: &ClientId) -> Result<Response<pb::Client>, Status> {
        let client = self.store.get(id).await.map_err(failed)?;
        Ok(Response::new(shown(&client.ok_or_else(Refusal::denied)?)))
    }
}

#[tonic::async_trait]
impl ClientService for Clients {
    async fn create_client(
        &self,
        request: Request<pb::CreateClientRequest>,
    ) -> Result<Response<pb::Client>, Status> {
        let caller = caller(&request);
        if !caller.is_the_installation() {
            return Err(Refusal::denied().into());
        }
        let asked = request.get_ref();
        let once = Once::call(caller.name()?, &asked.request_id, asked)?;
        let command = parsed(asked)?;
        let id = command.id.clone();
        self.door.run(once, command).await?;
        self.read(&id).await
    }

    async fn disable_client(
        &self,
        request: Request<pb::DisableClientRequest>,
    ) -> Result<Response<pb::Client>, Status> {
        let caller = caller(&request);
        if !caller.is_the_installation() {
            return Err(Refusal::denied().into());
        }
        let asked = request.get_ref();
        let once = Once::call(caller.name()?, &asked.request_id, asked)?;
        let id = ClientId::in_name(&asked.name).ok_or_else(malformed_name)?;
        self.door.run(once, DisableClient { id: id.clone() }).await?;
        self.read(&id).await
    }

    async fn issue_client_token(
        &self,
        request: Request<pb::IssueClientTokenRequest>,
    ) -> Result<Response<pb::ClientToken>, Status> {
        let asked = request.get_ref();
        let claimed = assertion::claimed_by(&asked.assertion).ok_or_else(invalid)?;
        let client = self.store.get(&claimed).await.map_err(failed)?.ok_or_else(invalid)?;
        let now = self.clock.now();
        let jti = assertion::verified(&asked.assertion, &client, now);
        let jti = jti.filter(|jti| asked.request_id.parse() == Ok(*jti)).ok_or_else(invalid)?;
        let name = client.id.name();
        self.door
            .run(only_once(&name, jti), TakeAssertion { id: client.id })
            .await
            .map_err(used)?;
        let access_token = self
            .issuer
            .issue(&name, Person::Service)
            .map_err(|error| Failure::Broken(error.to_string()))?;
        Ok(Response::new(pb::ClientToken {
            access_token,
            access_expire_time: now.saturating_add(LIFE).ok().map(timestamp),
        }))
    }
}

/// The identity of a call that a repeat does not share: what the door remembers of the first then refuses the second.
fn only_once(name: &str, jti: Uuid) -> Once {
    let fingerprint = Uuid::new_v4().into_bytes();
    Once::Call { caller: name.into(), request_id: jti, fingerprint }
}

fn used(failure: Failure) -> Failure {
    match failure {
        Failure::Refused(refusal) if refusal.reason == "REQUEST_ID_REUSED" => Refusal::new(
            Kind::Unauthenticated,
            "ASSERTION_USED",
            "Chứng thực này đã được dùng; hãy ký một chứng thực mới.",
            "This assertion was traded before; sign a new one.",
        )
        .into(),
        other => other,
    }
}

fn parsed(asked: &pb::CreateClientRequest) -> Result<CreateClient, Refusal> {
    match (ClientId::of(&asked.client_id), public_key(&asked.public_key)) {
        (Some(id), Some(public_key)) => Ok(CreateClient { id, public_key }),
        (id, key) => {
            let no_id = id.is_none().then(malformed_id);
            let no_key = key.is_none().then(malformed_key);
            Err(Refusal::fields(no_id.into_iter().chain(no_key).collect()))
        }
    }
}

/// A point of the curve that can verify.
fn public_key(text: &str) -> Option<[u8; 32]> {
    let bytes: [u8; 32] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
    let key = VerifyingKey::from_bytes(&bytes).ok().filter(|key| !key.is_weak())?;
    Some(key.to_bytes())
}

fn shown(client: &Client) -> pb::Client {
    pb::Client {
        name: client.id.name(),
        public_key: URL_SAFE_NO_PAD.encode(client.public_key),
        create_time: Some(timestamp(client.created_at)),
        disable_time: client.disabled_at.map(timestamp),
    }
}

fn malformed_id() -> Violation {
    Violation::new(
        "client_id",
        "CLIENT_ID_MALFORMED",
        "Mã ứng dụng gồm 3 đến 40 chữ thường, chữ số và gạch nối, bắt đầu bằng chữ.",
        "A client id has 3 to 40 lower case letters, digits and hyphens, and begins with a letter.",
    )
}

fn malformed_name() -> Refusal {
    Refusal::field(
        "name",
        "NAME_MALFORMED",
        "Tên ứng dụng có dạng clients/{mã ứng dụng}.",
        "A client's name is clients/{client id}.",
    )
}

fn malformed_key() -> Violation {
    Violation::new(
        "public_key",
        "PUBLIC_KEY_MALFORMED",
        "Khóa công khai Ed25519 là 32 byte viết bằng base64url, không có dấu `=`.",
        "An Ed25519 public key is 32 bytes in base64url without padding.",
    )
}
