//! Plain HTTP/1.1, for those who cannot speak gRPC: a bank that calls back, a collector of measures.

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::task::JoinSet;

use super::gate::{Connection, Gate};
use super::greeting::FIRST_WORDS;

/// Largest head of a request, in bytes; a larger one is answered 431 (RFC 6585).
const LARGEST_HEAD: usize = 16 * 1024;

/// Header fields of a request, at most; more are answered 431.
const MOST_FIELDS: usize = 64;

/// Serves `router` to whom `gate` lets in, for as long as it is polled. A connection that asks nothing for five seconds is closed.
pub async fn serve(gate: Gate, router: Router) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            connection = gate.admit() => {
                connections.spawn(converse(connection, router.clone()));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn converse(connection: Connection, router: Router) {
    let conversation = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(FIRST_WORDS)
        .max_header_size(LARGEST_HEAD)
        .max_headers(MOST_FIELDS)
        .max_buf_size(2 * LARGEST_HEAD)
        .serve_connection(TokioIo::new(connection), TowerToHyperService::new(router));
    if let Err(error) = conversation.await {
        tracing::debug!(%error, "a connection ended badly");
    }
}
