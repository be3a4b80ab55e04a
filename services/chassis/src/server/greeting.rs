//! How a connection begins: with TLS where the server has a certificate, then with the preface of HTTP/2, and all of it soon. Who says
//! nothing is closed, encrypted or not.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures::stream::{self, Stream, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep, timeout};
use tokio_rustls::server::TlsStream;
use tokio_util::either::Either;
use tonic::transport::server::Connected;

use super::gate::{Connection, Gate, Peer};
use crate::tls::Shown;

/// How long a connection has for its first words: the handshake of TLS, and then the preface of HTTP/2, or the head of a request of HTTP/1.
pub const FIRST_WORDS: Duration = Duration::from_secs(5);

/// Bytes of the preface of HTTP/2 (RFC 9113, 3.4).
const PREFACE: usize = 24;

/// Handshakes of TLS under way at once, as many as have a place: silent ones must not keep others waiting.
const HANDSHAKES: usize = usize::MAX;

/// Every connection that comes through the gate, decrypted where there is TLS, each with its time to begin speaking HTTP/2.
pub fn greeted(gate: Gate, tls: Option<Shown>) -> impl Stream<Item = io::Result<Greeted>> {
    let admitted = stream::unfold(gate, async |gate| Some((gate.admit().await, gate)));
    let beginning = admitted.map(move |connection| greet(connection, tls.clone()));
    beginning.buffer_unordered(HANDSHAKES).filter_map(async |greeted| greeted.map(Ok))
}

/// None for whoever does not come to the end of the handshake: that connection is closed, and concerns nobody else.
async fn greet(connection: Connection, tls: Option<Shown>) -> Option<Greeted> {
    let peer = connection.peer();
    let stream = match tls {
        None => Either::Left(connection),
        Some(tls) => Either::Right(timeout(FIRST_WORDS, tls.accept(connection)).await.ok()?.ok()?),
    };
    let until = Box::pin(sleep(FIRST_WORDS));
    Some(Greeted { stream, peer, owed: Some(Owed { bytes: PREFACE, until }) })
}

/// A connection on which HTTP/2 is to be spoken.
pub struct Greeted {
    stream: Either<Connection, TlsStream<Connection>>,
    peer: Peer,
    owed: Option<Owed>,
}

/// Bytes that must come, and until when.
struct Owed {
    bytes: usize,
    until: Pin<Box<Sleep>>,
}

impl Greeted {
    fn received(&mut self, bytes: usize) {
        self.owed = self
            .owed
            .take()
            .filter(|owed| owed.bytes > bytes)
            .map(|owed| Owed { bytes: owed.bytes - bytes, ..owed });
    }
}

impl Connected for Greeted {
    type ConnectInfo = Peer;

    fn connect_info(&self) -> Peer {
        self.peer.clone()
    }
}

impl AsyncRead for Greeted {
    /// Ends where the other side ends, and where the first words are owed too long.
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if let Some(owed) = &mut self.owed
            && owed.until.as_mut().poll(context).is_ready()
        {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        self.received(buffer.filled().len() - before);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Greeted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
