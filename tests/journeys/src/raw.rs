//! Calls in bytes, as a stranger may send them: no generated client stands between.

use bytes::{Buf, BufMut};
use http::uri::PathAndQuery;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::transport::Channel;
use tonic::{Request, Status};

/// What came back: the message's bytes, of a stream the first message's, or a status.
pub type Answer = Result<Vec<u8>, Status>;

/// Calls the method at `path` with these bytes, with a token or without. On the wire an answer is a stream of one message, so a stream is
/// called alike; it is left after its first.
///
/// # Panics
/// The path is none, or the server does not take connections.
pub async fn call(channel: Channel, path: &str, token: Option<&str>, message: Vec<u8>) -> Answer {
    let mut client = tonic::client::Grpc::new(channel);
    client.ready().await.expect("a server that takes connections");
    let path = PathAndQuery::try_from(path).expect("the path of a method");
    let request = match token {
        Some(token) => in_name_of(token, message),
        None => Request::new(message),
    };
    let mut answers = client.server_streaming(request, path, Plain).await?.into_inner();
    Ok(answers.message().await?.unwrap_or_default())
}

/// A request with a caller's token.
///
/// # Panics
/// The token cannot stand in a header.
pub fn in_name_of<T>(token: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    let bearer = format!("Bearer {token}").parse().expect("a token");
    request.metadata_mut().insert("authorization", bearer);
    request
}

/// Bytes as they are.
#[derive(Clone, Copy)]
struct Plain;

impl Codec for Plain {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Plain {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, message: Vec<u8>, to: &mut EncodeBuf<'_>) -> Result<(), Status> {
        to.put_slice(&message);
        Ok(())
    }
}

impl Decoder for Plain {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        Ok(Some(from.copy_to_bytes(from.remaining()).to_vec()))
    }
}
