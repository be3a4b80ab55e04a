//! `MessageService`: one-time codes.

use std::sync::Arc;

use chassis::access::caller;
use chassis::refusal::{Failure, Kind, Refusal, Violation};
use chassis::write::{Door, Once, request_id};
use proto::motcua::mailing::v1::message_service_server::MessageService;
use proto::motcua::mailing::v1::{SendOneTimeCodeRequest, SendOneTimeCodeResponse};
use tonic::{Request, Response, Status};

use crate::message::{ONE_TIME_CODE, RecordCode};
use crate::outside::{Gateway, GatewayError};
use crate::store::MailStore;
use crate::template::{Language, Place, Templates};

/// Sends messages.
pub struct Messages {
    /// Records sendings.
    pub door: Door<MailStore>,
    /// Takes messages.
    pub gateway: Gateway,
    /// What they say.
    pub templates: Arc<Templates>,
}

#[tonic::async_trait]
impl MessageService for Messages {
    async fn send_one_time_code(
        &self,
        request: Request<SendOneTimeCodeRequest>,
    ) -> Result<Response<SendOneTimeCodeResponse>, Status> {
        let caller = caller(&request);
        if !caller.is_of_the_mesh() {
            return Err(Refusal::denied().into());
        }
        let asked = request.get_ref();
        let id = request_id(&asked.request_id)?;
        let language = check(asked)?;
        let text =
            self.templates.text(ONE_TIME_CODE, language, &[(Place::Code, asked.code.clone())]);
        let text = text.ok_or_else(|| Failure::Broken(format!("no template {ONE_TIME_CODE}")))?;
        self.gateway.send(id, &asked.phone_number, &text).await.map_err(failure)?;
        // What is kept must not be a fingerprint of code and number, which are quickly guessed.
        let kept = SendOneTimeCodeRequest {
            request_id: asked.request_id.clone(),
            ..SendOneTimeCodeRequest::default()
        };
        let once = Once::call(caller.name()?, &asked.request_id, &kept)?;
        self.door.run(once, RecordCode { id }).await?;
        Ok(Response::new(SendOneTimeCodeResponse {}))
    }
}

fn check(asked: &SendOneTimeCodeRequest) -> Result<Language, Refusal> {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let telephone = asked.phone_number.strip_prefix('+').unwrap_or_default();
    let mut wrong = Vec::new();
    if !(8..=15).contains(&telephone.len()) || !digits(telephone) {
        wrong.push(violation("phone_number", "+84…: E.164"));
    }
    if !(4..=10).contains(&asked.code.len()) || !digits(&asked.code) {
        wrong.push(violation("code", "4–10 × 0–9"));
    }
    let language = match asked.locale.as_str() {
        "" | "vi" => Some(Language::Vi),
        "en" => Some(Language::En),
        _ => None,
    };
    if language.is_none() {
        wrong.push(violation("locale", "vi, en"));
    }
    match language {
        Some(language) if wrong.is_empty() => Ok(language),
        _ => Err(Refusal::fields(wrong)),
    }
}

fn violation(field: &str, form: &str) -> Violation {
    let (vi, en) = (format!("Hãy gửi theo dạng {form}."), format!("Send it in the form {form}."));
    Violation::new(field, "MALFORMED", vi, en)
}

fn failure(error: GatewayError) -> Failure {
    tracing::warn!(%error, "a message was not taken");
    match error {
        GatewayError::Away(_) => Refusal::new(
            Kind::Unavailable,
            "GATEWAY_UNAVAILABLE",
            "Cổng tin nhắn tạm thời gián đoạn; hãy gửi lại đúng yêu cầu này.",
            "The message gateway is away; repeat the same request.",
        )
        .after(std::time::Duration::from_secs(2))
        .into(),
        GatewayError::Refused(_) => Failure::Broken(error.to_string()),
    }
}
