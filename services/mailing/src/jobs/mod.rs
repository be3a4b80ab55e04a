//! Leased jobs of this service.

mod tell_owner;

pub use tell_owner::{TellOwner, Telling};
