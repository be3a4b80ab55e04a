//! Refusals as `google.rpc.Status`: the only place that knows both.

use prost::{Message, Name};
use prost_types::Any;
use proto::codec::ERROR_DOMAIN;
use proto::google::rpc::bad_request::FieldViolation;
use proto::google::rpc::{self, BadRequest, ErrorInfo, LocalizedMessage, RetryInfo};
use tonic::{Code, Status};

use crate::refusal::{Failure, Kind, Refusal, Text, Violation};

impl From<Kind> for Code {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Invalid => Self::InvalidArgument,
            Kind::Precondition => Self::FailedPrecondition,
            Kind::Race => Self::Aborted,
            Kind::Exists => Self::AlreadyExists,
            Kind::Missing => Self::NotFound,
            Kind::Denied => Self::PermissionDenied,
            Kind::Unauthenticated => Self::Unauthenticated,
            Kind::Overloaded => Self::ResourceExhausted,
            Kind::Unavailable => Self::Unavailable,
        }
    }
}

impl From<Refusal> for Status {
    fn from(refusal: Refusal) -> Self {
        let code = Code::from(refusal.kind);
        let message = refusal.public.en.clone();
        let status =
            rpc::Status { code: code.into(), message: message.clone(), details: details(refusal) };
        Status::with_details(code, message, status.encode_to_vec().into())
    }
}

impl From<Failure> for Status {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(refusal) => (*refusal).into(),
            Failure::Unavailable(why) => {
                tracing::warn!(why, "a call could not be served now");
                unavailable().into()
            }
            Failure::Broken(why) => {
                tracing::error!(why, "a call could not be served");
                internal()
            }
        }
    }
}

/// What a caller is told when a database or broker is away.
pub fn unavailable() -> Refusal {
    Refusal::new(
        Kind::Unavailable,
        "DATABASE_UNAVAILABLE",
        "Hệ thống tạm thời gián đoạn; hãy gửi lại đúng yêu cầu này sau ít giây.",
        "Temporarily unavailable; repeat the same request in a few seconds.",
    )
    .after(std::time::Duration::from_secs(2))
}

fn internal() -> Status {
    let message = "The request could not be served; the operators have been told.";
    let info = error_info("INTERNAL_FAULT");
    let status = rpc::Status {
        code: Code::Internal.into(),
        message: message.into(),
        details: vec![any(&info)],
    };
    Status::with_details(Code::Internal, message, status.encode_to_vec().into())
}

fn details(refusal: Refusal) -> Vec<Any> {
    let mut details = vec![any(&error_info(refusal.reason))];
    if !refusal.violations.is_empty() {
        let field_violations = refusal.violations.into_iter().flat_map(field_violations).collect();
        details.push(any(&BadRequest { field_violations }));
    }
    if let Some(delay) = refusal.retry_after {
        details.push(any(&RetryInfo { retry_delay: delay.try_into().ok() }));
    }
    details.extend(localized(refusal.public).iter().map(any));
    details
}

/// `BadRequest` has room for one language a violation: so a violation is told once in each.
fn field_violations(violation: Violation) -> [FieldViolation; 2] {
    localized(violation.text).map(|text| FieldViolation {
        field: violation.field.clone(),
        reason: violation.reason.clone(),
        description: text.message.clone(),
        localized_message: Some(text),
    })
}

fn localized(text: Text) -> [LocalizedMessage; 2] {
    [("vi", text.vi), ("en", text.en)]
        .map(|(locale, message)| LocalizedMessage { locale: locale.into(), message })
}

fn error_info(reason: &str) -> ErrorInfo {
    ErrorInfo { reason: reason.into(), domain: ERROR_DOMAIN.into(), ..ErrorInfo::default() }
}

fn any<M: Message + Name>(message: &M) -> Any {
    Any {
        type_url: format!("type.googleapis.com/{}", M::full_name()),
        value: message.encode_to_vec(),
    }
}

/// The machine-readable reason a status carries, if it carries one of ours.
pub fn reason(status: &Status) -> Option<String> {
    let details = rpc::Status::decode(status.details()).ok()?.details;
    let info = details.iter().find(|any| any.type_url.ends_with("/google.rpc.ErrorInfo"))?;
    Some(ErrorInfo::decode(info.value.as_slice()).ok()?.reason)
}
