//! Addresses of this machine, and who answers there.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU16, Ordering};

use tokio::net::TcpListener;
use tonic::service::Routes;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;

/// An address that is the caller's alone and that nobody listens at yet: its host is of this
/// process, and its port below those that the kernel gives out.
pub fn own_address() -> SocketAddr {
    static PORT: AtomicU16 = AtomicU16::new(4600);
    // Process ids have 22 bits; the bit above them keeps off 127.0.0.1.
    let host = 0x7f40_0000 | (std::process::id() & 0x003f_ffff);
    (Ipv4Addr::from_bits(host), PORT.fetch_add(1, Ordering::Relaxed)).into()
}

/// A peer that is away.
pub fn nobody() -> String {
    format!("http://{}", own_address())
}

/// Serves a stand-in until the test ends, and returns where.
pub async fn serve(routes: Routes) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let serving = Server::builder().add_routes(routes);
    tokio::spawn(serving.serve_with_incoming(TcpIncoming::from(listener)));
    address
}
