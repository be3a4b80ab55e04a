//! An SMS gateway, and every telephone behind it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Html;
use axum::routing::{get, post};
use axum::{Json, Router};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::http::{escaped, header, shows};

/// Messages kept.
const KEPT: usize = 1000;

/// The largest body that is read, in bytes.
const LARGEST: usize = 8 * 1024;

/// The longest a reader may wait for a message.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// A message on a telephone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The sender's key: a message comes once under it.
    #[serde(default)]
    pub key: String,
    /// The telephone, E.164.
    pub to: String,
    /// What it says.
    pub text: String,
}

#[derive(Clone)]
struct Exchange {
    secret: SecretString,
    messages: Arc<Mutex<VecDeque<Message>>>,
    arrived: watch::Sender<()>,
}

#[derive(Deserialize)]
struct Reading {
    /// Wait for at least this many messages, for at most 10 s.
    #[serde(default)]
    wait_for: usize,
}

/// Serves for as long as it is polled. Senders show `secret` as bearer.
///
/// # Errors
/// The listener fails.
pub async fn serve(listener: TcpListener, secret: SecretString) -> std::io::Result<()> {
    let exchange = Exchange { secret, messages: Arc::default(), arrived: watch::Sender::new(()) };
    let router = Router::new()
        .route("/", get(page))
        .route("/messages", post(take))
        .route("/telephones/{number}/messages", get(read))
        .layer(DefaultBodyLimit::max(LARGEST))
        .with_state(exchange);
    axum::serve(listener, router).await
}

async fn take(
    State(exchange): State<Exchange>,
    headers: HeaderMap,
    Json(message): Json<Message>,
) -> StatusCode {
    if !shows(&headers, &exchange.secret) {
        return StatusCode::UNAUTHORIZED;
    }
    let Some(key) = header(&headers, "idempotency-key") else { return StatusCode::BAD_REQUEST };
    let mut messages = exchange.messages.lock().unwrap_or_else(PoisonError::into_inner);
    if messages.iter().all(|known| known.key != key) {
        if messages.len() == KEPT {
            messages.pop_front();
        }
        messages.push_back(Message { key: key.into(), ..message });
        exchange.arrived.send_replace(());
    }
    StatusCode::ACCEPTED
}

async fn read(
    State(exchange): State<Exchange>,
    Path(number): Path<String>,
    Query(reading): Query<Reading>,
) -> Json<Vec<Message>> {
    let mut arrived = exchange.arrived.subscribe();
    let on_telephone = || {
        let messages = exchange.messages.lock().unwrap_or_else(PoisonError::into_inner);
        messages.iter().filter(|message| message.to == number).cloned().collect::<Vec<_>>()
    };
    let enough = async {
        while on_telephone().len() < reading.wait_for && arrived.changed().await.is_ok() {}
    };
    // Whoever waited in vain sees what is there.
    let _ = tokio::time::timeout(LONGEST_WAIT, enough).await;
    Json(on_telephone())
}

/// Every telephone at a glance, newest first, for a person.
async fn page(State(exchange): State<Exchange>) -> Html<String> {
    let messages = exchange.messages.lock().unwrap_or_else(PoisonError::into_inner);
    let rows: String = messages.iter().rev().map(row).collect();
    Html(format!(
        "<!doctype html><html lang=vi><meta charset=utf-8><meta http-equiv=refresh content=5>\
         <title>Điện thoại thử</title><h1>Điện thoại thử</h1><table>{rows}</table></html>"
    ))
}

fn row(message: &Message) -> String {
    let (to, text) = (escaped(&message.to), escaped(&message.text));
    format!("<tr><th scope=row>{to}</th><td>{text}</td></tr>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_shows_what_was_written_and_obeys_none_of_it() {
        let message = Message {
            key: "1".into(),
            to: "+84901234567".into(),
            text: "<script>alert(1)</script> & more".into(),
        };
        let row = row(&message);
        assert!(row.contains("&lt;script&gt;alert(1)&lt;/script&gt; &amp; more"), "{row}");
        assert!(row.contains("+84901234567"));
    }
}
