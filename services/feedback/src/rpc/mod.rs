//! The service's side of its contract: parse, one command or one query, convert.

mod owners;
mod ratings;
mod satisfaction;

pub use owners::Owners;
pub use ratings::Ratings;
pub use satisfaction::Satisfaction;
