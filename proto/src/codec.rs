//! The codec of every generated client and server: prost's, but for one answer.
//!
//! tonic calls bytes that are no such message INTERNAL. They are the sender's mistake, so here they are
//! INVALID_ARGUMENT with the reason [`MESSAGE_MALFORMED`], and say nothing of the insides.

use std::marker::PhantomData;

use prost::{Message, Name};
use prost_types::Any;
use tonic::Status;
use tonic::codec::{BufferSettings, DecodeBuf, Decoder};
use tonic_prost::ProstCodec;

use crate::google::rpc;

/// The reason given for bytes that do not decode as the method's message.
pub const MESSAGE_MALFORMED: &str = "MESSAGE_MALFORMED";

/// The domain of every reason Motcua gives in `google.rpc.ErrorInfo`.
pub const ERROR_DOMAIN: &str = "motcua";

/// Encodes `T`, decodes `U`.
#[derive(Clone, Debug)]
pub struct Codec<T, U>(PhantomData<fn() -> (T, U)>);

impl<T, U> Default for Codec<T, U> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<T, U> tonic::codec::Codec for Codec<T, U>
where
    T: Message + Send + 'static,
    U: Message + Default + Send + 'static,
{
    type Encode = T;
    type Decode = U;
    type Encoder = <ProstCodec<T, U> as tonic::codec::Codec>::Encoder;
    type Decoder = CourteousDecoder<U>;

    fn encoder(&mut self) -> Self::Encoder {
        ProstCodec::<T, U>::raw_encoder(BufferSettings::default())
    }

    fn decoder(&mut self) -> Self::Decoder {
        CourteousDecoder(PhantomData)
    }
}

/// Decodes, and blames the sender for what does not.
#[derive(Debug)]
pub struct CourteousDecoder<U>(PhantomData<fn() -> U>);

impl<U: Message + Default> Decoder for CourteousDecoder<U> {
    type Item = U;
    type Error = Status;

    fn decode(&mut self, bytes: &mut DecodeBuf<'_>) -> Result<Option<U>, Status> {
        U::decode(bytes).map(Some).map_err(|_| malformed())
    }
}

/// The refusal of bytes that are not the message of the method.
pub fn malformed() -> Status {
    let message =
        "The bytes are not the message this method takes; compare the client's .proto files.";
    let person = rpc::LocalizedMessage {
        locale: "vi".into(),
        message: "Yêu cầu không đọc được; hãy cập nhật ứng dụng rồi thử lại.".into(),
    };
    let info = rpc::ErrorInfo {
        reason: MESSAGE_MALFORMED.into(),
        domain: ERROR_DOMAIN.into(),
        ..rpc::ErrorInfo::default()
    };
    let status = rpc::Status {
        code: tonic::Code::InvalidArgument.into(),
        message: message.into(),
        details: vec![any(&info), any(&person)],
    };
    let details = status.encode_to_vec().into();
    Status::with_details(tonic::Code::InvalidArgument, message, details)
}

/// A detail of a status, under its name.
pub fn any<M: Message + Name>(message: &M) -> Any {
    Any {
        type_url: format!("type.googleapis.com/{}", M::full_name()),
        value: message.encode_to_vec(),
    }
}
