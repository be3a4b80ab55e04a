//! What every server here does with HTTP.

use axum::http::HeaderMap;
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

/// A header's text, if it is there and is text.
pub fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Whether the caller shows `secret` as bearer.
pub fn shows(headers: &HeaderMap, secret: &SecretString) -> bool {
    let shown = header(headers, "authorization").and_then(|value| value.strip_prefix("Bearer "));
    shown.unwrap_or_default().as_bytes().ct_eq(secret.expose_secret().as_bytes()).into()
}

/// Text that a page shows as it is, whatever a sender wrote.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
