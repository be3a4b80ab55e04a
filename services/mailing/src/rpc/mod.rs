//! The service's side of its contract: parse, one outside call, command or query, convert.

mod messages;
mod shipments;

pub use messages::Messages;
pub use shipments::Shipments;
