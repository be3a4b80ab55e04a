//! Mail servers over SMTP (RFC 5321). A repeat carries the same Message-ID (RFC 5322, section 3.6.4), by which servers and readers
//! know it; more idempotency SMTP does not have.

use std::time::Duration;

use lettre::message::Mailbox as Address;
use lettre::message::header::{ContentType, MIME_VERSION_1_0};
use lettre::transport::smtp;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use secrecy::ExposeSecret;
use thiserror::Error;
use uuid::Uuid;

use crate::settings::{MailServer, TlsMode};
use crate::template::Language;

/// How long the server may take for one answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// A message no server took. None of its words: a server may repeat the address.
#[derive(Debug, Error)]
pub enum MailboxError {
    /// It is away or asks to come back.
    #[error("the mail server is away ({0})")]
    Away(String),
    /// It refuses the message, the address, or us.
    #[error("the mail server refused the message ({0})")]
    Refused(String),
    /// The address in the account is none.
    #[error("the account's e-mail is no address")]
    Address,
}

/// A mail server that takes our messages.
#[derive(Clone)]
pub struct Mailbox {
    server: AsyncSmtpTransport<Tokio1Executor>,
    from: Address,
}

impl Mailbox {
    /// The server of the settings.
    pub fn new(settings: MailServer) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let MailServer { host, port, tls, account, from } = settings;
        let from =
            from.parse().map_err(|error| format!("mailing.smtp.from is no address: {error}"))?;
        let tls = match tls {
            TlsMode::None => Tls::None,
            TlsMode::Starttls => Tls::Required(TlsParameters::new(host.clone())?),
            TlsMode::Tls => Tls::Wrapper(TlsParameters::new(host.clone())?),
        };
        let mut server = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)
            .port(port)
            .tls(tls)
            .timeout(Some(PATIENCE));
        if let Some((user, password)) = account {
            let password = password.expose_secret().to_owned();
            server = server.credentials(Credentials::new(user, password));
        }
        Ok(Self { server: server.build(), from })
    }

    /// Hands a message over under an id that a repeat has again.
    pub async fn send(
        &self,
        id: Uuid,
        to: &str,
        language: Language,
        text: &str,
    ) -> Result<(), MailboxError> {
        let subject = match language {
            Language::Vi => "Một cửa: hồ sơ của bạn",
            Language::En => "Motcua: your dossier",
        };
        let message = Message::builder()
            .from(self.from.clone())
            .to(to.parse().map_err(|_| MailboxError::Address)?)
            .subject(subject)
            .message_id(Some(format!("<{id}@{}>", self.from.email.domain())))
            .header(MIME_VERSION_1_0)
            .header(ContentType::TEXT_PLAIN)
            .body(text.to_owned())
            .map_err(|_| MailboxError::Address)?;
        self.server.send(message).await.map(|_| ()).map_err(|error| told(&error))
    }
}

/// What may be told of an error: its code or its kind.
fn told(error: &smtp::Error) -> MailboxError {
    match error.status() {
        Some(code) if error.is_permanent() => MailboxError::Refused(format!("SMTP {code}")),
        Some(code) => MailboxError::Away(format!("SMTP {code}")),
        None if error.is_timeout() => MailboxError::Away("too slow".into()),
        None if error.is_tls() => MailboxError::Away("no TLS".into()),
        None => MailboxError::Away("no connection".into()),
    }
}
