//! `MessageService`: what goes to a telephone within the call. One-time codes, and what happened to an account.

use std::sync::Arc;

use chassis::access::{Caller, caller};
use chassis::refusal::{Failure, Kind, Refusal, Violation};
use chassis::write::{Door, Once, request_id};
use prost::{Message, Name};
use proto::motcua::mailing::v1::message_service_server::MessageService;
use proto::motcua::mailing::v1::{
    AccountNotice, SendAccountNoticeRequest, SendAccountNoticeResponse, SendOneTimeCodeRequest,
    SendOneTimeCodeResponse,
};
use tonic::{Request, Response, Status};

use crate::message::{ONE_TIME_CODE, RecordSending, TELEPHONE_REPLACED};
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

/// What is sent, to whom.
struct Letter<'a> {
    /// Makes a repeated sending one.
    request_id: &'a str,
    /// E.164.
    telephone: &'a str,
    language: Language,
    template: &'static str,
    places: &'a [(Place, String)],
}

#[tonic::async_trait]
impl MessageService for Messages {
    async fn send_one_time_code(
        &self,
        request: Request<SendOneTimeCodeRequest>,
    ) -> Result<Response<SendOneTimeCodeResponse>, Status> {
        let caller = of_the_mesh(&request)?;
        let asked = request.get_ref();
        let SendOneTimeCodeRequest { request_id, phone_number, code, locale } = asked;
        let language = checked(phone_number, locale, check_code(code))?;
        let letter = Letter {
            request_id,
            telephone: phone_number,
            language,
            template: ONE_TIME_CODE,
            places: &[(Place::Code, code.clone())],
        };
        // What is kept must not be a fingerprint of code and number, which are quickly guessed.
        let request_id = request_id.clone();
        let kept = SendOneTimeCodeRequest { request_id, ..Default::default() };
        self.send(&caller, letter, &kept).await?;
        Ok(Response::new(SendOneTimeCodeResponse {}))
    }

    async fn send_account_notice(
        &self,
        request: Request<SendAccountNoticeRequest>,
    ) -> Result<Response<SendAccountNoticeResponse>, Status> {
        let caller = of_the_mesh(&request)?;
        let asked = request.get_ref();
        let SendAccountNoticeRequest { request_id, phone_number, locale, notice } = asked;
        let language = checked(phone_number, locale, check_notice(asked.notice()))?;
        let letter = Letter {
            request_id,
            telephone: phone_number,
            language,
            template: TELEPHONE_REPLACED,
            places: &[],
        };
        let (request_id, notice) = (request_id.clone(), *notice);
        let kept = SendAccountNoticeRequest { request_id, notice, ..Default::default() };
        self.send(&caller, letter, &kept).await?;
        Ok(Response::new(SendAccountNoticeResponse {}))
    }
}

impl Messages {
    /// Hands a letter to the gateway, then records that it was sent. A repeat is known by what is `kept` of its request.
    async fn send<M: Message + Name>(
        &self,
        caller: &Caller,
        letter: Letter<'_>,
        kept: &M,
    ) -> Result<(), Failure> {
        let Letter { telephone, language, template, places, .. } = letter;
        let id = request_id(letter.request_id)?;
        let text = self.templates.text(template, language, places);
        let text = text.ok_or_else(|| Failure::Broken(format!("no template {template}")))?;
        self.gateway.send(id, telephone, &text).await.map_err(failure)?;
        let once = Once::call(caller.name()?, letter.request_id, kept)?;
        self.door.run(once, RecordSending { id, template }).await
    }
}

/// The service that asks: no registered client sends messages.
fn of_the_mesh<T>(request: &Request<T>) -> Result<Caller, Refusal> {
    let caller = caller(request);
    if caller.is_of_the_mesh() { Ok(caller) } else { Err(Refusal::denied()) }
}

/// The language of a message whose telephone is well formed, and about which nothing else is wrong.
fn checked(telephone: &str, locale: &str, wrong: Option<Violation>) -> Result<Language, Refusal> {
    let number = telephone.strip_prefix('+').unwrap_or_default();
    let telephone = (!(8..=15).contains(&number.len()) || !are_digits(number))
        .then(|| violation("phone_number", "+84…: E.164"));
    let language = match locale {
        "" | "vi" => Ok(Language::Vi),
        "en" => Ok(Language::En),
        _ => Err(violation("locale", "vi, en")),
    };
    match (telephone, wrong, language) {
        (None, None, Ok(language)) => Ok(language),
        (telephone, wrong, language) => {
            Err(Refusal::fields(telephone.into_iter().chain(wrong).chain(language.err()).collect()))
        }
    }
}

fn check_code(code: &str) -> Option<Violation> {
    let sound = (4..=10).contains(&code.len()) && are_digits(code);
    (!sound).then(|| violation("code", "4–10 × 0–9"))
}

fn check_notice(notice: AccountNotice) -> Option<Violation> {
    match notice {
        AccountNotice::TelephoneReplaced => None,
        AccountNotice::Unspecified => {
            Some(violation("notice", AccountNotice::TelephoneReplaced.as_str_name()))
        }
    }
}

fn are_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
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
