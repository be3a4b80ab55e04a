//! Whether there is an account: identity knows.

use std::time::Duration;

use chassis::peers::PeerChannel;
use chassis::refusal::{Failure, Kind, Refusal};
use proto::motcua::identity::v1::GetAccountRequest;
use proto::motcua::identity::v1::account_service_client::AccountServiceClient;
use tonic::Code;

/// Asks identity for accounts.
#[derive(Clone)]
pub struct Accounts(AccountServiceClient<PeerChannel>);

impl Accounts {
    /// Asks over this channel.
    pub fn known_to(channel: PeerChannel) -> Self {
        Self(AccountServiceClient::new(channel))
    }

    /// What is wrong with the name of an account; none if there is one of it.
    ///
    /// # Errors
    /// ACCOUNTS_UNAVAILABLE: identity does not answer.
    pub async fn judge(&self, name: &str) -> Result<Option<Refusal>, Failure> {
        let asked = GetAccountRequest { name: name.into() };
        match self.0.clone().get_account(asked).await {
            Ok(_) => Ok(None),
            Err(status) if status.code() == Code::PermissionDenied => Ok(Some(unknown())),
            Err(status) => {
                tracing::warn!(code = ?status.code(), "identity does not tell of an account");
                Err(unavailable().into())
            }
        }
    }
}

fn unknown() -> Refusal {
    Refusal::field(
        "dossier.owner",
        "ACCOUNT_UNKNOWN",
        "Không có tài khoản này; hãy đăng ký người nộp tại quầy trước.",
        "There is no such account; register the person at the counter first.",
    )
}

fn unavailable() -> Refusal {
    Refusal::new(
        Kind::Unavailable,
        "ACCOUNTS_UNAVAILABLE",
        "Chưa tra được tài khoản; hãy gửi lại đúng yêu cầu này sau ít giây.",
        "Accounts cannot be looked up now; repeat the same request in a few seconds.",
    )
    .after(Duration::from_secs(2))
}
