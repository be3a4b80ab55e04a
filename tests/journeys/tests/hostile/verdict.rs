//! Whether an answer is one of the contract.

use journeys::{Answer, Refusals};
use prost::{Message, Name};
use prost_reflect::MessageDescriptor;
use proto::codec::ERROR_DOMAIN;
use proto::google::rpc::bad_request::FieldViolation;
use proto::google::rpc::{self, BadRequest, ErrorInfo};
use tonic::{Code, Status};

/// Words that would betray what the program is made of.
const INSIDES: [&str; 14] = [
    "sqlx",
    "select ",
    "insert ",
    "constraint",
    "relation",
    "postgres",
    "column",
    "panicked",
    "unwrap",
    ".rs:",
    "prost",
    "serde",
    "tokio",
    "struct.",
];

/// Bytes of a status that every gRPC client takes.
const ROOM: usize = 5900;

/// What is wrong with a request as a whole.
const OF_NO_FIELD: [&str; 2] = ["MESSAGE_MALFORMED", "REQUEST_ID_REUSED"];

/// Judges by docs/refusals.md.
pub struct Judge(Refusals);

impl Judge {
    pub fn new() -> Self {
        Self(Refusals::read())
    }

    /// What is wrong with the answer to a message of this kind, which a stranger sent.
    pub fn judge(&self, asked: &MessageDescriptor, answer: &Answer) -> Result<(), String> {
        let Err(status) = answer else { return Ok(()) };
        let told = |why| format!("{:?} {:?}: {why}", status.code(), status.message());
        self.refusal(asked, status).map_err(told)
    }

    fn refusal(&self, asked: &MessageDescriptor, status: &Status) -> Result<(), String> {
        if status.code() == Code::OutOfRange && status.details().is_empty() {
            return Ok(()); // Of over 1 MiB: gRPC itself, before anything of ours could give a reason.
        }
        is_no_fault_of_ours(status)?;
        keeps_our_insides(status)?;
        ensure(status.details().len() <= ROOM, "more than gRPC clients take of a status")?;
        let info: ErrorInfo = detail(status).ok_or("no ErrorInfo")?;
        let (reason, code) = (info.reason.as_str(), status.code());
        ensure(info.domain == ERROR_DOMAIN, format!("its domain is {:?}", info.domain))?;
        ensure(self.0.tell_of(reason, code), format!("the page has no {reason:?} with this code"))?;
        if code == Code::InvalidArgument && !OF_NO_FIELD.contains(&reason) {
            return self.fields(asked, &detail(status).ok_or("no BadRequest")?);
        }
        Ok(())
    }

    fn fields(&self, asked: &MessageDescriptor, told: &BadRequest) -> Result<(), String> {
        ensure(!told.field_violations.is_empty(), "it names no field")?;
        told.field_violations.iter().try_for_each(|violation| self.field(asked, violation))
    }

    fn field(&self, asked: &MessageDescriptor, told: &FieldViolation) -> Result<(), String> {
        let FieldViolation { field, reason, .. } = told;
        let first = field.split(['.', '[']).next().unwrap_or_default();
        ensure(
            asked.get_field_by_name(first).is_some(),
            format!("the request has no field {field:?}"),
        )?;
        ensure(
            self.0.tell_of_field(reason),
            format!("the page has no {reason:?} for {field:?} or any field"),
        )
    }
}

fn is_no_fault_of_ours(status: &Status) -> Result<(), String> {
    let blamed = [
        Code::Internal,
        Code::Unknown,
        Code::Unavailable,
        Code::Cancelled,
        Code::DeadlineExceeded,
        Code::DataLoss,
    ];
    let why = "a fault of the service, for a stranger's message";
    ensure(!blamed.contains(&status.code()), why)
}

fn keeps_our_insides(status: &Status) -> Result<(), String> {
    let said = String::from_utf8_lossy(status.details()).to_lowercase();
    let said = format!("{} {said}", status.message().to_lowercase());
    match INSIDES.iter().find(|word| said.contains(**word)) {
        Some(word) => Err(format!("it tells of {word:?}")),
        None => Ok(()),
    }
}

fn detail<M: Message + Name + Default>(status: &Status) -> Option<M> {
    let details = rpc::Status::decode(status.details()).ok()?.details;
    let found = details.iter().find(|any| any.type_url.ends_with(&format!("/{}", M::full_name())));
    M::decode(found?.value.as_slice()).ok()
}

fn ensure(holds: bool, otherwise: impl Into<String>) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise.into()) }
}
