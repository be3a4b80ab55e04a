//! The world outside.

mod gateway;

pub use gateway::{Gateway, GatewayError};
