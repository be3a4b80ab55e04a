//! Mailing, which is asked to send one-time codes, and to tell a telephone what happened to an account.

use std::time::Duration;

use chassis::peers::PeerChannel;
use proto::motcua::mailing::v1::message_service_client::MessageServiceClient;
use proto::motcua::mailing::v1::{AccountNotice, SendAccountNoticeRequest, SendOneTimeCodeRequest};
use thiserror::Error;
use tonic::{Code as GrpcCode, Status};
use uuid::Uuid;

use crate::phone::PhoneNumber;
use crate::secrets::Code;

/// Pauses before the tries that follow the first: a code that comes later is of little use.
const PAUSES: [Duration; 3] =
    [Duration::from_millis(500), Duration::from_secs(2), Duration::from_secs(8)];

/// Mailing, at the end of a channel.
#[derive(Clone)]
pub struct Mailing(MessageServiceClient<PeerChannel>);

/// Mailing did not take a message.
#[derive(Clone, Copy, Debug, Error)]
#[error("mailing answered {0:?}")]
pub struct NotSent(GrpcCode);

impl Mailing {
    /// At the end of this channel.
    pub fn at(channel: PeerChannel) -> Self {
        Self(MessageServiceClient::new(channel))
    }

    /// Has a code sent. `id` makes a repeated sending one for mailing.
    ///
    /// # Errors
    /// Mailing refused, or was away at every one of four tries, half a minute at most.
    pub async fn send(
        &self,
        id: Uuid,
        code: &Code,
        phone: &PhoneNumber,
        locale: &str,
    ) -> Result<(), NotSent> {
        let request = SendOneTimeCodeRequest {
            request_id: id.to_string(),
            phone_number: phone.expose_e164().into(),
            code: code.expose().into(),
            locale: locale.into(),
        };
        for pause in PAUSES {
            match self.try_once(request.clone()).await {
                Err(status) if passes(status.code()) => tokio::time::sleep(pause).await,
                other => return other.map_err(|status| NotSent(status.code())),
            }
        }
        self.try_once(request).await.map_err(|status| NotSent(status.code()))
    }

    /// Has a telephone told that another took its place. `id` makes a repeated sending one for mailing.
    ///
    /// # Errors
    /// Mailing refused or is away.
    pub async fn telephone_replaced(
        &self,
        id: Uuid,
        phone_number: &str,
        locale: &str,
    ) -> Result<(), NotSent> {
        let request = SendAccountNoticeRequest {
            request_id: id.to_string(),
            phone_number: phone_number.into(),
            notice: AccountNotice::TelephoneReplaced.into(),
            locale: locale.into(),
        };
        let answer = self.0.clone().send_account_notice(request).await;
        answer.map(|_| ()).map_err(|status| NotSent(status.code()))
    }

    async fn try_once(&self, request: SendOneTimeCodeRequest) -> Result<(), Status> {
        self.0.clone().send_one_time_code(request).await.map(|_| ())
    }
}

fn passes(code: GrpcCode) -> bool {
    use GrpcCode::{Aborted, Cancelled, DeadlineExceeded, ResourceExhausted, Unavailable, Unknown};
    matches!(
        code,
        Aborted | Cancelled | DeadlineExceeded | ResourceExhausted | Unavailable | Unknown
    )
}
