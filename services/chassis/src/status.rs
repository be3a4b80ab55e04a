//! Refusals as `google.rpc.Status`: the only place that knows both.

use prost::Message;
use prost_types::Any;
use proto::codec::{ERROR_DOMAIN, any};
use proto::google::rpc::bad_request::FieldViolation;
use proto::google::rpc::{self, BadRequest, ErrorInfo, LocalizedMessage, RetryInfo};
use tonic::{Code, Status};

use crate::refusal::{Failure, Kind, Refusal, Text, Violation};

/// Bytes of a refusal's fields. Most gRPC clients take 8 KiB of trailers and answer more with an error of their own; base64 makes four
/// bytes of three, and the reason, the sentence and its translations take their share.
const ROOM: usize = 5250;

/// Where `ErrorInfo` says how many wrong fields had no room.
const FIELDS_LEFT_OUT: &str = "fieldsLeftOut";

/// What each violation costs beside its own bytes: its tag and its length.
const FRAME: usize = 4;

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
        with_details(refusal.kind.into(), refusal.public.en.clone(), details(refusal))
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
    let public = Text::new(
        "Hệ thống gặp lỗi nên chưa xử lý được yêu cầu; đơn vị vận hành đã được báo.",
        "The request could not be served; the operators have been told.",
    );
    let mut details = vec![any(&error_info("INTERNAL_FAULT"))];
    details.extend(localized(public.clone()).iter().map(any));
    with_details(Code::Internal, public.en, details)
}

fn with_details(code: Code, message: String, details: Vec<Any>) -> Status {
    let status = rpc::Status { code: code.into(), message: message.clone(), details };
    Status::with_details(code, message, status.encode_to_vec().into())
}

fn details(refusal: Refusal) -> Vec<Any> {
    let mut info = error_info(refusal.reason);
    if let Some(particular) = refusal.particular {
        let (key, value) = *particular;
        info.metadata.insert(key.into(), value);
    }
    let wrong = refusal.violations.len();
    let told = bad_request(refusal.violations);
    let left_out = wrong - told.field_violations.len();
    if left_out > 0 {
        info.metadata.insert(FIELDS_LEFT_OUT.into(), left_out.to_string());
    }
    let mut details = vec![any(&info)];
    if wrong > 0 {
        details.push(any(&told));
    }
    if let Some(delay) = refusal.retry_after {
        details.push(any(&RetryInfo { retry_delay: delay.try_into().ok() }));
    }
    details.extend(localized(refusal.public).iter().map(any));
    details
}

/// Every field, and as many of their words as [`ROOM`] allows.
fn bad_request(violations: Vec<Violation>) -> BadRequest {
    let mut left = ROOM;
    let mut told = BadRequest::default();
    let mut words = Vec::new();
    for Violation { field, reason, text } in violations {
        let violation = FieldViolation { field, reason, ..FieldViolation::default() };
        let Some(rest) = left.checked_sub(violation.encoded_len() + FRAME) else { break };
        left = rest;
        told.field_violations.push(violation);
        words.push(text);
    }
    for (violation, text) in told.field_violations.iter_mut().zip(words) {
        let spoken = in_words(violation, text);
        let more = spoken.encoded_len() - violation.encoded_len();
        let Some(rest) = left.checked_sub(more) else { break };
        left = rest;
        *violation = spoken;
    }
    told
}

/// The sentence for a developer is English, the one for a person Vietnamese: so each is said once.
fn in_words(violation: &FieldViolation, text: Text) -> FieldViolation {
    let [vi, en] = localized(text);
    FieldViolation { description: en.message, localized_message: Some(vi), ..violation.clone() }
}

fn localized(text: Text) -> [LocalizedMessage; 2] {
    [("vi", text.vi), ("en", text.en)]
        .map(|(locale, message)| LocalizedMessage { locale: locale.into(), message })
}

fn error_info(reason: &str) -> ErrorInfo {
    ErrorInfo { reason: reason.into(), domain: ERROR_DOMAIN.into(), ..ErrorInfo::default() }
}

/// The machine-readable reason a status carries, if it carries one of ours.
pub fn reason(status: &Status) -> Option<String> {
    Some(info(status)?.reason)
}

/// The wrong fields that a status names; none of one that names none.
pub fn violations(status: &Status) -> Vec<FieldViolation> {
    let details = rpc::Status::decode(status.details()).unwrap_or_default().details;
    let bad = details.iter().find(|any| any.type_url.ends_with("/google.rpc.BadRequest"));
    let bad = bad.and_then(|any| BadRequest::decode(any.value.as_slice()).ok());
    bad.unwrap_or_default().field_violations
}

fn info(status: &Status) -> Option<ErrorInfo> {
    let details = rpc::Status::decode(status.details()).ok()?.details;
    let info = details.iter().find(|any| any.type_url.ends_with("/google.rpc.ErrorInfo"))?;
    ErrorInfo::decode(info.value.as_slice()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(fields: usize) -> Status {
        let violation = |number| {
            let field = format!("answers.applicant.field_{number}");
            Violation::new(field, "REQUIRED", "Trường này là bắt buộc. ".repeat(5), "x".repeat(90))
        };
        Refusal::fields((0..fields).map(violation).collect()).into()
    }

    #[test]
    fn a_field_is_told_once_in_both_languages() {
        let told = violations(&refused(2));
        assert_eq!(told.len(), 2);
        for violation in told {
            assert_eq!(violation.description, "x".repeat(90));
            assert_eq!(violation.localized_message.expect("words").locale, "vi");
        }
    }

    #[test]
    fn a_refusal_fits_into_what_clients_take() {
        for fields in [1, 18, 60, 90, 1000] {
            let status = refused(fields);
            let trailers = status.details().len().div_ceil(3) * 4 + status.message().len();
            assert!(trailers < 8192 - 300, "{fields} fields: {trailers} bytes");
            let told = violations(&status);
            assert!(fields > 90 || told.len() == fields, "{} of {fields}", told.len());
            assert!(
                fields > 60 || !told[0].description.is_empty(),
                "{fields} fields without a word"
            );
            let left_out = fields - told.len();
            let counted = (left_out > 0).then(|| left_out.to_string());
            assert_eq!(
                info(&status).expect("an ErrorInfo").metadata.get(FIELDS_LEFT_OUT),
                counted.as_ref()
            );
        }
    }

    #[test]
    fn a_fault_of_ours_is_told_to_a_person_too() {
        let status = internal();
        assert_eq!(info(&status).expect("an ErrorInfo").reason, "INTERNAL_FAULT");
        let details = rpc::Status::decode(status.details()).expect("details").details;
        let words = details.iter().filter(|any| any.type_url.ends_with("LocalizedMessage"));
        assert_eq!(words.count(), 2, "vi and en");
    }
}
