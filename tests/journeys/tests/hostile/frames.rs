//! Requests whose frames lie about their length, or about what is in them.

use bytes::Bytes;
use chassis::server::LARGEST_REQUEST;
use http::Request;
use http_body_util::{BodyExt, Full};
use journeys::House;
use prost::Message;
use proto::motcua::dossier::v1::GetProcedureVersionRequest;
use tonic::body::Body;
use tonic::{Code, Status};
use tower::{Service, ServiceExt};

const PATH: &str = "/motcua.dossier.v1.ProcedureService/GetProcedureVersion";

#[tokio::test(flavor = "multi_thread")]
async fn frames_that_lie_are_the_senders_mistake() {
    let house = House::build().await;
    let right = message().len();
    let cases = [
        ("right", framed(0, right), "", Code::Ok),
        ("longer than it says", framed(0, right - 3), "", Code::InvalidArgument),
        ("shorter than it says", framed(0, right + 100), "", Code::InvalidArgument),
        ("a little larger than may be", framed(0, LARGEST_REQUEST + 1), "", Code::OutOfRange),
        ("of four gigabytes, it says", framed(0, usize::MAX), "", Code::OutOfRange),
        ("cut off in its head", framed(0, right)[..3].into(), "", Code::InvalidArgument),
        ("missing", Vec::new(), "", Code::InvalidArgument),
        ("compressed", framed(1, right), "gzip", Code::Unimplemented),
        ("compressed in no way that is named", framed(1, right), "", Code::InvalidArgument),
        ("marked as nothing that is known", framed(7, right), "", Code::InvalidArgument),
    ];
    for (what, frames, encoding, expected) in cases {
        let status = answer(&house, frames, encoding).await;
        assert_eq!(status.code(), expected, "{what}: {status:?}");
        let reason = chassis::status::reason(&status);
        let malformed = (expected == Code::InvalidArgument).then_some("MESSAGE_MALFORMED");
        assert_eq!(reason.as_deref(), malformed, "{what}");
    }
}

fn message() -> Vec<u8> {
    let name = "procedures/1.012575/versions/-".into();
    GetProcedureVersionRequest { name }.encode_to_vec()
}

/// The message in a frame that says to be of this length, at most what 32 bits can say.
fn framed(flag: u8, length: usize) -> Vec<u8> {
    let length = u32::try_from(length).unwrap_or(u32::MAX);
    [&[flag], length.to_be_bytes().as_slice(), &message()].concat()
}

/// What the house answers to these frames.
async fn answer(house: &House, frames: Vec<u8>, encoding: &str) -> Status {
    let mut request = Request::post(PATH).header("content-type", "application/grpc");
    if !encoding.is_empty() {
        request = request.header("grpc-encoding", encoding);
    }
    let frames = Full::new(Bytes::from(frames)).map_err(|never| match never {});
    let request = request.body(Body::new(frames)).expect("a request");
    let mut channel = house.channel(PATH);
    let connected = channel.ready().await.expect("a connection");
    let (head, body) = connected.call(request).await.expect("an answer").into_parts();
    let trailers = body.collect().await.expect("its end").trailers().cloned();
    let status = [Some(head.headers), trailers].into_iter().flatten();
    let mut status = status.filter_map(|said| Status::from_header_map(&said));
    status.next().expect("a status")
}
