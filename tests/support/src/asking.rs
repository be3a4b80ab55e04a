//! Calls, and why they were refused.

use std::fmt::Debug;

use prost::Message;
use proto::google::rpc;
use tonic::{Request, Status};
use uuid::Uuid;

/// A request in the name of a token's owner.
pub fn by<T>(token: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    let bearer = format!("Bearer {token}").parse().expect("a header");
    request.metadata_mut().insert("authorization", bearer);
    request
}

/// The request id of a new wish.
pub fn wish() -> String {
    Uuid::now_v7().to_string()
}

/// The reason of a refusal.
pub fn reason<T: Debug>(answer: Result<T, Status>) -> String {
    chassis::status::reason(&answer.expect_err("refused")).expect("a reason")
}

/// The fields of a refusal that are wrong, and why.
pub fn wrong<T: Debug>(answer: Result<T, Status>) -> Vec<(String, String)> {
    let status = answer.expect_err("refused");
    let details = rpc::Status::decode(status.details()).expect("details").details;
    let bad = details.iter().find(|any| any.type_url.ends_with("/google.rpc.BadRequest"));
    let bad = rpc::BadRequest::decode(bad.expect("wrong fields").value.as_slice());
    let violations = bad.expect("a whole message").field_violations;
    violations.into_iter().map(|one| (one.field, one.reason)).collect()
}
