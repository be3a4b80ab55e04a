//! What tonic says of a request whose frames do not hold.

use http::Response;
use proto::codec::malformed;
use tonic::body::Body;
use tonic::{Code, Status};

/// A frame that is cut off, missing or marked as nothing that is known is the sender's mistake, as bytes within it are. tonic calls it
/// INTERNAL, without details, which every defect of ours has.
pub(super) fn blamed_on_the_sender(answer: Response<Body>) -> Response<Body> {
    let of_frames = |status: Status| status.code() == Code::Internal && status.details().is_empty();
    if Status::from_header_map(answer.headers()).is_some_and(of_frames) {
        return malformed().into_http();
    }
    answer
}
