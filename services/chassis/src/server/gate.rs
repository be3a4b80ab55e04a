//! Who may connect: no more than a server bears.

use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::sleep;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use super::shares::{Share, Shares, network};
use crate::config::{Setting, Settings, SettingsError};
use crate::telemetry::Metrics;

/// How many may be connected to each server.
pub const CONNECTIONS: Setting<u32> = Setting::new(
    "server.connections",
    "1000",
    "Connections each server of this process takes at once, gRPC, callbacks and measures alike; one more is closed at once. Each needs an open file.",
);

/// How many of them one address may have, so that a single machine cannot take all places.
pub const CONNECTIONS_OF_ONE: Setting<u32> = Setting::new(
    "server.connections_of_one",
    "500",
    "Connections one address may have to each server of this process; a load balancer in front counts as one.",
);

/// How many may be connected to one server.
#[derive(Clone, Copy, Debug)]
pub struct Places {
    /// All together.
    pub all: u32,
    /// From one address.
    pub of_one: u32,
}

impl Places {
    /// As the operator chose.
    ///
    /// # Errors
    /// A setting is missing in the table that was loaded.
    pub fn of(settings: &Settings) -> Result<Self, SettingsError> {
        let (all, of_one) = (settings.get(&CONNECTIONS)?, settings.get(&CONNECTIONS_OF_ONE)?);
        Ok(Self { all, of_one })
    }
}

/// The rest after a failure to take a connection in, most often for want of open files: trying again at once would only burn.
const REST: Duration = Duration::from_millis(100);

/// Lets connections in, at most so many at once.
pub struct Gate {
    server: &'static str,
    listener: TcpListener,
    places: Arc<Semaphore>,
    addresses: Shares<IpAddr>,
    metrics: Metrics,
    shut: CancellationToken,
}

impl Gate {
    /// A gate with so many places; those turned away are counted under the name of the server.
    pub fn new(
        server: &'static str,
        listener: TcpListener,
        places: Places,
        metrics: Metrics,
    ) -> Self {
        let all = usize::try_from(places.all).unwrap_or(Semaphore::MAX_PERMITS);
        let addresses = Shares::with(places.of_one);
        let places = Arc::new(Semaphore::new(all.min(Semaphore::MAX_PERMITS)));
        Self { server, listener, places, addresses, metrics, shut: CancellationToken::new() }
    }

    /// Ends every connection that came through, once it is cancelled.
    pub fn shut(&self) -> CancellationToken {
        self.shut.clone()
    }

    /// The next connection.
    pub async fn admit(&self) -> Connection {
        loop {
            match self.listener.accept().await {
                Ok((stream, from)) => match self.place(from.ip()) {
                    Some(place) => return Connection::new(stream, place, self.shut.child_token()),
                    None => self.metrics.connection_turned_away(self.server),
                },
                Err(error) => {
                    tracing::warn!(server = self.server, %error, "a connection could not be taken");
                    sleep(REST).await;
                }
            }
        }
    }

    /// A place for someone from this address, if there is one.
    fn place(&self, from: IpAddr) -> Option<Place> {
        let one = self.places.clone().try_acquire_owned().ok()?;
        Some(Place { _one: one, _of_address: self.addresses.place(network(from))? })
    }
}

/// The place of a connection.
struct Place {
    _one: OwnedSemaphorePermit,
    _of_address: Share<IpAddr>,
}

/// Who is connected.
#[derive(Clone, Debug)]
pub struct Peer {
    /// From where; none if that is not known.
    pub address: Option<IpAddr>,
    hang_up: CancellationToken,
}

impl Peer {
    /// Ends the connection, whatever runs on it.
    pub fn hang_up(&self) {
        self.hang_up.cancel();
    }
}

/// A connection that has a place.
pub struct Connection {
    stream: TcpStream,
    shut: CancellationToken,
    shutting: Pin<Box<WaitForCancellationFutureOwned>>,
    _place: Place,
}

impl Connection {
    fn new(stream: TcpStream, place: Place, shut: CancellationToken) -> Self {
        // Without it a small answer waits some 40 ms for the acknowledgement of the one before; a socket that refuses it is only slower.
        let _ = stream.set_nodelay(true);
        let shutting = Box::pin(shut.clone().cancelled_owned());
        Self { stream, shut, shutting, _place: place }
    }

    /// Who is at the other end.
    pub fn peer(&self) -> Peer {
        let address = self.stream.peer_addr().ok().map(|address| address.ip());
        Peer { address, hang_up: self.shut.clone() }
    }

    fn write_if_open<T>(
        &mut self,
        write: impl FnOnce(Pin<&mut TcpStream>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if self.shut.is_cancelled() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        write(Pin::new(&mut self.stream))
    }
}

impl AsyncRead for Connection {
    /// Ends where the other side ends, and where the gate is shut.
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.shutting.as_mut().poll(context).is_ready() {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.write_if_open(|stream| stream.poll_write(context, bytes))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.write_if_open(|stream| stream.poll_write_vectored(context, bytes))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.write_if_open(|stream| stream.poll_flush(context))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
