//! One-time codes on their way to a telephone: a question to mailing, put after the commit.

use std::time::Duration;

use chassis::peers::PeerChannel;
use proto::motcua::mailing::v1::SendOneTimeCodeRequest;
use proto::motcua::mailing::v1::message_service_client::MessageServiceClient;
use tonic::Code as GrpcCode;
use tonic::Status;
use uuid::Uuid;

use crate::secrets::Code;

/// Pauses before the tries that follow the first: a code that comes later is of little use.
const PAUSES: [Duration; 3] =
    [Duration::from_millis(500), Duration::from_secs(2), Duration::from_secs(8)];

/// Has codes sent.
#[derive(Clone)]
pub struct Codes(MessageServiceClient<PeerChannel>);

impl Codes {
    /// Codes sent by mailing at the end of this channel.
    pub fn by(mailing: PeerChannel) -> Self {
        Self(MessageServiceClient::new(mailing))
    }

    /// Sends the code of a sign-in in a task of its own: neither mailing's haste nor its absence may tell whether there was anything
    /// to send. The sign-in's id makes a repeated sending one for mailing.
    pub fn send(&self, sign_in: Uuid, code: &Code, phone_number: String, locale: String) {
        let request = SendOneTimeCodeRequest {
            request_id: sign_in.to_string(),
            phone_number,
            code: code.expose().into(),
            locale,
        };
        let client = self.0.clone();
        tokio::spawn(async move {
            if let Err(status) = try_to_send(client, &request).await {
                let code = status.code();
                tracing::warn!(%sign_in, ?code, "a one-time code could not be sent");
            }
        });
    }
}

async fn try_to_send(
    mut client: MessageServiceClient<PeerChannel>,
    request: &SendOneTimeCodeRequest,
) -> Result<(), Status> {
    for pause in PAUSES {
        match client.send_one_time_code(request.clone()).await {
            Err(status) if passes(status.code()) => tokio::time::sleep(pause).await,
            other => return other.map(|_| ()),
        }
    }
    client.send_one_time_code(request.clone()).await.map(|_| ())
}

fn passes(code: GrpcCode) -> bool {
    use GrpcCode::{Aborted, Cancelled, DeadlineExceeded, ResourceExhausted, Unavailable, Unknown};
    matches!(
        code,
        Aborted | Cancelled | DeadlineExceeded | ResourceExhausted | Unavailable | Unknown
    )
}
